//! What keeping a sandbox producing does to it.

use std::thread;

use super::*;
use crate::sandbox::{Live, SandboxError};

#[test]
fn a_sandbox_kept_producing_holds_what_one_made_later_holds() {
    let factory = Factory::of(afternoon(), 3, 1);
    let mut live = Live::open(&factory.path()).unwrap();
    let mut now = afternoon();
    for seconds in (0..400).map(|n| n * 7 % 90) {
        now += TimeDelta::seconds(seconds);
        let done = live.advance_to(now).unwrap();
        assert!(done.until == now && done.is_caught_up);
    }
    // It is started again after more than a day, on another date and in another shift.
    drop(live);
    now += minutes(26 * 60 + 11);
    Live::open(&factory.path()).unwrap().advance_to(now).unwrap();
    let days = (now.date() - afternoon().date()).num_days() as u32;
    assert!(days >= 1);
    assert_same_rows(&factory.reader(), &Factory::of(now, 3 + days, 1).reader());
}

#[test]
fn six_hours_bring_finished_and_started_runs_and_never_an_idle_factory() {
    let factory = Factory::of(afternoon(), 2, 9);
    let mut live = Live::open(&factory.path()).unwrap();
    let db = factory.reader();
    let count = |sql: &str| number(&db, sql);
    let complete =
        format!("SELECT count(*) FROM RunNumber WHERE lower(trim(coalesce(Complete, 0))) IN {YES}");
    let (runs, finished, packs) = (
        count("SELECT count(*) FROM RunNumber"),
        count(&complete),
        count("SELECT count(*) FROM SI_OCM_TRANS"),
    );
    let evening = afternoon().date().and_hms_opt(18, 0, 0).unwrap();
    for step in 1..=72 {
        let now = afternoon() + minutes(step * 5);
        assert!(live.advance_to(now).unwrap().rows > 0);
        let active = active(&db);
        assert!((1..=5).contains(&active), "{active} active runs at {now}");
        let late = count(&format!(
            "SELECT (SELECT count(*) FROM SI_OCM_TRANS WHERE TransDate > '{now}') + (SELECT count(*) FROM temperature_logs WHERE reading_time > '{now}') + (SELECT count(*) FROM RunNumber WHERE Created > '{now}' OR Updated > '{now}')"
        ));
        assert_eq!(late, 0, "stamps after {now}");
        let stale = count(&format!("SELECT max(TransDate) < '{}' FROM SI_OCM_TRANS", now - minutes(4)));
        // Between six and twenty past there is a break.
        let is_break = (4..=24).contains(&(now - evening).num_minutes());
        assert!(is_break || stale == 0, "no packs in the minutes before {now}");
    }
    assert!(count("SELECT count(*) FROM RunNumber") >= runs + 5);
    assert!(count(&complete) >= finished + 5);
    assert!((2000..4000).contains(&(count("SELECT count(*) FROM SI_OCM_TRANS") - packs)));
    assert_eq!(
        count("SELECT count(*) - count(DISTINCT TransNo) FROM SI_OCM_TRANS WHERE TransNo IS NOT NULL"),
        0
    );
    let strangers = count(
        "SELECT count(*) FROM SI_OCM_TRANS WHERE trim(RunNumber) NOT IN (SELECT trim(RunNumber) FROM RunNumber)",
    );
    assert_eq!(strangers, 0, "packs of runs that are not there");
    let unsigned = count(&format!(
        "SELECT count(*) FROM RunNumber r JOIN run_sheets s ON trim(s.run_number) = trim(r.RunNumber) WHERE lower(trim(coalesce(r.Complete, 0))) NOT IN {YES} AND s.finished_at IS NOT NULL"
    ));
    assert_eq!(unsigned, 0, "sheets finished before their runs");
}

