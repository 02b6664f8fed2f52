//! What is made of the segments is lost, put back, exchanged or broken. The next job finds it and makes it
//! again. Segments are the record: a job that misses one says which, and shows nothing that lacks its rows.

mod died;
mod raw;

use std::collections::BTreeMap;

use api::pipeline::JobRecord;
use chrono::TimeDelta;
use lake::{Listed, Mode, Object, PutMode, Store};
use serde_json::Value;
use tests::factory::{Factory, moment, request};
use tests::faults::small::Small;
use tests::faults::{Goal, check_staging_follows_raw, see_one_version};
use tests::site::Site;
use warehouse::sources::ALL;

use crate::faults::scripts::{CHANGES, MOVES, ROWS};

/// A factory whose lake has taken account of two jobs, with the objects that it had after the first of them.
struct Damaged {
    small: Small,
    /// What the lake must hold in the end.
    goal: Goal,
    older: BTreeMap<String, Object>,
}

impl Damaged {
    async fn new() -> Self {
        let small = Small::new(moment("2026-11-20T13:00:00"), ALL, |_| true);
        small.execute(ROWS);
        small.job_ok(Mode::Incremental).await;
        let mut older = BTreeMap::new();
        for key in keys(&small, "").await {
            older.insert(key.clone(), small.store.get(&key).await.unwrap().unwrap());
        }
        small.execute(CHANGES);
        small.set_now(small.clock.now() + TimeDelta::minutes(30));
        small.job_ok(Mode::Incremental).await;
        // What a comparison finds counts as it was found.
        small.execute(MOVES);
        small.job_ok(Mode::Reconcile).await;
        // Another job notes the versions of the copies that the one before published.
        small.job_ok(Mode::Incremental).await;
        let goal = Goal::of(&small).await;
        goal.check(&small, None).await.unwrap();
        Self { small, goal, older }
    }

    fn fork(&self) -> Small {
        self.small.fork()
    }

    /// Runs a job over a damaged lake. Afterwards the lake is whole, and nothing is left to be made again.
    async fn heals(&self, small: &Small, mode: Mode, about: &str) -> String {
        small.set_now(small.clock.now() + TimeDelta::minutes(5));
        let record = small.job_ok(mode).await;
        self.is_whole(small, about).await;
        record.healed.unwrap_or_else(|| panic!("{about}: nothing was made again"))
    }

    async fn is_whole(&self, small: &Small, about: &str) {
        self.goal.check(small, None).await.unwrap_or_else(|complaint| panic!("{about}: {complaint}"));
        check_staging_follows_raw(small).await.unwrap();
        let again = small.job_ok(Mode::Incremental).await;
        assert_eq!(again.healed, None, "{about}");
    }
}

async fn keys(small: &Small, folder: &str) -> Vec<String> {
    let listed = small.store.list(&format!("factory=test/{folder}"), None).await.unwrap();
    listed.into_iter().map(|Listed { key, .. }| key).collect()
}

async fn put(small: &Small, key: &str, object: Object) {
    small.store.put(key, object.bytes, &object.metadata, PutMode::Overwrite).await.unwrap();
}

/// What may happen to an object.
#[derive(Clone, Copy, Debug)]
enum Harm {
    Deleted,
    Truncated,
    Flipped,
    OfAnotherKey,
    PutBack,
}

impl Harm {
    const ALL: [Self; 5] = [Self::Deleted, Self::Truncated, Self::Flipped, Self::OfAnotherKey, Self::PutBack];

