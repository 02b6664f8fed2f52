//! Jobs: a record of each, and one object that names the jobs that may be at work.
//!
//! While a job works, its record says until when the job is sure to live, and the job renews that. So whoever
//! reads a record knows whether its job died, and nobody has to close it.
//!
//! A job that begins swaps `running/jobs.json`. So of several that begin at once, only one succeeds. Nothing
//! is renewed there. The record of a job that it names tells whether that job has ended.

use chrono::{DateTime, TimeDelta, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{ETag, Lake, LakeError, Metadata, Pause, Put, PutMode, Result, Retries, StoreError, keys};

/// How long a job is sure to live after it has said that it lives. A job that died keeps the next one waiting
/// for no longer than this.
pub const JOB_LEASE: TimeDelta = TimeDelta::minutes(2);

/// The record of a job, with its lease beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredJob<T> {
    /// The record.
    #[serde(flatten)]
    pub record: T,
    /// Until when the job is sure to live; `None` if it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<JobLease>,
}

/// Until when a job is sure to live, as it said last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobLease {
    /// When the job is taken for dead, unless it has renewed the lease.
    pub expires_at: DateTime<Utc>,
    /// Whether the job was only promised, and nobody has begun it.
    is_promise: bool,
    /// Tells which caller has put the record.
    put_id: String,
}

/// Whether a job that asked for a turn has got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It has got it.
    Taken,
    /// It has not: the job of this id is at work.
    Held(String),
}

/// A job that may be at work.
#[derive(Serialize, Deserialize)]
struct Beginner {
    job_id: String,
    /// Until when it is taken to be at work though it has no record.
    expires_at: DateTime<Utc>,
}

/// Beside whom a job may be at work.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    Others,
    Nobody,
}

/// What is read of a record to learn whether its job lives.
type Life = StoredJob<serde_json::Map<String, serde_json::Value>>;

/// How often a put is tried again. Each refusal means that somebody else put the object meanwhile.
const REFUSED: Retries = Retries { most: 9, pause: Pause::Growing(std::time::Duration::from_millis(20)) };

impl JobLease {
    fn new(expires_at: DateTime<Utc>, is_promise: bool) -> Self {
        Self { expires_at, is_promise, put_id: uuid::Uuid::new_v4().to_string() }
    }
}

impl Lake {
    /// Writes the first record of a job, also in the place of a promise. Returns `false` if the job has
    /// another record already. If several callers try this, one of them gets `true`.
    pub async fn begin_job<T: Serialize + Sync>(
        &self,
        job_id: &str,
        record: &T,
        expires_at: DateTime<Utc>,
    ) -> Result<bool> {
        let lease = JobLease::new(expires_at, false);
        let put_id = lease.put_id.clone();
        let job = StoredJob { record, lease: Some(lease) };
        let mut refused = 0;
        loop {
            let mode = match self.stored::<Life>(job_id).await? {
                None => PutMode::Create,
                Some((there, etag)) => match there.lease {
                    Some(lease) if lease.is_promise => PutMode::Replace(etag),
                    // If the answer to a put was lost, the put is repeated and refused. The id tells that its
                    // record is there.
                    other => return Ok(other.is_some_and(|lease| lease.put_id == put_id)),
                },
            };
            if let Put::Stored(_) = self.put_record(job_id, &job, mode).await? {
                return Ok(true);
            }
            refused += 1;
            let doing = format!("put `{}`", self.key(&keys::job_record(job_id)));
            let reason = format!("others put it {refused} times in a row meanwhile");
            pause_after(refused, doing, reason).await?;
        }
    }

    /// Writes the record of a job that somebody else has been asked to begin, unless the job has begun
    /// already.
    pub async fn promise_job<T: Serialize + Sync>(
        &self,
        job_id: &str,
        record: &T,
        expires_at: DateTime<Utc>,
    ) -> Result<()> {
        let job = StoredJob { record, lease: Some(JobLease::new(expires_at, true)) };
        self.put_record(job_id, &job, PutMode::Create).await.map(|_| ())
    }

