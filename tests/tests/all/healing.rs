//! What is made of the segments is lost, put back, exchanged or broken. The next job finds it and makes it
//! again. Segments are the record: a job that misses one says which, and shows nothing that lacks its rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use api::pipeline::JobRecord;
use async_trait::async_trait;
use chrono::TimeDelta;
use extractor_function::doctor::{Severity, examine_deep};
use lake::{ETag, Listed, Mode, Object, PutMode, Store};
use serde_json::Value;
use tests::factory::{Factory, moment, request};
use tests::faults::small::Small;
use tests::faults::{
    Blow, Call, Failure, Fate, Goal, Operation, Strike, check_staging_follows_raw, see_one_version,
};
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

/// Notes which objects a job reads, and fails all of its calls once it has put so many manifests.
#[derive(Debug)]
struct Watched {
    puts_left: AtomicUsize,
    read: Mutex<BTreeSet<String>>,
}

#[async_trait]
impl Fate for Watched {
    async fn of(&self, call: &Call) -> Blow {
        let left = self.puts_left.load(Ordering::SeqCst);
        if left == 0 {
            return Blow::Fails(Failure::TimedOut);
        }
        if call.operation == Operation::PutIf && call.subject.ends_with("/manifest.json") {
            self.puts_left.store(left - 1, Ordering::SeqCst);
        }
        if call.operation == Operation::Get {
            self.read.lock().unwrap().insert(call.subject.clone());
        }
        Blow::Spared
    }
}

