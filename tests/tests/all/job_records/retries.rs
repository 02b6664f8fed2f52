//! What is tried again, how often, and what a job with failures is called.

use std::time::Duration;

use chrono::TimeDelta;
use lake::Mode;
use tests::faults::{Blow, ErpFailure, Failure, Operation};

use super::{Trial, insert_inputs, table};

const STAMP: &str = "2026-11-20 13:00:00";

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_table_is_tried_three_times_and_fails_alone() {
    let trial = Trial::new().await;
    insert_inputs(&trial.factory, 0..3, STAMP);
    trial.plan(2, Operation::Page, "run_inputs", Blow::ErpFails(ErpFailure::Busy));
    trial.plan(1, Operation::Table, "shifts", Blow::ErpFails(ErpFailure::Busy));
    let record = trial.run().await;
    assert_eq!((record.status.as_str(), record.error.as_ref(), record.attempts), ("ok", None, 1));
    assert_eq!(["run_inputs", "shifts", "despatch"].map(|name| table(&record, name).attempts), [3, 2, 1]);
    assert_eq!(table(&record, "run_inputs").extracted, 3, "rows count once however often they are tried");

    trial.plan(3, Operation::Page, "run_inputs", Blow::ErpFails(ErpFailure::Busy));
    let record = trial.run().await;
    let reason = "reading table `run_inputs` was put off: struck";
    assert_eq!(
        (record.status.as_str(), record.error.as_deref()),
        ("partial", Some(format!("run_inputs: {reason}").as_str()))
    );
    assert_eq!(
        (table(&record, "run_inputs").attempts, table(&record, "run_inputs").error.as_deref()),
        (3, Some(reason))
    );
    assert!(
        record
            .tables
            .iter()
            .filter(|table| table.table != "run_inputs")
            .all(|table| table.error.is_none() && table.attempts == 1),
        "{record:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_connections_are_counted_for_the_job_and_not_for_each_table() {
    let trial = Trial::new().await;
    for name in ["SI_OCM_PLU", "run_inputs"] {
        trial.plan(1, Operation::Page, name, Blow::ErpFails(ErpFailure::Unreachable));
    }
    let record = trial.run().await;
    assert_eq!((record.status.as_str(), record.attempts), ("ok", 3));

    trial.plan(1, Operation::Page, "RunNumber", Blow::ErpFails(ErpFailure::Unreachable));
    trial.plan(usize::MAX, Operation::Table, "run_outputs", Blow::ErpFails(ErpFailure::Unreachable));
    let record = trial.run().await;
    assert_eq!((record.status.as_str(), record.attempts), ("partial", 3));
    assert_eq!(
        ["RunNumber", "run_inputs", "run_outputs", "batch_lineage", "shifts"]
            .map(|name| table(&record, name).attempts),
        [2, 1, 2, 0, 0]
    );
    let lost = "the connection to the ERP was lost";
    assert_eq!(table(&record, "shifts").error.as_deref(), Some(format!("not tried: {lost}").as_str()));
    let error = record.error.unwrap();
    assert!(
        error.starts_with(&format!("run_outputs: {lost}; batch_lineage, temperature_logs, ")),
        "each reason is said once: {error}"
    );
    assert_eq!(error.matches("not tried").count(), 1, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_counts_of_a_table_add_up_over_all_its_tries() {
    let mut trial = Trial::new().await;
    trial.factory.settings.reading.batch_size = 10;
    trial.factory.settings.reading.overlap_minutes = 0;
    for id in 0..60 {
        insert_inputs(&trial.factory, id..id + 1, &format!("2026-11-20 13:{id:02}:00"));
    }
    // Two ways are without rows, and three pages are read before the connection is lost.
    trial.plan(5, Operation::Page, "run_inputs", Blow::Spared);
    trial.plan(1, Operation::Page, "run_inputs", Blow::ErpFails(ErpFailure::Unreachable));
    let record = trial.run().await;
    let inputs = table(&record, "run_inputs");
    assert_eq!((record.status.as_str(), inputs.attempts), ("ok", 2));
    // The row of the last stamp that was committed is read again.
    assert_eq!((inputs.extracted, inputs.accepted, inputs.rejected, inputs.written), (61, 61, 0, 60));
    assert_eq!((record.extracted, record.accepted), (61, 61));
    trial.factory.assert_lake_mirrors_erp().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erp_that_cannot_be_reached_is_tried_three_times_and_one_that_is_wrong_once() {
    for (failure, connections) in [(ErpFailure::Unreachable, 3), (ErpFailure::Unusable, 1)] {
        let trial = Trial::new().await;
        trial.plan(usize::MAX, Operation::Connect, "", Blow::ErpFails(failure));
        let record = trial.run().await;
        assert_eq!(
            (record.status.as_str(), record.attempts, record.tables.len()),
            ("failed", connections, 0)
        );
        assert_eq!(i64::try_from(trial.calls(Operation::Connect, "")), Ok(connections));
        trial.mend();
        trial.plan(2, Operation::Connect, "", Blow::ErpFails(ErpFailure::Unreachable));
        let record = trial.run().await;
        assert_eq!((record.status.as_str(), record.attempts), ("ok", 3));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_pass_is_not_tried_again() {
    let trial = Trial::new().await;
    for (failure, tables_read) in
        [(ErpFailure::NoPermission, 16), (ErpFailure::Statement, 16), (ErpFailure::Unusable, 8)]
    {
        trial.plan(usize::MAX, Operation::Page, "run_inputs", Blow::ErpFails(failure));
        let record = trial.run().await;
        assert_eq!(
            (record.status.as_str(), record.attempts, table(&record, "run_inputs").attempts),
            ("partial", 1, 1),
            "{failure:?}"
        );
        assert_eq!(
            record.tables.iter().filter(|table| table.error.is_none()).count(),
            tables_read,
            "{failure:?}"
        );
        trial.mend();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storage_that_fails_is_tried_three_times_and_then_no_table_is() {
    let trial = Trial::new().await;
    insert_inputs(&trial.factory, 0..3, STAMP);
    trial.plan(3, Operation::PutIf, "raw/run_inputs/", Blow::Fails(Failure::SlowDown));
    let record = trial.run().await;
    assert_eq!(record.status, "partial");
    assert_eq!(["RunNumber", "run_inputs", "shifts"].map(|name| table(&record, name).attempts), [1, 3, 0]);
    assert!(
        table(&record, "shifts").error.as_ref().unwrap().starts_with("not tried: storage: "),
        "{record:?}"
    );

    // Another try first reads again what the lake knows of the table. If that fails, the try has failed.
    trial.plan(1, Operation::PutIf, "raw/run_inputs/", Blow::DoneButFails(Failure::TimedOut));
    trial.plan(1, Operation::List, "raw/despatch/", Blow::Spared);
    trial.plan(1, Operation::List, "raw/despatch/", Blow::Fails(Failure::InternalError));
    let record = trial.run().await;
    assert_eq!(
        (record.status.as_str(), table(&record, "run_inputs").attempts, record.error),
        ("ok", 3, None)
    );
    trial.factory.assert_lake_mirrors_erp().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_pause_goes_past_the_time_that_a_job_has() {
    let mut trial = Trial::new().await;
    trial.factory.settings.retry_delay = Duration::from_hours(1);
    let not_again = "not tried again: the function's time is nearly up";
    trial.plan(1, Operation::Page, "run_inputs", Blow::ErpFails(ErpFailure::Busy));
    let record = trial.run_for(Mode::Incremental, Some(600)).await;
    let busy = format!("reading table `run_inputs` was put off: struck; {not_again}");
    assert_eq!(
        (record.status.as_str(), record.error.as_ref()),
        ("partial", Some(&format!("run_inputs: {busy}")))
    );
    assert_eq!((table(&record, "run_inputs").attempts, table(&record, "shifts").error.as_ref()), (1, None));

    trial.plan(1, Operation::Connect, "", Blow::ErpFails(ErpFailure::Unreachable));
    let record = trial.run_for(Mode::Incremental, Some(600)).await;
    assert_eq!(
        (record.status.as_str(), record.error),
        ("failed", Some(format!("the connection to the ERP was lost; {not_again}")))
    );
    assert_eq!(record.attempts, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_marts_fail_has_failed_though_it_read_every_row() {
    let trial = Trial::new().await;
    insert_inputs(&trial.factory, 0..3, STAMP);
    trial.factory.insert(
        "SI_OCM_PLU",
        &[("PLUNumber", "1"), ("PackSize", "'heavy'"), ("Updated", "'2026-11-20 10:00:00'")],
    );
    trial.plan(usize::MAX, Operation::PutIf, "marts/", Blow::Fails(Failure::InternalError));
    trial.plan(usize::MAX, Operation::Put, "marts/", Blow::Fails(Failure::InternalError));
    let record = trial.run().await;
    assert_eq!(
        (record.status.as_str(), record.extracted, record.accepted, record.rejected),
        ("failed", 4, 3, 1)
    );
    assert_eq!(
        (table(&record, "run_inputs").written, table(&record, "run_inputs").error.as_ref()),
        (3, None)
    );
    assert!(record.error.unwrap().starts_with("storage: "));

    // The next job makes the marts of these rows, even a job that cannot reach the ERP.
    trial.mend();
    trial.plan(usize::MAX, Operation::Connect, "", Blow::ErpFails(ErpFailure::Unreachable));
    let record = trial.run().await;
    assert_eq!(
        (record.status.as_str(), record.error.as_deref()),
        ("failed", Some("the connection to the ERP was lost"))
    );
    let (manifest, _) = trial.lake().manifest().await.unwrap().unwrap();
    assert!(manifest.pending.is_null() && !manifest.marts.is_empty(), "{manifest:?}");
    trial.factory.assert_lake_mirrors_erp().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_the_erp_lacks_is_not_waited_for_after_a_job_that_could_not_know() {
    let trial = Trial::new().await;
    trial.factory.execute("DROP TABLE shifts");
    trial.plan(usize::MAX, Operation::Page, "despatch", Blow::ErpFails(ErpFailure::Unreachable));
    let record = trial.run().await;
    assert_eq!(
        (record.status.as_str(), table(&record, "shifts").attempts, record.skipped.len()),
        ("partial", 0, 0)
    );
    trial.mend();
    let record = trial.run().await;
    assert_eq!((record.status.as_str(), record.skipped), ("ok", vec!["shifts".to_owned()]));
    let (manifest, _) = trial.lake().manifest().await.unwrap().unwrap();
    assert_eq!(manifest.never_read(["shifts", "despatch"]), None);
    trial.pass(TimeDelta::minutes(1));
    assert_eq!(trial.run().await.status, "ok");
}