    /// Says until when a job is sure to live, unless it has ended.
    pub async fn renew_job(&self, job_id: &str, expires_at: DateTime<Utc>) -> Result<()> {
        if let Some((mut job, etag)) = self.stored::<Life>(job_id).await?
            && let Some(lease) = &mut job.lease
        {
            lease.expires_at = expires_at;
            // This is refused if the job has ended meanwhile.
            self.put_record(job_id, &job, PutMode::Replace(etag)).await?;
        }
        Ok(())
    }

    /// Writes the last record of a job, whatever stood there.
    pub async fn end_job<T: Serialize + Sync>(&self, job_id: &str, record: &T) -> Result<()> {
        self.put_record(job_id, record, PutMode::Overwrite).await.map(|_| ())
    }

    /// Reads the record of a job.
    pub async fn job<T: DeserializeOwned>(&self, job_id: &str) -> Result<Option<StoredJob<T>>> {
        Ok(self.stored(job_id).await?.map(|(job, _)| job))
    }

    /// Lets a job begin unless another is at work. The turn is held for [`JOB_LEASE`], and then for as long
    /// as the job's record says that it lives.
    pub async fn take_turn(&self, job_id: &str, now: DateTime<Utc>) -> Result<Turn> {
        self.enter(job_id, Beside::Nobody, now).await
    }

    /// Gives a job the turn too, whoever else is at work.
    pub async fn share_turn(&self, job_id: &str, now: DateTime<Utc>) -> Result<()> {
        self.enter(job_id, Beside::Others, now).await.map(|_| ())
    }

    /// Gives back the turn of a job that will have no record.
    pub async fn give_turn_back(&self, job_id: &str) -> Result<()> {
        let mut refused = 0;
        loop {
            let (mut jobs, version) = self.beginners().await?;
            let before = jobs.len();
            jobs.retain(|job| job.job_id != job_id);
            if jobs.len() == before || self.swap_beginners(&jobs, version, &mut refused).await? {
                return Ok(());
            }
        }
    }

    /// The id of a job that is at work, other than the job `besides`; `None` if there is no such job.
    pub async fn living_job(&self, now: DateTime<Utc>, besides: &str) -> Result<Option<String>> {
        let (jobs, _) = self.beginners().await?;
        for job in jobs.into_iter().filter(|job| job.job_id != besides) {
            if self.is_living(&job, now).await? {
                return Ok(Some(job.job_id));
            }
        }
        Ok(None)
    }

    /// Enters a job among those that may be at work. Those that have ended or died are left out.
    async fn enter(&self, job_id: &str, beside: Beside, now: DateTime<Utc>) -> Result<Turn> {
        let mut refused = 0;
        loop {
            let (jobs, version) = self.beginners().await?;
            if beside == Beside::Others && jobs.iter().any(|job| job.job_id == job_id) {
                return Ok(Turn::Taken);
            }
            let mut entered = vec![Beginner { job_id: job_id.to_owned(), expires_at: now + JOB_LEASE }];
            for job in jobs.into_iter().filter(|job| job.job_id != job_id) {
                match (self.is_living(&job, now).await, beside) {
                    (Ok(false), _) => {}
                    (Ok(true), Beside::Nobody) => return Ok(Turn::Held(job.job_id)),
                    (Err(error), Beside::Nobody) => return Err(error),
                    (Ok(true) | Err(_), Beside::Others) => entered.push(job),
                }
            }
            if self.swap_beginners(&entered, version, &mut refused).await? {
                return Ok(Turn::Taken);
            }
        }
    }

    /// Whether a job lives, as its record says. Without a record that can be read it may be about to begin,
    /// so it is taken to live for as long as its turn says.
    async fn is_living(&self, job: &Beginner, now: DateTime<Utc>) -> Result<bool> {
        Ok(match self.stored::<Life>(&job.job_id).await {
            Ok(Some((there, _))) => there.lease.is_some_and(|lease| lease.expires_at > now),
            Ok(None) => job.expires_at > now,
            Err(error) if error.is_damage() => job.expires_at > now,
            Err(error) => return Err(error),
        })
    }

