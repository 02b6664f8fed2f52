//! Whose turn it is: of all that want to begin a job at once, one may.
//!
//! A job at work is known by its mark, whoever started it, and nothing else is a lease. Whoever wants to
//! begin puts a mark of its own and then swaps one object, `running/latest`, in the version that it had read
//! before it looked for marks. If another has begun meanwhile the swap is refused; if one had begun before,
//! its mark was there to be seen.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ETag, JobMark, Lake, LakeError, Metadata, Put, PutMode, Result, StoreError, keys};

/// Who was given a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The job that asked; its mark is put.
    Taken,
    /// It was not: the job of this mark is at work.
    Held(JobMark),
}

/// The job that began last.
#[derive(Debug, Serialize, Deserialize)]
struct Latest {
    job_id: String,
}

/// How often a turn is tried for. Each refusal means that another job began and ended meanwhile.
const ATTEMPTS: usize = 5;

impl Lake {
    /// Lets a job begin unless another is at work: its mark is put, and holds the turn until it is removed or
    /// expires.
    pub async fn take_turn(&self, mark: &JobMark, now: DateTime<Utc>) -> Result<Turn> {
        let mut attempt = 1;
        loop {
            let latest = self.latest().await?.map(|(_, version)| version);
            if let Some(other) = self.living_job(now, &mark.job_id).await? {
                return Ok(Turn::Held(other));
            }
            self.put_job_mark(mark).await?;
            let became_latest = self.has_become_latest(&mark.job_id, latest).await;
            if let Ok(true) = became_latest {
                return Ok(Turn::Taken);
            }
            self.remove_job_mark(&mark.job_id).await?;
            became_latest?;
            if attempt == ATTEMPTS {
                let reason = format!("other runs began {ATTEMPTS} times in a row meanwhile");
                return Err(StoreError {
                    doing: format!("swap `{}`", self.key(keys::LATEST)),
                    reason,
                    source: None,
                }
                .into());
            }
            attempt += 1;
        }
    }

    /// The mark of a job that is at work, besides that of this id.
    pub async fn living_job(&self, now: DateTime<Utc>, besides: &str) -> Result<Option<JobMark>> {
        for job_id in self.marked_jobs().await?.into_iter().filter(|job_id| job_id != besides) {
            if let Some(mark) = self.job_mark(&job_id).await?.filter(|mark| mark.is_living(now)) {
                return Ok(Some(mark));
            }
        }
        Ok(None)
    }

    async fn latest(&self) -> Result<Option<(Latest, ETag)>> {
        let key = self.key(keys::LATEST);
        let Some(object) = self.store().get(&key).await? else { return Ok(None) };
        let latest = serde_json::from_slice(&object.bytes);
        let latest = latest.map_err(|error| LakeError::Corrupt {
            key,
            expected: "the latest job",
            reason: error.to_string(),
        })?;
        Ok(Some((latest, object.etag)))
    }

    /// Names this job as the latest, if that still is the version `known`.
    async fn has_become_latest(&self, job_id: &str, known: Option<ETag>) -> Result<bool> {
        let bytes = serde_json::to_vec(&Latest { job_id: job_id.to_owned() });
        let bytes = bytes.map_err(|error| LakeError::Corrupt {
            key: self.key(keys::LATEST),
            expected: "JSON",
            reason: error.to_string(),
        })?;
        let mode = known.map_or(PutMode::Create, PutMode::Replace);
        if let Put::Stored(_) =
            self.store().put(&self.key(keys::LATEST), bytes, &Metadata::new(), mode).await?
        {
            return Ok(true);
        }
        // It may have been this put, carried out though its answer was lost.
        Ok(self.latest().await?.is_some_and(|(latest, _)| latest.job_id == job_id))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::TimeDelta;

    use super::*;
    use crate::MemoryStore;

    fn now() -> DateTime<Utc> {
        "2026-11-20T14:00:00Z".parse().unwrap()
    }

    fn mark(job_id: &str) -> JobMark {
        let (mode, trigger) = ("incremental".to_owned(), "test".to_owned());
        JobMark {
            job_id: job_id.to_owned(),
            mode,
            trigger,
            started_at: now().fixed_offset(),
            expires_at: now() + JobMark::LEASE,
        }
    }

    fn lake() -> Lake {
        Lake::new(Arc::new(MemoryStore::new()), "", "test")
    }

    #[tokio::test]
    async fn a_turn_is_held_until_its_mark_is_removed_or_expires() {
        let lake = lake();
        assert_eq!(lake.take_turn(&mark("1"), now()).await.unwrap(), Turn::Taken);
        assert_eq!(lake.take_turn(&mark("2"), now()).await.unwrap(), Turn::Held(mark("1")));
        assert_eq!(lake.marked_jobs().await.unwrap(), ["1"], "who was refused leaves no mark");
        lake.remove_job_mark("1").await.unwrap();
        assert_eq!(lake.take_turn(&mark("3"), now()).await.unwrap(), Turn::Taken);
        let almost = now() + JobMark::LEASE - TimeDelta::milliseconds(1);
        assert_eq!(lake.take_turn(&mark("4"), almost).await.unwrap(), Turn::Held(mark("3")));
        assert_eq!(lake.take_turn(&mark("4"), now() + JobMark::LEASE).await.unwrap(), Turn::Taken);
    }

    #[tokio::test]
    async fn a_run_that_took_no_turn_holds_it_too() {
        let lake = lake();
        lake.put_job_mark(&mark("by hand")).await.unwrap();
        assert_eq!(lake.take_turn(&mark("1"), now()).await.unwrap(), Turn::Held(mark("by hand")));
    }

    #[tokio::test]
    async fn the_latest_run_is_swapped_only_in_the_version_that_was_seen() {
        let lake = lake();
        assert!(lake.has_become_latest("1", None).await.unwrap());
        assert!(!lake.has_become_latest("2", None).await.unwrap());
        assert!(lake.has_become_latest("1", None).await.unwrap(), "one's own put, repeated, is one's own");
        let seen = lake.latest().await.unwrap().map(|(_, version)| version);
        assert!(lake.has_become_latest("2", seen.clone()).await.unwrap());
        assert!(!lake.has_become_latest("3", seen).await.unwrap());
    }
}
