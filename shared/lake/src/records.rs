//! Job records: one JSON object per job. Beside it, while the job lives, a mark that says until when it is
//! sure to live: who lists the marks finds the jobs that died without a word, however many jobs there have
//! been.

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{ETag, Lake, LakeError, Metadata, Put, PutMode, Result, keys};

/// The mark of a job that lives, or died before it could remove its mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobMark {
    /// The job.
    pub job_id: String,
    /// How it finds rows: the word of a [`Mode`](crate::Mode).
    pub mode: String,
    /// What started it.
    pub trigger: String,
    /// When it began.
    pub started_at: DateTime<FixedOffset>,
    /// When the job is taken for dead unless it has renewed this.
    pub expires_at: DateTime<Utc>,
}

impl JobMark {
    /// How long a mark holds unless it is renewed: a job that died keeps the next one waiting for so long at
    /// most.
    pub const LEASE: TimeDelta = TimeDelta::minutes(2);

    /// Whether its job is sure to live.
    pub fn is_living(&self, now: DateTime<Utc>) -> bool {
        self.expires_at > now
    }
}

impl Lake {
    /// Writes the record of a job, whatever stood there: only the job itself writes it while it lives.
    pub async fn put_job_record<T: Serialize + Sync>(&self, job_id: &str, record: &T) -> Result<()> {
        self.store()
            .put(
                &self.key(&keys::job_record(job_id)),
                encode(job_id, record)?,
                &Metadata::new(),
                PutMode::Overwrite,
            )
            .await?;
        Ok(())
    }

    /// Puts a job's record in the place of the version `known`, or as the first one.
    pub async fn replace_job_record<T: Serialize + Sync>(
        &self,
        job_id: &str,
        record: &T,
        known: Option<ETag>,
    ) -> Result<Put> {
        let mode = known.map_or(PutMode::Create, PutMode::Replace);
        Ok(self
            .store()
            .put(&self.key(&keys::job_record(job_id)), encode(job_id, record)?, &Metadata::new(), mode)
            .await?)
    }

    /// Writes the first record of a job; `false` if it has one already. Of several that try, one is told that
    /// it did.
    pub async fn create_job_record<T: Serialize + Sync>(&self, job_id: &str, record: &T) -> Result<bool> {
        let key = self.key(&keys::job_record(job_id));
        let put_id = uuid::Uuid::new_v4().to_string();
        let metadata = Metadata::from([("put-id".to_owned(), put_id.clone())]);
        if let Put::Stored(_) =
            self.store().put(&key, encode(job_id, record)?, &metadata, PutMode::Create).await?
        {
            return Ok(true);
        }
        // A put that was carried out though its answer was lost is refused when it is repeated: the id tells
        // whose object it is.
        Ok(self.store().head(&key).await?.is_some_and(|there| there.metadata.get("put-id") == Some(&put_id)))
    }

    /// Reads the record of a job.
    pub async fn job_record<T: DeserializeOwned>(&self, job_id: &str) -> Result<Option<(T, ETag)>> {
        let key = self.key(&keys::job_record(job_id));
        let Some(object) = self.store().get(&key).await? else { return Ok(None) };
        let record = serde_json::from_slice(&object.bytes).map_err(|error| LakeError::Corrupt {
            key,
            expected: "a job record",
            reason: error.to_string(),
        })?;
        Ok(Some((record, object.etag)))
    }

    /// The ids of the jobs after `job_id` (ids are made in the order of time).
    pub async fn jobs_after(&self, job_id: &str) -> Result<Vec<String>> {
        self.ids_below(&self.key(keys::JOB_RECORDS), Some(&self.key(&keys::job_record(job_id)))).await
    }

    /// Marks a job as living, or renews its mark.
    pub async fn put_job_mark(&self, mark: &JobMark) -> Result<()> {
        let key = self.key(&keys::job_mark(&mark.job_id));
        self.store().put(&key, encode(&mark.job_id, mark)?, &Metadata::new(), PutMode::Overwrite).await?;
        Ok(())
    }

    /// The ids of the jobs that are marked as living.
    pub async fn marked_jobs(&self) -> Result<Vec<String>> {
        self.ids_below(&self.key(keys::JOB_MARKS), None).await
    }

    /// Reads the mark of a job; `None` if it is gone.
    pub async fn job_mark(&self, job_id: &str) -> Result<Option<JobMark>> {
        let key = self.key(&keys::job_mark(job_id));
        let Some(object) = self.store().get(&key).await? else { return Ok(None) };
        let mark = serde_json::from_slice(&object.bytes);
        mark.map(Some).map_err(|error| LakeError::Corrupt {
            key,
            expected: "the mark of a job",
            reason: error.to_string(),
        })
    }

    /// Removes the mark of a job that has ended.
    pub async fn remove_job_mark(&self, job_id: &str) -> Result<()> {
        Ok(self.store().delete(&self.key(&keys::job_mark(job_id))).await?)
    }

    async fn ids_below(&self, folder: &str, after: Option<&str>) -> Result<Vec<String>> {
        let listed = self.store().list(folder, after).await?;
        Ok(listed
            .iter()
            .filter_map(|object| object.key.strip_prefix(folder)?.strip_suffix(".json").map(str::to_owned))
            .collect())
    }
}

fn encode<T: Serialize>(job_id: &str, record: &T) -> Result<Vec<u8>> {
    serde_json::to_vec_pretty(record).map_err(|error| LakeError::Corrupt {
        key: keys::job_record(job_id),
        expected: "JSON",
        reason: error.to_string(),
    })
}
