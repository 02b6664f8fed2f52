//! Jobs that are told when they will be ended. They stop in time, what they read is in the marts, and the
//! next job goes on.

use api::pipeline::JobRecord;
use chrono::TimeDelta;
use lake::Mode;
use tests::factory::Factory;
use warehouse::sources::{ALL, RUN_INPUTS, RUN_NUMBERS};

use super::{Trial, insert_inputs, table};

const STOPPED: &str =
    "stopped: the function's time is nearly up; what was read is kept and the next run goes on";
const NOT_TRIED: &str = "not tried: the function's time is nearly up";
/// How many seconds a job has. It reads pages for four fifths of that time.
const SECONDS: i64 = 120;
/// No test needs more jobs than this.
const JOBS_MAX: usize = 60;
/// After how many jobs rows change.
const CHANGES: usize = 3;

/// Runs jobs until each table has been read to its end by one of them. A page holds two rows, and all tables
/// together take more pages than a job has the time for.
async fn until_done(trial: &Trial, mode: Mode, between: impl FnMut(usize)) -> Vec<JobRecord> {
    until_done_after(0, trial, mode, between).await
}

/// Like [`until_done`], but what the first jobs have read does not count.
async fn until_done_after(
    first: usize,
    trial: &Trial,
    mode: Mode,
    mut between: impl FnMut(usize),
) -> Vec<JobRecord> {
    let mut records: Vec<JobRecord> = Vec::new();
    loop {
        let record = trial.run_for(mode, Some(SECONDS)).await;
        if record.status != "ok" {
            assert_eq!(record.status, "partial", "{record:?}");
            let error = record.error.as_ref().unwrap();
            assert!(error.contains(STOPPED) || error.contains(NOT_TRIED), "{record:?}");
        }
        records.push(record);
        let is_read =
            |name: &str| records.iter().skip(first).any(|record| table(record, name).error.is_none());
        if records.len() > first && ALL.iter().all(|source| is_read(source.table)) {
            return records;
        }
        assert!(records.len() < JOBS_MAX, "no end after {JOBS_MAX} jobs: {records:?}");
        between(records.len());
    }
}