    /// Harms an object. Returns whether that has changed anything.
    async fn strike(self, small: &Small, key: &str, other: &str, older: &BTreeMap<String, Object>) -> bool {
        let before = small.store.get(key).await.unwrap().unwrap();
        let after = match self {
            Self::Deleted => {
                small.store.delete(key).await.unwrap();
                return true;
            }
            Self::Truncated => {
                Object { bytes: before.bytes[..before.bytes.len() / 2].to_vec(), ..before.clone() }
            }
            Self::Flipped => {
                let mut bytes = before.bytes.clone();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                Object { bytes, ..before.clone() }
            }
            Self::OfAnotherKey => small.store.get(other).await.unwrap().unwrap(),
            Self::PutBack => match older.get(key) {
                Some(older) => older.clone(),
                None => return false,
            },
        };
        let has_changed = after.bytes != before.bytes;
        put(small, key, after).await;
        has_changed
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_to_what_is_made_of_the_segments_the_next_job_makes_it_again() {
    let damaged = Damaged::new().await;
    let mut harmed = BTreeMap::new();
    for folder in ["staging/", "published/", "manifest.json", "marts/", "rejected/"] {
        let small = damaged.fork();
        let (manifest, _) = small.lake().manifest().await.unwrap().unwrap();
        let current: Vec<String> =
            manifest.marts.values().flat_map(|parts| parts.values().map(|part| part.key.clone())).collect();
        // Old versions of mart parts and the lists for people are read by no job.
        let counts = |key: &&String| match folder {
            "marts/" => current.iter().any(|current| key.ends_with(current)),
            "rejected/" => key.ends_with("open.parquet"),
            _ => true,
        };
        let all = keys(&small, folder).await;
        let all: Vec<String> = all.iter().filter(counts).cloned().collect();
        assert!(!all.is_empty(), "{folder}");
        for (i, harm) in Harm::ALL.into_iter().enumerate() {
            // Each harm meets another object. Where there is only one, it meets that.
            let (key, other) = (&all[(7 * i + 1) % all.len()], &all[(7 * i + 2) % all.len()]);
            let small = damaged.fork();
            if !harm.strike(&small, key, other, &damaged.older).await {
                continue;
            }
            let about = format!("{harm:?} {key}");
            let told = damaged.heals(&small, Mode::Incremental, &about).await;
            let named = key.strip_prefix("factory=test/").unwrap();
            assert!(told.contains(named) || folder == "manifest.json", "{about}: {told}");
            *harmed.entry(folder).or_insert(0) += 1;
        }
    }
    assert!(harmed.values().all(|count| *count >= 3), "{harmed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_manifest_that_is_put_back_shows_older_numbers_until_the_next_job_and_no_longer() {
    let damaged = Damaged::new().await;
    for mode in [Mode::Incremental, Mode::Reconcile, Mode::Full] {
        let small = damaged.fork();
        put(&small, "factory=test/manifest.json", damaged.older["factory=test/manifest.json"].clone()).await;
        see_one_version(&small.lake(), None).await.unwrap();
        let told = damaged.heals(&small, mode, mode.word()).await;
        assert!(told.contains("`run_inputs` was made again from its segments"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_parts_are_emptied_and_foreign_copies_removed() {
    let damaged = Damaged::new().await;
    let small = damaged.fork();
    let part = keys(&small, "staging/run_inputs/").await.remove(0);
    let copy = keys(&small, "published/runs/").await.remove(0);
    for (key, foreign) in [
        (&part, "factory=test/staging/run_inputs/foreign/part.parquet"),
        (&copy, "factory=test/published/runs/foreign/part.parquet"),
        (&copy, "factory=test/published/of_old/all/part.parquet"),
    ] {
        small.store.copy(key, foreign).await.unwrap();
    }
    let told = damaged.heals(&small, Mode::Incremental, "foreign objects").await;
    assert!(told.contains("staging/run_inputs/foreign") && told.contains("published/runs/foreign"), "{told}");
    assert_eq!(keys(&small, "published/of_old/").await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_segments_is_enough() {
    let damaged = Damaged::new().await;
    let small = damaged.fork();
    for folder in ["staging/", "marts/", "published/", "rejected/", "manifest.json"] {
        for key in keys(&small, folder).await {
            small.store.delete(&key).await.unwrap();
        }
    }
    small.set_now(small.clock.now() + TimeDelta::minutes(5));
    small.job_ok(Mode::Incremental).await;
    damaged.is_whole(&small, "only segments").await;
}

/// Runs a job that first makes everything again.
async fn rebuild(small: &Small) -> JobRecord {
    let request = extractor_function::JobRequest { rebuild: true, ..request(Mode::Incremental) };
    let clock = small.clock.clone();
    extractor_function::run_job(&small.lake(), &small.settings, &request, || clock.now()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_made_again_when_somebody_asks_for_it() {
    let damaged = Damaged::new().await;
    let small = damaged.fork();
    let before = small.lake().manifest().await.unwrap().unwrap().0;
    let record = rebuild(&small).await;
    assert_eq!((record.status.as_str(), &record.error), ("ok", &None));
    assert_eq!(
        record.healed.as_deref(),
        Some("everything was made again from the segments, as was asked for")
    );
    let after = small.lake().manifest().await.unwrap().unwrap().0;
    let same = |mart: &&String| {
        before.marts[*mart].iter().any(|(part, old)| after.marts[*mart][part].key == old.key)
    };
    assert_eq!(before.marts.keys().filter(same).count(), 0, "every part is a new one");
    damaged.is_whole(&small, "rebuilt").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mart_part_that_is_another_is_not_shown_and_made_again() {
    let factory = Factory::sandbox("2026-11-02T14:00:00", 2).await;
    factory.job_ok(Mode::Incremental).await;
    let site = Site::open(&factory).await;
    let shown: Value = site.get("/products").await.unwrap();
    let (manifest, _) = factory.lake().manifest().await.unwrap().unwrap();
    let prefix = format!("lake/factory={}", factory.settings.factory_id);
    let file_of = |key: &str| factory.folder.path().join(&prefix).join(key);
    let current = |mart: &str| file_of(&manifest.marts[mart].values().next().unwrap().key);
    let (file, foreign) = (current("products"), current("runs"));
    std::fs::copy(&foreign, &file).unwrap();
    // What was read before stays in memory. A new process reads the part anew.
    let fresh = Site::open(&factory).await;
    let refused = reqwest::get(fresh.url("/products")).await.unwrap();
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().unwrap()), (503, "5"));
    let record = factory.job_ok(Mode::Incremental).await;
    assert!(record.healed.is_some_and(|told| told.contains("marts/products/all")));
    assert_eq!(fresh.get::<Value>("/products").await.unwrap(), shown);
    // A disk that changes what lies on it leaves no trace. A comparison reads everything.
    let part = factory.lake().staging_parts("temperature_logs").await.unwrap().remove(0);
    let key = lake::keys::staging("temperature_logs", &part);
    let file = file_of(&key);
    let modified = std::fs::metadata(&file).unwrap().modified().unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    std::fs::File::options().write(true).open(&file).unwrap().set_modified(modified).unwrap();
    let record = factory.job_ok(Mode::Reconcile).await;
    assert!(record.healed.is_some_and(|told| told.contains(&key)));
    assert_eq!(factory.job_ok(Mode::Reconcile).await.healed, None);
}