    async fn beginners(&self) -> Result<(Vec<Beginner>, Option<ETag>)> {
        let key = self.key(keys::BEGINNERS);
        // An object that is no list names nobody, and will be replaced by one.
        let told = |error: &dyn std::error::Error| {
            let error = process::chain(error);
            tracing::warn!(key, error, "the list of the jobs at work cannot be read: it is taken for empty");
            Vec::new()
        };
        let mut read = self.store().get(&key).await;
        if read.as_ref().is_err_and(StoreError::is_damaged) {
            // The version is asked for before the body is read again: it is then the one that is damaged.
            let version = self.store().head(&key).await?.map(|head| head.etag);
            read = self.store().get(&key).await;
            if let Some(error) = read.as_ref().err().filter(|error| error.is_damaged()) {
                return Ok((told(error), version));
            }
        }
        let Some(object) = read? else { return Ok((Vec::new(), None)) };
        let jobs = serde_json::from_slice(&object.bytes).unwrap_or_else(|error| told(&error));
        Ok((jobs, Some(object.etag)))
    }

    /// Puts these jobs in the place of the version that was read. Returns `false`, after a pause, if that
    /// version has been replaced meanwhile.
    async fn swap_beginners(
        &self,
        jobs: &[Beginner],
        known: Option<ETag>,
        refused: &mut u32,
    ) -> Result<bool> {
        let key = self.key(keys::BEGINNERS);
        let bytes = serde_json::to_vec(jobs).map_err(|error| corrupt(key.clone(), "JSON", &error))?;
        let mode = known.map_or(PutMode::Create, PutMode::Replace);
        if let Put::Stored(_) = self.store().put(&key, bytes, &Metadata::new(), mode).await? {
            return Ok(true);
        }
        *refused += 1;
        let reason = format!("other runs began {refused} times in a row meanwhile");
        pause_after(*refused, format!("swap `{key}`"), reason).await?;
        Ok(false)
    }

    async fn stored<T: DeserializeOwned>(&self, job_id: &str) -> Result<Option<(T, ETag)>> {
        let key = self.key(&keys::job_record(job_id));
        let Some(object) = self.store().get(&key).await? else { return Ok(None) };
        let job = serde_json::from_slice(&object.bytes);
        Ok(Some((job.map_err(|error| corrupt(key, "a job record", &error))?, object.etag)))
    }

    async fn put_record<T: Serialize + Sync>(&self, job_id: &str, record: &T, mode: PutMode) -> Result<Put> {
        let key = self.key(&keys::job_record(job_id));
        let bytes =
            serde_json::to_vec_pretty(record).map_err(|error| corrupt(key.clone(), "JSON", &error))?;
        Ok(self.store().put(&key, bytes, &Metadata::new(), mode).await?)
    }
}

/// Waits before a put that was refused so often is tried again. It is an error if it was refused too often.
async fn pause_after(refused: u32, doing: String, reason: String) -> Result<()> {
    let Some(pause) = REFUSED.pause_after(refused) else {
        return Err(StoreError { doing, reason, source: None }.into());
    };
    tokio::time::sleep(pause).await;
    Ok(())
}