/// Two tables of two hundred rows each. All rows have one stamp, or they have many different ones.
async fn trial(indexed: bool, same_stamp: bool) -> Trial {
    let factory = if indexed {
        Factory::empty("2026-11-20T14:00:00").await
    } else {
        Factory::without_indexes("2026-11-20T14:00:00").await
    };
    let mut trial = Trial::of(factory);
    trial.factory.settings.reading.batch_size = 2;
    let factory = &trial.factory;
    let stamp = |n: u32| {
        if same_stamp {
            "2026-11-20 13:00:00".to_owned()
        } else {
            format!("2026-11-20 13:{:02}:{:02}", n * 37 % 100 / 2, n % 60)
        }
    };
    let runs: Vec<_> =
        (0..200).map(|n| format!("('Läuf \u{1F41F} {n:03}', '2026-11-20', '{}')", stamp(n))).collect();
    factory.execute(&format!(
        "INSERT INTO RunNumber (RunNumber, ProductionDate, Updated) VALUES {}",
        runs.join(", ")
    ));
    let inputs: Vec<_> = (0..200).map(|n| format!("({n}, 1, '{}')", stamp(n))).collect();
    factory.execute(&format!(
        "INSERT INTO run_inputs (input_id, qty_kg, updated_at) VALUES {}",
        inputs.join(", ")
    ));
    trial
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_takes_longer_than_a_job_is_read_by_several_each_row_once() {
    for (indexed, same_stamp) in [(true, false), (true, true), (false, false), (false, true)] {
        let trial = trial(indexed, same_stamp).await;
        let records = until_done(&trial, Mode::Incremental, |_| trial.pass(TimeDelta::minutes(1))).await;
        assert!(records.len() > 2, "{records:?}");
        trial.factory.assert_lake_mirrors_erp().await;
        let written: i64 = records.iter().flat_map(|record| &record.tables).map(|table| table.written).sum();
        assert_eq!(written, 400, "indexed {indexed}, one stamp {same_stamp}: no row is written twice");

        let first = &records[0];
        assert_eq!(
            (table(first, "RunNumber").error.as_deref(), table(first, "run_inputs").error.as_deref()),
            (Some(STOPPED), Some(NOT_TRIED))
        );
        assert_eq!((table(first, "RunNumber").attempts, table(first, "run_inputs").attempts), (1, 0));
        assert!(first.extracted > 0 && first.duration_ms == Some(SECONDS * 800), "{first:?}");
    }
}

/// Rows that change while a table is read are read too, whether they come before or after the place where its
/// reading goes on. With an overlap, rows that are committed with older stamps are read as well. The overlap
/// takes longer than a job, and yet no table is kept from being read by those before it.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_that_changes_while_a_table_is_read_by_several_jobs() {
    for (indexed, overlap_minutes) in [(true, 0), (false, 0), (true, 120), (false, 120)] {
        let mut trial = trial(indexed, false).await;
        trial.factory.settings.reading.overlap_minutes = overlap_minutes;
        let factory = &trial.factory;
        let records = until_done_after(CHANGES, &trial, Mode::Incremental, |n| {
            trial.pass(TimeDelta::minutes(1));
            if n > CHANGES {
                return;
            }
            let now = trial.now().format("%Y-%m-%d %H:%M:%S").to_string();
            trial.pass(TimeDelta::minutes(1));
            let later = trial.now().format("%Y-%m-%d %H:%M:%S");
            let late = if overlap_minutes == 0 { now.clone() } else { format!("2026-11-20 12:5{n}:00") };
            factory.execute(&format!(
                "UPDATE RunNumber SET Description = 'changed {n}', Updated = '{now}' WHERE CAST(substr(RunNumber, -3) AS INTEGER) % 40 = {n};
                 UPDATE run_inputs SET qty_kg = {n}, updated_at = '{now}' WHERE input_id % 40 = {n};
                 INSERT INTO RunNumber (RunNumber, ProductionDate, Updated) VALUES ('!{n}', '2026-11-20', '{late}'), ('~{n}', '2026-11-20', '{later}');",
            ));
        })
        .await;
        assert!(records.len() > CHANGES, "{records:?}");
        // A job that has the time to read all at once finds what changed after the others had passed it.
        trial.pass(TimeDelta::minutes(1));
        assert_eq!(trial.run().await.status, "ok");
        trial.factory.assert_lake_mirrors_erp().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_age_of_a_table_is_that_of_the_first_of_the_jobs_that_read_it() {
    let mut trial = trial(false, false).await;
    trial.factory.settings.reading.overlap_minutes = 0;
    let records = until_done(&trial, Mode::Incremental, |_| trial.pass(TimeDelta::minutes(1))).await;
    let (manifest, _) = trial.lake().manifest().await.unwrap().unwrap();
    let as_of = |name: &str| manifest.tables[name].as_of.unwrap();
    let began = |name: &str| {
        let unfinished =
            records.iter().filter(|record| table(record, name).error.as_deref() == Some(STOPPED)).count();
        let last = records.len() - 1;
        (records[last - 1].started_at, records[last].started_at, unfinished)
    };
    // The last job ended the reading of `run_inputs` that an earlier job had begun. It read all of the small
    // tables itself.
    let (before, last, stopped) = began("run_inputs");
    assert!(stopped >= 1 && as_of("run_inputs") <= before, "{:?}", as_of("run_inputs"));
    assert_eq!(as_of("plu"), last);
    assert!(manifest.tables.values().all(|state| state.pass.is_none()), "{manifest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_reload_goes_on_in_the_next_job_and_mirrors_deletions_when_it_closes() {
    let trial = trial(true, false).await;
    assert_eq!(trial.run().await.status, "ok");
    trial.factory.execute("DELETE FROM run_inputs WHERE input_id % 10 = 3; DELETE FROM RunNumber WHERE RunNumber LIKE '%77'; UPDATE run_inputs SET qty_kg = 9 WHERE input_id = 5");
    trial.pass(TimeDelta::minutes(1));
    let first = trial.run_for(Mode::Full, Some(SECONDS)).await;
    assert_eq!(
        (first.status.as_str(), table(&first, "RunNumber").error.as_deref()),
        ("partial", Some(STOPPED))
    );
    assert_eq!(trial.factory.staged(&RUN_NUMBERS).await.len(), 200, "a reload takes effect when it closes");
    let records = until_done(&trial, Mode::Full, |_| trial.pass(TimeDelta::minutes(1))).await;
    assert!(records.len() > 1, "{records:?}");
    trial.factory.assert_lake_mirrors_erp().await;
    let (manifest, _) = trial.lake().manifest().await.unwrap().unwrap();
    assert!(manifest.tables.values().all(|state| state.open_reload.is_none()), "{manifest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_that_must_stop_keeps_what_it_found() {
    let mut trial = Trial::new().await;
    insert_inputs(&trial.factory, 0..3, "2026-11-20 13:00:00");
    assert_eq!(trial.run().await.status, "ok");
    insert_inputs(&trial.factory, 10..2510, "2026-11-10 13:00:00");
    trial.factory.execute("DELETE FROM run_inputs WHERE input_id < 2");
    trial.factory.settings.reading.batch_size = 50;
    let mut stopped = 0;
    loop {
        // There is time to list all keys, and to fetch some of the rows.
        let record = trial.run_for(Mode::Reconcile, Some(150)).await;
        if record.status == "ok" {
            break;
        }
        stopped += 1;
        assert!(
            record.status == "partial" && table(&record, "run_inputs").written >= 100 && stopped < 9,
            "{record:?}"
        );
    }
    assert!(stopped > 1, "the time was never up");
    trial.factory.assert_lake_mirrors_erp().await;
    assert_eq!(trial.factory.staged(&RUN_INPUTS).await.len(), 2501);
}

/// A comparison says nothing of rows that no job has read yet. So a reading that was stopped is first brought
/// to its end.
#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_first_ends_what_was_stopped() {
    let trial = trial(false, false).await;
    let record = trial.run_for(Mode::Incremental, Some(SECONDS)).await;
    assert_eq!(table(&record, "RunNumber").error.as_deref(), Some(STOPPED));
    trial.factory.execute("DELETE FROM RunNumber WHERE RunNumber LIKE '%1'");
    let record = trial.run_for(Mode::Reconcile, None).await;
    assert_eq!((record.status.as_str(), table(&record, "RunNumber").attempts), ("ok", 1));
    trial.factory.assert_lake_mirrors_erp().await;
    assert_eq!(trial.factory.staged(&RUN_NUMBERS).await.len(), 180);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_spent_its_time_before_it_could_read_has_failed_and_says_why() {
    let trial = Trial::new().await;
    trial.script.connecting_seconds.store(480, std::sync::atomic::Ordering::SeqCst);
    let record = trial.run_for(Mode::Incremental, Some(600)).await;
    assert_eq!((record.status.as_str(), record.extracted, record.tables.len()), ("failed", 0, 17));
    let error = record.error.unwrap();
    assert!(
        error.starts_with("RunNumber, SI_OCM_TRANS, ")
            && error.ends_with(&format!(", downgrade_log: {NOT_TRIED}")),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_hangs_closes_its_record_before_it_is_ended() {
    let trial = Trial::new().await;
    insert_inputs(&trial.factory, 0..3, "2026-11-20 13:00:00");
    *super::lock(&trial.script.waits) = Some("RunNumber");
    let record = trial.run_for(Mode::Incremental, Some(1)).await;
    assert_eq!(record.status, "failed");
    assert_eq!(
        record.error.as_deref(),
        Some(
            "the function's time ran out before the run came to its end: what was committed is kept and the next run goes on"
        )
    );
    *super::lock(&trial.script.waits) = None;
    assert_eq!(trial.run().await.status, "ok");
    trial.factory.assert_lake_mirrors_erp().await;
}
