//! Jobs that die while they make something again: the next one goes on, and tells of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use api::pipeline::JobRecord;
use async_trait::async_trait;
use chrono::TimeDelta;
use lake::{Mode, Store};
use tests::factory::moment;
use tests::faults::small::Small;
use tests::faults::{Blow, Call, Failure, Fate, Goal, Operation, check_staging_follows_raw};
use tests::is_all;
use warehouse::sources::ALL;

use super::{Damaged, Harm, keys};
use crate::faults::scripts::ROWS;

/// Notes which objects a job reads, and fails all of its calls once it has put so many of some objects.
#[derive(Debug)]
struct Watched {
    /// A part of the keys of the objects that are counted.
    counted: &'static str,
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
        if call.operation == Operation::PutIf && call.subject.contains(self.counted) {
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
    watched_until(small, "/manifest.json", puts).await
}

/// Runs a job until it has put so many objects of whose keys this is a part.
async fn watched_until(small: &Small, counted: &'static str, puts: usize) -> (JobRecord, BTreeSet<String>) {
    let (puts_left, read) = (AtomicUsize::new(puts), Mutex::default());
    let watched = Arc::new(Watched { counted, puts_left, read });
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

/// A factory with a table of two parts and over 300 segments.
async fn many_segments() -> (Small, Goal) {
    let mut small = Small::new(moment("2026-11-20T13:00:00"), ALL, |_| true);
    small.settings.reading.batch_size = 1;
    small.execute(ROWS);
    let rows = (0..320).map(|i| {
        let (id, degrees) =
            (100 + i / 2 + i % 2 * 20_000, if i % 97 == 0 { "'cold'".to_owned() } else { i.to_string() });
        let at = format!("'2026-11-20 12:{:02}:{:02}'", 10 + i / 60, i % 60);
        format!("({id}, 'Chiller', {at}, {degrees}, 0, 5, {at})")
    });
    let rows = rows.collect::<Vec<_>>().join(", ");
    small.execute(&format!(
        "INSERT INTO temperature_logs (log_id, location, reading_time, temp_celsius, target_min, target_max, updated_at) VALUES {rows}"
    ));
    small.job_ok(Mode::Incremental).await;
    // Rows are found anew, so that a change far back has to be folded into what was saved.
    small.execute("UPDATE temperature_logs SET temp_celsius = 2, updated_at = '2026-11-20 13:02:00' WHERE log_id IN (100, 20100)");
    small.set_now(small.clock.now() + TimeDelta::minutes(5));
    small.job_ok(Mode::Incremental).await;
    let goal = Goal::of(&small).await;
    goal.check(&small, None).await.unwrap();
    (small, goal)
}

fn segment(number: u64) -> String {
    format!("factory=test/{}", lake::keys::raw("temperature_logs", number))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_many_segments_is_saved_while_it_is_made_again() {
    let (whole, goal) = many_segments().await;
    let many = keys(&whole, "raw/temperature_logs/").await.len();
    assert!(many > 300, "{many}");
    // The job dies within the first save, before the note of it, within the second, and after the note of each.
    let often = [(3, None, 0), (4, None, 128), (0, Some(3), 256)];
    let rare = [(1, None, 0), (0, Some(2), 128)].into_iter().filter(|_| is_all());
    for (parts, notes, begins_after) in often.into_iter().chain(rare) {
        let about = format!("{parts} {notes:?}");
        let small = whole.fork();
        let staging = keys(&small, "staging/temperature_logs/").await;
        assert_eq!(staging.len(), 2);
        small.store.delete(&staging[0]).await.unwrap();
        small.set_now(small.clock.now() + TimeDelta::minutes(5));
        let (record, before) = match notes {
            // The first note says that the table is made again.
            Some(notes) => watched(&small, notes).await,
            None => watched_until(&small, "temperature_logs/", parts).await,
        };
        assert_ne!(record.status, "ok", "{about}");
        assert!(before.contains(&segment(1)), "{about}");
        small.set_now(small.clock.now() + TimeDelta::minutes(20));
        let (record, after) = watched(&small, usize::MAX).await;
        assert_eq!((record.status.as_str(), &record.error), ("ok", &None), "{about}");
        let first = (1..=many as u64).find(|number| after.contains(&segment(*number)));
        assert_eq!(first, Some(begins_after + 1), "{about}");
        assert!(record.healed.unwrap().contains("`temperature_logs` was made again"), "{about}");
        goal.check(&small, None).await.unwrap_or_else(|complaint| panic!("{about}: {complaint}"));
        check_staging_follows_raw(&small).await.unwrap_or_else(|complaint| panic!("{about}: {complaint}"));
        assert_eq!(small.job_ok(Mode::Incremental).await.healed, None, "{about}");
    }
    what_was_saved_may_be_harmed(&whole, &goal).await;
}

/// What was saved of a table and is harmed then is made again from the first segment.
async fn what_was_saved_may_be_harmed(whole: &Small, goal: &Goal) {
    let older = BTreeMap::new();
    let staging = keys(whole, "staging/temperature_logs/").await;
    whole.store.delete(&staging[0]).await.unwrap();
    whole.set_now(whole.clock.now() + TimeDelta::minutes(5));
    watched(whole, 2).await;
    let rare = [Harm::Truncated, Harm::OfAnotherKey].into_iter().filter(|_| is_all());
    for harm in [Harm::Deleted, Harm::Flipped].into_iter().chain(rare) {
        let small = whole.fork();
        harm.strike(&small, &staging[0], &staging[1], &older).await;
        small.set_now(small.clock.now() + TimeDelta::minutes(20));
        let (record, read) = watched(&small, usize::MAX).await;
        assert_eq!((record.status.as_str(), &record.error), ("ok", &None), "{harm:?}");
        assert!(read.contains(&segment(1)), "{harm:?}");
        goal.check(&small, None).await.unwrap_or_else(|complaint| panic!("{harm:?}: {complaint}"));
        check_staging_follows_raw(&small).await.unwrap_or_else(|complaint| panic!("{harm:?}: {complaint}"));
        assert_eq!(small.job_ok(Mode::Incremental).await.healed, None, "{harm:?}");
    }
    // A segment that is lost behind what was saved is missed.
    let small = whole.fork();
    small.store.delete(&segment(200)).await.unwrap();
    small.set_now(small.clock.now() + TimeDelta::minutes(20));
    let (record, read) = watched(&small, usize::MAX).await;
    assert!(!read.contains(&segment(1)));
    assert_eq!(record.status, "partial");
    let (manifest, _) = small.lake().manifest().await.unwrap().unwrap();
    let table = &manifest.tables["temperature_logs"];
    assert_eq!((table.applied, table.as_of, table.rebuilt.is_some()), (199, None, false));
    assert_eq!(table.lost.as_ref().map(|lost| lost.number), Some(200));
    // So is the last one.
    let small = whole.fork();
    let last = keys(&small, "raw/temperature_logs/").await.pop().unwrap();
    small.store.delete(&last).await.unwrap();
    small.set_now(small.clock.now() + TimeDelta::minutes(20));
    let (record, _) = watched(&small, usize::MAX).await;
    assert_eq!(record.status, "partial");
    let (manifest, _) = small.lake().manifest().await.unwrap().unwrap();
    assert!(manifest.tables["temperature_logs"].lost.is_some());
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
