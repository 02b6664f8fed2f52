//! Jobs that die while they make something again: the next one goes on, and tells of it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use api::pipeline::JobRecord;
use async_trait::async_trait;
use chrono::TimeDelta;
use lake::{Mode, Store};
use tests::faults::small::Small;
use tests::faults::{Blow, Call, Failure, Fate, Operation};
use warehouse::sources::ALL;

use super::{Damaged, Harm, keys};

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