#[test]
fn orders_and_quality_records_move_on() {
    let factory = Factory::of(afternoon(), 6, 4);
    let mut live = Live::open(&factory.path()).unwrap();
    let db = factory.reader();
    let pending = number(
        &db,
        "SELECT min(despatch_id) FROM despatch WHERE status = 'pending' AND updated_at < '2026-11-22'",
    );
    let open = number(&db, "SELECT count(*) FROM non_conformance WHERE status <> 'closed'");
    let done = live.advance_to(afternoon() + TimeDelta::days(6)).unwrap();
    assert!(done.is_caught_up);
    assert_eq!(
        number(
            &db,
            &format!(
                "SELECT count(*) FROM despatch WHERE despatch_id = {pending} AND status = 'delivered' AND updated_at > '2026-11-23'"
            )
        ),
        1
    );
    let still_open = number(
        &db,
        "SELECT count(*) FROM non_conformance WHERE status <> 'closed' AND nc_date <= '2026-11-22'",
    );
    assert!(open > still_open, "{open} were open, {still_open} of them are");
}

#[test]
fn a_gap_of_weeks_is_filled_a_week_at_a_time() {
    let factory = Factory::of(afternoon(), 1, 1);
    let mut live = Live::open(&factory.path()).unwrap();
    let now = afternoon() + TimeDelta::days(8);
    let first = live.advance_to(now).unwrap();
    assert!(!first.is_caught_up && first.until == afternoon() + TimeDelta::days(7));
    assert!(live.advance_to(now).unwrap().is_caught_up);
    assert_eq!(live.until().unwrap(), now);
}

#[test]
fn a_clock_that_is_set_back_changes_nothing() {
    let factory = Factory::of(afternoon(), 1, 1);
    let before: Vec<_> = ALL.map(|source| rows(&factory.reader(), source)).into();
    let done = Live::open(&factory.path()).unwrap().advance_to(afternoon() - minutes(60)).unwrap();
    assert_eq!((done.rows, done.until), (0, afternoon()));
    assert_eq!(before, ALL.map(|source| rows(&factory.reader(), source)));
}

#[test]
fn readers_and_the_producer_do_not_wait_for_each_other() {
    let factory = Factory::of(afternoon(), 1, 1);
    let mut live = Live::open(&factory.path()).unwrap();
    let reader = factory.reader();
    reader.execute_batch("BEGIN").unwrap();
    let seen = number(&reader, "SELECT count(*) FROM SI_OCM_TRANS");
    live.advance_to(afternoon() + minutes(90)).unwrap();
    assert_eq!(
        number(&reader, "SELECT count(*) FROM SI_OCM_TRANS"),
        seen,
        "a reader keeps the moment that it began with"
    );
    reader.execute_batch("COMMIT").unwrap();
    assert!(number(&reader, "SELECT count(*) FROM SI_OCM_TRANS") > seen);
}

#[test]
fn two_producers_over_one_file_write_nothing_twice() {
    let factory = Factory::of(afternoon(), 1, 1);
    thread::scope(|scope| {
        for pace in [3, 5] {
            let path = factory.path();
            scope.spawn(move || {
                let mut live = Live::open(&path).unwrap();
                for step in 1..=60 / pace {
                    live.advance_to(afternoon() + minutes(step * pace)).unwrap();
                }
            });
        }
    });
    assert_same_rows(&factory.reader(), &Factory::of(afternoon() + minutes(60), 1, 1).reader());
}

#[test]
fn a_database_that_is_no_sandbox_is_refused_and_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("erp.db");
    assert!(matches!(Live::open(&path), Err(SandboxError::Missing(_))));
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE RunNumber (RunNumber TEXT)").unwrap();
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(Live::open(&path), Err(SandboxError::NotASandbox)));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert!(matches!(crate::sandbox::remove(&path), Err(SandboxError::NotASandbox)));
    std::fs::write(&path, "no database at all, but long enough to be looked at").unwrap();
    assert!(matches!(Live::open(&path), Err(SandboxError::Database(_))));
}

#[test]
fn a_sandbox_of_another_generation_is_refused() {
    let factory = Factory::of(afternoon(), 1, 1);
    Connection::open(factory.path()).unwrap().execute_batch("UPDATE sandbox SET generation = 0").unwrap();
    assert!(matches!(Live::open(&factory.path()), Err(SandboxError::OtherGeneration)));
}