fn corrupt(key: String, expected: &'static str, error: &serde_json::Error) -> LakeError {
    LakeError::Corrupt { key, expected, reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use async_trait::async_trait;
    use serde_json::{Value, json};

    use super::*;
    use crate::{Fetched, Head, Listed, MemoryStore, Object, Store};

    /// Holds nothing and refuses every put.
    #[derive(Debug)]
    struct Refusing;

    #[async_trait]
    impl Store for Refusing {
        async fn get(&self, _: &str) -> std::result::Result<Option<Object>, StoreError> {
            Ok(None)
        }

        async fn get_if_changed(&self, _: &str, _: &ETag) -> std::result::Result<Fetched, StoreError> {
            Ok(Fetched::Missing)
        }

        async fn head(&self, _: &str) -> std::result::Result<Option<Head>, StoreError> {
            Ok(None)
        }

        async fn put(
            &self,
            _: &str,
            _: Vec<u8>,
            _: &Metadata,
            _: PutMode,
        ) -> std::result::Result<Put, StoreError> {
            Ok(Put::Refused)
        }

        async fn list(&self, _: &str, _: Option<&str>) -> std::result::Result<Vec<Listed>, StoreError> {
            Ok(Vec::new())
        }

        async fn copy(&self, _: &str, _: &str) -> std::result::Result<ETag, StoreError> {
            Ok(ETag(String::new()))
        }

        async fn delete(&self, _: &str) -> std::result::Result<(), StoreError> {
            Ok(())
        }
    }

    fn now() -> DateTime<Utc> {
        "2026-11-20T14:00:00Z".parse().unwrap()
    }

    fn lake() -> Lake {
        Lake::new(Arc::new(MemoryStore::new()), "", "test")
    }

    fn held(job_id: &str) -> Turn {
        Turn::Held(job_id.to_owned())
    }

    #[tokio::test]
    async fn a_turn_is_held_until_its_job_ends_or_is_not_heard_of() {
        let (lake, later) = (lake(), now() + JOB_LEASE);
        assert_eq!(lake.take_turn("1", now()).await.unwrap(), Turn::Taken);
        assert_eq!(lake.take_turn("2", now()).await.unwrap(), held("1"), "it may be about to begin");
        assert!(lake.begin_job("1", &json!({}), later).await.unwrap());
        lake.renew_job("1", later + JOB_LEASE).await.unwrap();
        assert_eq!(lake.take_turn("2", later).await.unwrap(), held("1"));
        assert_eq!(lake.living_job(later, "1").await.unwrap(), None, "who was refused holds nothing");
        lake.end_job("1", &json!({})).await.unwrap();
        assert_eq!(lake.take_turn("3", now()).await.unwrap(), Turn::Taken);
        let almost = later - TimeDelta::milliseconds(1);
        assert_eq!(lake.take_turn("4", almost).await.unwrap(), held("3"));
        assert_eq!(lake.take_turn("4", later).await.unwrap(), Turn::Taken);
        lake.give_turn_back("4").await.unwrap();
        assert_eq!(lake.take_turn("5", later).await.unwrap(), Turn::Taken);
    }

    #[tokio::test]
    async fn jobs_that_share_the_turn_hold_it_until_the_last_has_ended() {
        let lake = lake();
        for job_id in ["1", "2"] {
            lake.begin_job(job_id, &json!({}), now() + JOB_LEASE).await.unwrap();
            lake.share_turn(job_id, now()).await.unwrap();
        }
        lake.end_job("1", &json!({})).await.unwrap();
        assert_eq!(lake.take_turn("3", now()).await.unwrap(), held("2"));
        lake.end_job("2", &json!({})).await.unwrap();
        assert_eq!(lake.take_turn("3", now()).await.unwrap(), Turn::Taken);
        assert_eq!(lake.beginners().await.unwrap().0.len(), 1, "those that ended are left out");
    }

    #[tokio::test]
    async fn of_many_that_want_a_turn_one_gets_it() {
        let lake = lake();
        let asked = (0..8).map(|n| {
            let lake = lake.clone();
            tokio::spawn(async move { lake.take_turn(&n.to_string(), now()).await.unwrap() })
        });
        let mut taken = 0;
        for turn in asked.collect::<Vec<_>>() {
            taken += usize::from(turn.await.unwrap() == Turn::Taken);
        }
        assert_eq!(taken, 1);
    }

    #[tokio::test]
    async fn a_job_whose_record_is_refused_again_and_again_says_so() {
        let lake = Lake::new(Arc::new(Refusing), "", "test");
        let error = lake.begin_job("1", &json!({}), now()).await.unwrap_err().to_string();
        assert!(error.contains("`factory=test/runs/1.json` failed: others put it 10 times"), "{error}");
    }

    #[tokio::test]
    async fn a_job_begins_once_promised_or_not() {
        let lake = lake();
        for is_promised in [true, false] {
            let job_id = is_promised.to_string();
            if is_promised {
                lake.promise_job(&job_id, &json!({"by": "promise"}), now()).await.unwrap();
            }
            assert!(lake.begin_job(&job_id, &json!({"by": "first"}), now()).await.unwrap());
            assert!(!lake.begin_job(&job_id, &json!({"by": "second"}), now()).await.unwrap());
            lake.promise_job(&job_id, &json!({"by": "promise"}), now()).await.unwrap();
            assert_eq!(lake.job::<Value>(&job_id).await.unwrap().unwrap().record["by"], "first");
            lake.end_job(&job_id, &json!({"by": "end"})).await.unwrap();
            assert!(!lake.begin_job(&job_id, &json!({"by": "third"}), now()).await.unwrap());
            lake.renew_job(&job_id, now()).await.unwrap();
            assert_eq!(lake.job::<Value>(&job_id).await.unwrap().unwrap().lease, None);
        }
    }
}
