//! Run records: one JSON object per run.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{ETag, Lake, LakeError, Metadata, Put, PutMode, Result, keys};

impl Lake {
    /// Writes the record of a run, whatever stood there: only the run itself writes it while it lives.
    pub async fn put_run_record<T: Serialize + Sync>(&self, job_id: &str, record: &T) -> Result<()> {
        self.store().put(&self.key(&keys::run(job_id)), encode(job_id, record)?, &Metadata::new(), PutMode::Overwrite).await?;
        Ok(())
    }

    /// Replaces the version `known` of a run's record.
    pub async fn replace_run_record<T: Serialize + Sync>(&self, job_id: &str, record: &T, known: ETag) -> Result<Put> {
        Ok(self.store().put(&self.key(&keys::run(job_id)), encode(job_id, record)?, &Metadata::new(), PutMode::Replace(known)).await?)
    }

    /// Reads the record of a run.
    pub async fn run_record<T: DeserializeOwned>(&self, job_id: &str) -> Result<Option<(T, ETag)>> {
        let key = self.key(&keys::run(job_id));
        let Some(object) = self.store().get(&key).await? else { return Ok(None) };
        let record =
            serde_json::from_slice(&object.bytes).map_err(|error| LakeError::Corrupt { key, expected: "a run record", reason: error.to_string() })?;
        Ok(Some((record, object.etag)))
    }

    /// The ids of the runs after `job_id` (ids are made in the order of time).
    pub async fn runs_after(&self, job_id: &str) -> Result<Vec<String>> {
        let folder = self.key(keys::RUNS);
        let listed = self.store().list(&folder, Some(&self.key(&keys::run(job_id)))).await?;
        Ok(listed.iter().filter_map(|object| object.key.strip_prefix(&folder)?.strip_suffix(".json").map(str::to_owned)).collect())
    }
}

fn encode<T: Serialize>(job_id: &str, record: &T) -> Result<Vec<u8>> {
    serde_json::to_vec_pretty(record).map_err(|error| LakeError::Corrupt { key: keys::run(job_id), expected: "JSON", reason: error.to_string() })
}