/// Runs a job until it has put so many manifests. Returns its record, and which segments it has read.
async fn watched(small: &Small, puts: usize) -> (JobRecord, BTreeSet<String>) {
    let watched = Arc::new(Watched { puts_left: AtomicUsize::new(puts), read: Mutex::default() });
    let record = small.client(watched.clone()).run(Mode::Incremental).await;
    let read = watched.read.lock().unwrap();
    (record, read.iter().filter(|key| key.contains("/raw/")).cloned().collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_dies_while_it_makes_tables_again_leaves_only_the_others_to_the_next() {
    let damaged = Damaged::new().await;
    let small = damaged.fork();
    for key in keys(&small, "staging/").await {
        small.store.delete(&key).await.unwrap();
    }
    // One note that all tables are made again, and one for each table that has been.
    let (_, before) = watched(&small, 1 + 3).await;
    assert!(!before.is_empty());
    small.set_now(small.clock.now() + TimeDelta::minutes(5));
    let (record, after) = watched(&small, usize::MAX).await;
    assert_eq!((record.status.as_str(), &record.error), ("ok", &None));
    assert!(!after.is_empty());
    assert_eq!(before.intersection(&after).collect::<Vec<_>>(), Vec::<&String>::new());
    // Its record tells of all of them.
    let told = record.healed.unwrap();
    let raw = keys(&small, "raw/").await;
    for source in ALL {
        let has_segments = raw.iter().any(|key| key.contains(&format!("/raw/{}/", source.staging)));
        let is_told = told.contains(&format!("`{}` was made again", source.table));
        assert_eq!(is_told, has_segments, "{}: {told}", source.table);
    }
    damaged.is_whole(&small, "made again by two jobs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_that_is_lost_is_named_and_only_a_reload_makes_good_for_it() {
    let damaged = Damaged::new().await;
    let segments = keys(&damaged.small, "raw/run_inputs/").await;
    assert!(segments.len() >= 3, "{segments:?}");
    for (i, harm) in [
        (0, Harm::Deleted),
        (1, Harm::Truncated),
        (1, Harm::OfAnotherKey),
        (segments.len() - 1, Harm::Deleted),
    ] {
        let about = format!("{harm:?} {}", segments[i]);
        let named = segments[i].strip_prefix("factory=test/").unwrap();
        let small = damaged.fork();
        harm.strike(&small, &segments[i], &segments[0], &damaged.older).await;
        // What was made of it is whole: jobs go on, and tell at most of the segment that they came to last.
        let record = small.job_ok(Mode::Incremental).await;
        assert_eq!(record.healed, None, "{about}");
        let is_last = i == segments.len() - 1;
        assert_eq!(record.warning.is_some_and(|warning| warning.contains(named)), is_last, "{about}");
        damaged.goal.check_rows(&small).await.unwrap();
        // Without it the table cannot be made again.
        let record = rebuild(&small).await;
        let error = record.error.unwrap();
        assert_eq!(record.status, "partial", "{about}: {error}");
        assert!(error.contains(named) && error.contains("tideline extract --full"), "{about}: {error}");
        for mode in [Mode::Incremental, Mode::Reconcile] {
            let record = small.run(mode).await;
            assert!(record.error.is_some_and(|error| error.contains(named)), "{about}");
            let (manifest, _) = small.lake().manifest().await.unwrap().unwrap();
            assert_eq!(manifest.never_read(["run_inputs"]), Some("run_inputs"), "{about}: it is not shown");
        }
        // The rest is.
        small.job_ok(Mode::Full).await;
        let (manifest, _) = small.lake().manifest().await.unwrap().unwrap();
        assert_eq!(manifest.never_read(["run_inputs"]), None, "{about}");
        assert_eq!(small.job_ok(Mode::Incremental).await.healed, None, "{about}");
        damaged.goal.check_rows(&small).await.unwrap();
        let record = rebuild(&small).await;
        assert_eq!(
            (record.status.as_str(), &record.error),
            ("ok", &None),
            "{about}: a reload makes good for it"
        );
        damaged.goal.check_rows(&small).await.unwrap();
        let findings = examine_deep(&small.lake(), small.clock.now()).await;
        let failed = findings.iter().filter(|finding| finding.severity == Severity::Failure);
        assert_eq!(failed.count(), 0, "{about}: {findings:?}");
        let is_compared = findings.iter().any(|finding| finding.found.contains("are what raw gives"));
        assert!(is_compared, "{about}: {findings:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn segments_that_are_lost_with_the_manifest_are_named_from_the_first_to_the_last() {
    let damaged = Damaged::new().await;
    let small = damaged.fork();
    let segments = keys(&small, "raw/run_inputs/").await;
    let [first, last] = [2, 1].map(|from_end| &segments[segments.len() - from_end]);
    let [of_first, of_last] = [first, last].map(|key| key.strip_prefix("factory=test/").unwrap());
    let mut gone = Vec::new();
    for key in [first, last] {
        gone.push(small.store.get(key).await.unwrap().unwrap());
        small.store.delete(key).await.unwrap();
    }
    small.store.delete("factory=test/manifest.json").await.unwrap();
    let record = small.run(Mode::Incremental).await;
    let (error, healed) = (record.error.unwrap(), record.healed.unwrap());
    let both = format!("`{of_first}` to `{of_last}` are missing");
    assert!(record.status == "partial" && error.contains(&both), "{error}");
    assert!(healed.contains("`manifest.json` was missing"), "{healed}");
    // One comes back, the other is missed still. With both, all is as it was.
    put(&small, first, gone[0].clone()).await;
    for _ in 0..2 {
        let error = small.run(Mode::Incremental).await.error.unwrap();
        assert!(error.contains(&format!("`{of_last}` is missing")), "{error}");
    }
    put(&small, last, gone[1].clone()).await;
    small.job_ok(Mode::Incremental).await;
    damaged.goal.check_rows(&small).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_made_again_is_told_however_the_job_ends_that_did_it() {
    let damaged = Damaged::new().await;
    let small = damaged.fork();
    let (manifest, _) = small.lake().manifest().await.unwrap().unwrap();
    let part = &manifest.marts["runs"].values().next().unwrap().key;
    let copy = keys(&small, "published/runs/").await.remove(0);
    let good = small.store.get(&copy).await.unwrap().unwrap();
    for (key, named) in [
        (format!("factory=test/{part}"), part.as_str()),
        (keys(&small, "staging/run_inputs/").await.remove(0), "staging/run_inputs/"),
        (copy.clone(), "published/runs/"),
    ] {
        let mut told_later = 0;
        for puts in 1.. {
            let small = damaged.fork();
            Harm::Truncated.strike(&small, &key, &key, &damaged.older).await;
            small.set_now(small.clock.now() + TimeDelta::minutes(5));
            let (record, _) = watched(&small, puts).await;
            if key == copy {
                let copied = small.store.get(&copy).await.unwrap().unwrap();
                assert_eq!(copied.bytes, good.bytes, "it is right before anything else is done");
            }
            small.set_now(small.clock.now() + TimeDelta::minutes(20));
            let next = small.job_ok(Mode::Incremental).await;
            let stored = small.lake().job::<JobRecord>(&record.job_id).await.unwrap().unwrap().record;
            let mut told = [&stored.healed, &next.healed].into_iter().flatten();
            assert!(told.any(|told| told.contains(named)), "{named} {puts}: {stored:?} {next:?}");
            told_later += usize::from(next.healed.is_some());
            damaged.is_whole(&small, named).await;
            if record.status == "ok" {
                break;
            }
        }
        assert!(told_later > 0, "{named}: no job has died in between");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_that_cannot_go_on_is_begun_again_and_harms_nothing() {
    let damaged = Damaged::new().await;
    let small = damaged.fork();
    let open_reload = async || {
        let (manifest, _) = small.lake().manifest().await.unwrap().unwrap();
        manifest.tables["run_inputs"].open_reload.clone()
    };
    // A job dies in the middle of its reload.
    for call in (1..).step_by(3) {
        let struck = Arc::new(Strike::death_at(call));
        assert!(small.job_struck(Mode::Full, &struck).await.is_none(), "no job died in a reload");
        small.set_now(small.clock.now() + TimeDelta::minutes(20));
        small.job_ok(Mode::Incremental).await;
        if open_reload().await.is_some() {
            break;
        }
    }
    let generation = open_reload().await.unwrap().generation;
    let key = format!("factory=test/{}", lake::keys::raw("run_inputs", generation));
    Harm::Truncated.strike(&small, &key, &key, &damaged.older).await;
    let record = small.job_ok(Mode::Full).await;
    assert!(record.warning.is_some_and(|warning| warning.contains("begun again")));
    assert_eq!((record.healed, open_reload().await), (None, None));
    damaged.goal.check_rows(&small).await.unwrap();
    let record = rebuild(&small).await;
    assert_eq!((record.status.as_str(), &record.error), ("ok", &None));
    damaged.goal.check_rows(&small).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_that_another_storage_names_otherwise_is_not_lost() {
    let damaged = Damaged::new().await;
    let small = damaged.fork();
    let (mut manifest, version) = small.lake().manifest().await.unwrap().unwrap();
    let mut changed = 0;
    for (staging, table) in &mut manifest.tables {
        let Some(tail) = &mut table.tail else { continue };
        tail.version = ETag("of another storage".to_owned());
        // Older versions of the program wrote no digest.
        let key = format!("factory=test/{}", lake::keys::raw(staging, table.applied));
        let mut segment = small.store.get(&key).await.unwrap().unwrap();
        segment.metadata.remove("digest");
        put(&small, &key, segment).await;
        changed += 1;
    }
    assert!(changed > 3);
    small.lake().swap_manifest(&manifest, Some(version)).await.unwrap();
    let record = small.job_ok(Mode::Incremental).await;
    assert_eq!((record.warning, record.healed), (None, None));
    let record = rebuild(&small).await;
    assert_eq!((record.status.as_str(), &record.error), ("ok", &None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_segment_that_cannot_be_read_keeps_its_table_as_it_was() {
    let damaged = Damaged::new().await;
    let small = damaged.fork();
    let before = small.store.fork();
    small.execute("UPDATE run_inputs SET qty_kg = 36, updated_at = '2026-11-20 13:40:00' WHERE input_id = 1");
    small.job_ok(Mode::Incremental).await;
    // A job has committed the segment and died before it took account of it. Then the segment was damaged.
    for folder in ["staging/", "rejected/", "manifest.json", "marts/", "published/"] {
        for key in keys(&small, folder).await {
            small.store.delete(&key).await.unwrap();
        }
        for Listed { key, .. } in before.list(&format!("factory=test/{folder}"), None).await.unwrap() {
            put(&small, &key, before.get(&key).await.unwrap().unwrap()).await;
        }
    }
    let last = keys(&small, "raw/run_inputs/").await.pop().unwrap();
    Harm::Truncated.strike(&small, &last, &last, &damaged.older).await;
    for _ in 0..2 {
        let record = small.run(Mode::Incremental).await;
        let error = record.error.unwrap();
        assert_eq!((record.status.as_str(), record.healed), ("partial", None), "{error}");
        assert!(error.contains(last.strip_prefix("factory=test/").unwrap()), "{error}");
        assert!(error.contains("it brought 1 rows and 0 rejected ones"), "{error}");
        damaged.goal.check_rows(&small).await.unwrap();
    }
    small.job_ok(Mode::Full).await;
    Goal::of_rows(&small).check_rows(&small).await.unwrap();
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
