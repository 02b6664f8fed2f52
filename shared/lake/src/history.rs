//! Lists jobs with the newest first, though a storage lists keys in the order of time, and only forwards.
//!
//! Ids of jobs begin with the time when they were made, so a listing can begin at any moment. This file seeks
//! a moment after which enough jobs come, but not many more than are wanted. What that costs does not grow
//! with the history.

use chrono::{DateTime, Utc};

use crate::{Lake, Result, keys};

/// How many keys a storage lists in one call.
const PAGE: usize = 1000;

/// How far apart jobs are taken to begin, for a first guess.
const APART_MS: i64 = 60_000;

/// By how much clocks may differ. If they differ by more, more is listed than is needed.
const SKEW_MS: i64 = 24 * 60 * 60 * 1000;

/// The longest id that a job may have.
const ID_MAX_BYTES: usize = 64;

/// Makes the id of a new job: a UUID of version 7, which begins with the time. Ids sort by the time when they
/// were made.
pub fn new_job_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// Whether a text can be the id of a job.
pub fn is_job_id(text: &str) -> bool {
    (1..=ID_MAX_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The jobs from some moment on that are older than the job `before`, oldest first.
struct Jobs {
    ids: Vec<String>,
    /// Whether no more of them follow.
    is_all: bool,
}

impl Lake {
    /// The ids of the newest `limit` jobs that have a record, newest first. With `before`, only jobs older
    /// than that one count.
    pub async fn newest_jobs(
        &self,
        before: Option<&str>,
        limit: usize,
        now: DateTime<Utc>,
    ) -> Result<Vec<String>> {
        let until = before.and_then(made_at_ms).unwrap_or_else(|| now.timestamp_millis() + SKEW_MS);
        let guess = until
            .min(now.timestamp_millis())
            .saturating_sub_unsigned((limit as u64).saturating_mul(3 * APART_MS as u64 / 2));
        let most = limit.saturating_mul(2).max(PAGE);
        // Too many jobs come after `early`, too few after `late`.
        let (mut early, mut late) = (0, until + 1);
        // A short history is read whole.
        let mut from: Option<i64> = None;
        loop {
            let jobs = self.jobs_from(from, before, most).await?;
            if jobs.is_all && (jobs.ids.len() >= limit || from.is_none()) {
                return Ok(newest(jobs, limit));
            }
            let next = match from {
                None => {
                    early = jobs.ids.first().and_then(|id| made_at_ms(id)).unwrap_or_default();
                    guess
                }
                Some(from) => {
                    *(if jobs.is_all { &mut late } else { &mut early }) = from;
                    i64::midpoint(early, late)
                }
            };
            if late - early <= 1 {
                // This happens only with ids that no clock made.
                return Ok(newest(self.jobs_from(Some(early), before, usize::MAX).await?, limit));
            }
            from = Some(next.clamp(early + 1, late - 1));
        }
    }

    /// The jobs made from this moment on, or from the first job on if no moment is given. Lists at most
    /// `most` keys.
    async fn jobs_from(&self, from_ms: Option<i64>, before: Option<&str>, most: usize) -> Result<Jobs> {
        let folder = self.key(keys::JOB_RECORDS);
        let after = from_ms.map(|ms| format!("{folder}{}", first_id(ms)));
        let listed = self.store().list_first(&folder, after.as_deref(), most).await?;
        let is_end = listed.len() < most;
        let id = |key: &str| key.strip_prefix(&folder)?.strip_suffix(".json").map(str::to_owned);
        // What has another name is not the record of a job.
        let mut ids: Vec<String> =
            listed.iter().filter_map(|object| id(&object.key)).filter(|id| is_job_id(id)).collect();
        let older = before.map_or(ids.len(), |before| ids.partition_point(|id| id.as_str() < before));
        let is_all = is_end || older < ids.len();
        ids.truncate(older);
        Ok(Jobs { ids, is_all })
    }
}

fn newest(Jobs { mut ids, .. }: Jobs, limit: usize) -> Vec<String> {
    ids.drain(..ids.len().saturating_sub(limit));
    ids.reverse();
    ids
}

/// When an id was made: a UUID of version 7 begins with 48 bits of milliseconds.
fn made_at_ms(id: &str) -> Option<i64> {
    let high = id.get(..8)?;
    let low = id.get(8..13)?.strip_prefix('-')?;
    let ms = i64::from_str_radix(high, 16).ok()? << 16 | i64::from_str_radix(low, 16).ok()?;
    (ms >= 0).then_some(ms)
}

/// A text that sorts before every id made at this moment or later, and after every other id.
fn first_id(ms: i64) -> String {
    let ms = ms.clamp(0, (1 << 48) - 1);
    format!("{:08x}-{:04x}", ms >> 16, ms & 0xffff)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use proptest::prelude::*;

    use super::*;
    use crate::{
        ETag, Fetched, Head, Listed, MemoryStore, Metadata, Object, Put, PutMode, Store, StoreError,
    };

    /// Counts the listed pages.
    #[derive(Debug, Default)]
    struct Counting {
        inner: MemoryStore,
        pages: AtomicUsize,
    }

    #[async_trait]
    impl Store for Counting {
        async fn get(&self, key: &str) -> std::result::Result<Option<Object>, StoreError> {
            self.inner.get(key).await
        }

        async fn get_if_changed(&self, key: &str, known: &ETag) -> std::result::Result<Fetched, StoreError> {
            self.inner.get_if_changed(key, known).await
        }

        async fn head(&self, key: &str) -> std::result::Result<Option<Head>, StoreError> {
            self.inner.head(key).await
        }

        async fn put(
            &self,
            key: &str,
            bytes: Vec<u8>,
            metadata: &Metadata,
            mode: PutMode,
        ) -> std::result::Result<Put, StoreError> {
            self.inner.put(key, bytes, metadata, mode).await
        }

        async fn list(
            &self,
            prefix: &str,
            after: Option<&str>,
        ) -> std::result::Result<Vec<Listed>, StoreError> {
            let listed = self.inner.list(prefix, after).await?;
            self.pages.fetch_add(listed.len() / PAGE + 1, Ordering::SeqCst);
            Ok(listed)
        }

        async fn list_first(
            &self,
            prefix: &str,
            after: Option<&str>,
            limit: usize,
        ) -> std::result::Result<Vec<Listed>, StoreError> {
            let mut listed = self.inner.list(prefix, after).await?;
            listed.truncate(limit);
            self.pages.fetch_add(listed.len() / PAGE + 1, Ordering::SeqCst);
            Ok(listed)
        }

        async fn copy(&self, from: &str, to: &str) -> std::result::Result<ETag, StoreError> {
            self.inner.copy(from, to).await
        }

        async fn delete(&self, key: &str) -> std::result::Result<(), StoreError> {
            self.inner.delete(key).await
        }
    }

    const NOW_MS: i64 = 1_795_183_200_000;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp_millis(NOW_MS).unwrap()
    }

    fn id(ms: i64, chance: usize) -> String {
        format!("{}-7000-8000-{chance:012x}", first_id(ms))
    }

    async fn lake(ids: &[String]) -> (Lake, Arc<Counting>) {
        let store = Arc::new(Counting::default());
        let lake = Lake::new(Arc::<Counting>::clone(&store), "", "test");
        for id in ids {
            lake.end_job(id, &0).await.unwrap();
        }
        (lake, store)
    }

    async fn pages_of(lake: &Lake, limit: usize) -> Vec<String> {
        let (mut seen, mut before): (Vec<String>, Option<String>) = (Vec::new(), None);
        loop {
            let page = lake.newest_jobs(before.as_deref(), limit, now()).await.unwrap();
            assert!(page.len() <= limit);
            let Some(last) = page.last() else { return seen };
            before = Some(last.clone());
            seen.extend(page);
        }
    }

    #[test]
    fn an_id_tells_when_it_was_made() {
        let made =
            uuid::Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, 1_795_183_200, 123_000_000))
                .to_string();
        assert_eq!(made_at_ms(&made), Some(1_795_183_200_123));
        assert!(made_at_ms(&new_job_id()) > Some(1_700_000_000_000));
        let ms = 1_795_183_200_123;
        assert!(first_id(ms) < made && made < first_id(ms + 1));
        for id in ["", "0", "by hand", "zzzzzzzz-zzzz-", "åååå-åååååå"] {
            assert_eq!(made_at_ms(id), None, "{id}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn pages_hold_every_run_once_the_newest_first_however_the_runs_lie_in_time(
            gaps in prop::collection::vec(prop_oneof![4 => 0..3_i64, 4 => 1000..90_000_i64, 1 => 1_000_000_000..90_000_000_000_i64], 0..5000),
            ahead in -100_000_000..100_000_000_i64,
            limit in prop_oneof![300..400_usize, Just(2000_usize)],
        ) {
            let mut ms = NOW_MS + ahead;
            let mut ids: Vec<String> = gaps.iter().enumerate().map(|(i, gap)| { ms = (ms - gap).max(0); id(ms, gaps.len() - i) }).collect();
            tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
                let (lake, _) = lake(&ids).await;
                ids.sort();
                ids.reverse();
                assert_eq!(pages_of(&lake, limit).await, ids);
            });
        }
    }

    #[tokio::test]
    async fn what_is_not_named_like_a_record_is_no_job() {
        let ids = ["job-1".to_owned(), "job-2".to_owned()];
        let (lake, store) = lake(&ids).await;
        for name in [
            "foo",
            "a b.json",
            "below/job-3.json",
            ".json",
            "job-4.json.bak",
            &format!("{}.json", "x".repeat(65)),
        ] {
            let key = format!("factory=test/runs/{name}");
            store.put(&key, b"x".to_vec(), &Metadata::new(), PutMode::Create).await.unwrap();
        }
        assert_eq!(lake.newest_jobs(None, 10, now()).await.unwrap(), ["job-2", "job-1"]);
    }

    #[tokio::test]
    async fn ids_that_no_clock_made_are_runs_too() {
        let ids: Vec<String> = (0..3000).map(|i| format!("job-{i:05}")).collect();
        let (lake, _) = lake(&ids).await;
        assert_eq!(pages_of(&lake, 700).await, ids.into_iter().rev().collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn what_a_page_costs_does_not_grow_with_the_history() {
        // A job a minute; then none for a month, and one a minute again for the last hour.
        let old = (0..20_000).map(|i| NOW_MS - 31 * SKEW_MS - i * 60_000);
        let ids: Vec<String> = old.chain((0..60).map(|i| NOW_MS - i * 60_000)).map(|ms| id(ms, 0)).collect();
        let (lake, store) = lake(&ids).await;
        let cost = async |before: Option<&str>, limit| {
            store.pages.store(0, Ordering::SeqCst);
            let page = lake.newest_jobs(before, limit, now()).await.unwrap();
            assert_eq!(page.len(), limit);
            (page, store.pages.load(Ordering::SeqCst))
        };
        let (page, of_the_newest) = cost(None, 50).await;
        assert!(of_the_newest <= 4, "{of_the_newest}");
        let (page, over_the_gap) = cost(page.last().map(String::as_str), 50).await;
        assert!(over_the_gap <= 40, "{over_the_gap}");
        let (_, deep) = cost(page.last().map(String::as_str), 50).await;
        assert!(deep <= 4, "{deep}");
    }
}
