//! Jobs that die: the next job finds their marks and closes their records, and nobody else's.

use std::process::Stdio;
use std::time::Duration;

use api::pipeline::JobRecord;
use chrono::TimeDelta;
use lake::{JobMark, Mode};
use tests::factory::{Factory, run_into};
use tests::faults::{Blow, ErpFailure, Failure, Operation};

use super::{Trial, lock};

const DIED: &str =
    "the run ended without saying so: it was killed or ran out of time; nothing that it committed is lost";

/// Leaves behind what a job does that dies: its mark, which expired a minute ago, and its record if it got so
/// far.
async fn die(trial: &Trial, job_id: &str, with_record: bool) -> JobMark {
    let started_at = (trial.now() - TimeDelta::minutes(10)).fixed_offset();
    let mark = JobMark {
        job_id: job_id.to_owned(),
        mode: "full".to_owned(),
        trigger: "api".to_owned(),
        started_at,
        expires_at: trial.now() - TimeDelta::minutes(1),
    };
    if with_record {
        let record = JobRecord { job_id: job_id.to_owned(), started_at, ..trial.run().await };
        let living =
            JobRecord { status: "running".to_owned(), finished_at: None, duration_ms: None, ..record };
        trial.lake().put_job_record(job_id, &living).await.unwrap();
    }
    trial.lake().put_job_mark(&mark).await.unwrap();
    mark
}

/// A real process, really killed while it reads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_record_of_a_killed_process_is_closed_by_the_next_job() {
    let factory = Factory::sandbox("2026-11-20T14:00:00", 1).await;
    let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_tideline_program"))
        .arg("extract")
        .env("SOURCE_DB", factory.source_db())
        .env("LAKE", factory.folder.path().join("lake"))
        .env("FACTORY_ID", &factory.settings.factory_id)
        .env("BATCH_SIZE", "1")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // It has begun when its record lies beside its mark; at one row a page it has minutes to go.
    let job_id = loop {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be killed");
        let marked = factory.lake().marked_jobs().await.unwrap();
        if let Some(job_id) = marked.first()
            && factory.lake().job_record::<JobRecord>(job_id).await.unwrap().is_some()
        {
            break job_id.clone();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    child.kill().await.unwrap();
    let record = async || factory.lake().job_record::<JobRecord>(&job_id).await.unwrap().unwrap().0;
    let left = record().await;
    assert_eq!((left.status.as_str(), left.finished_at), ("running", None));

    // As long as it may live it is left alone.
    let mark = factory.lake().job_mark(&job_id).await.unwrap().unwrap();
    factory.now.set(mark.expires_at - TimeDelta::seconds(1));
    factory.job_ok(Mode::Incremental).await;
    assert_eq!(record().await, left);
    factory.now.set(mark.expires_at);
    factory.job_ok(Mode::Incremental).await;
    let closed = record().await;
    assert_eq!(
        (closed.status.as_str(), closed.error.as_deref(), closed.trigger.as_str()),
        ("failed", Some(DIED), "cli")
    );
    assert_eq!(
        (closed.started_at, closed.finished_at),
        (left.started_at, Some(mark.expires_at.fixed_offset()))
    );
    assert_eq!(factory.lake().marked_jobs().await.unwrap(), [""; 0]);
    factory.assert_lake_mirrors_erp().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_died_before_it_had_a_record_is_given_one() {
    let trial = Trial::new().await;
    let mark = die(&trial, "0", false).await;
    assert_eq!(trial.run().await.status, "ok");
    let record = trial.stored("0").await;
    assert_eq!(
        (record.status.as_str(), record.mode.as_str(), record.trigger.as_str()),
        ("failed", "full", "api")
    );
    assert_eq!(
        (record.started_at, record.duration_ms, record.error.as_deref()),
        (mark.started_at, Some(540_000), Some(DIED))
    );
    assert_eq!((record.attempts, record.tables.len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_jobs_may_close_the_same_job_at_once() {
    for with_record in [true, false] {
        let trial = Trial::new().await;
        die(&trial, "0", with_record).await;
        let jobs =
            (0..4).map(|_| run_into(trial.lake(), &trial.factory.settings, Mode::Incremental, trial.now()));
        for record in futures::future::join_all(jobs).await {
            assert_eq!((record.status.as_str(), record.error), ("ok", None));
        }
        assert_eq!(
            (trial.stored("0").await.status.as_str(), trial.stored("0").await.error.as_deref()),
            ("failed", Some(DIED))
        );
        assert_eq!(trial.lake().marked_jobs().await.unwrap(), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_job_that_was_only_slow_has_the_last_word() {
    let trial = Trial::new().await;
    *lock(&trial.script.waits) = Some("run_inputs");
    let slow = trial.run();
    let meanwhile = async {
        while trial.calls(Operation::Page, "run_inputs") == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        *lock(&trial.script.waits) = None;
        let marked = trial.lake().marked_jobs().await.unwrap();
        let [job_id] = marked.as_slice() else { panic!("{marked:?}") };
        trial.pass(TimeDelta::minutes(6));
        assert_eq!(trial.run().await.status, "ok");
        let closed = trial.stored(job_id).await;
        assert_eq!((closed.status.as_str(), closed.error.as_deref()), ("failed", Some(DIED)));
        trial.script.permits.add_permits(1);
        job_id.clone()
    };
    let (record, job_id) = tokio::join!(slow, meanwhile);
    assert_eq!((record.job_id, record.status.as_str(), record.error), (job_id, "ok", None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_that_stayed_behind_is_removed_and_its_record_left_as_it_is() {
    let trial = Trial::new().await;
    let record = trial.run().await;
    let mark = die(&trial, &record.job_id, false).await;
    assert_eq!(trial.run().await.status, "ok");
    assert_eq!(trial.stored(&mark.job_id).await, record);
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_a_job_that_died_never_fails_the_job_that_does_it() {
    let call = [
        (Operation::List, "running/"),
        (Operation::Get, "running/0.json"),
        (Operation::Get, "runs/0.json"),
        (Operation::PutIf, "runs/0.json"),
        (Operation::Delete, "running/0.json"),
    ];
    for (operation, subject) in call {
        let trial = Trial::new().await;
        die(&trial, "0", true).await;
        trial.plan(1, operation, subject, Blow::Fails(Failure::SlowDown));
        let record = run_into(trial.lake(), &trial.factory.settings, Mode::Incremental, trial.now()).await;
        assert_eq!((record.status.as_str(), record.error), ("ok", None), "{operation:?} {subject}");
        assert_eq!(trial.lake().marked_jobs().await.unwrap(), ["0"], "{operation:?} {subject}");
        assert_eq!(trial.run().await.status, "ok");
        assert_eq!(trial.stored("0").await.error.as_deref(), Some(DIED), "{operation:?} {subject}");
    }
}

/// Whoever cannot say that it ended is closed by the next job.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_record_could_not_be_written_is_closed_by_the_next() {
    let trial = Trial::new().await;
    trial.plan(1, Operation::Put, "test/runs/", Blow::Fails(Failure::DiskFull));
    let record = run_into(trial.lake(), &trial.factory.settings, Mode::Incremental, trial.now()).await;
    assert_eq!(record.status, "failed");
    let error = record.error.unwrap();
    assert!(error.starts_with("the lake cannot be written: storage: "), "{error}");
    assert_eq!(trial.stored(&record.job_id).await.status, "running");
    trial.pass(TimeDelta::minutes(5));
    assert_eq!(trial.run().await.status, "ok");
    assert_eq!(trial.stored(&record.job_id).await.error.as_deref(), Some(DIED));
}

/// [`Trial::run`] looks that no mark is left; here for jobs that fail at their very beginning.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_cannot_begin_leaves_a_closed_record_and_no_mark() {
    for (operation, subject) in
        [(Operation::Put, "running/"), (Operation::PutIf, "test/runs/"), (Operation::List, "raw/")]
    {
        for blow in [Blow::Fails(Failure::SlowDown), Blow::DoneButFails(Failure::TimedOut)] {
            let trial = Trial::new().await;
            trial.plan(1, operation, subject, blow);
            let record = trial.run().await;
            assert_eq!(
                (record.status.as_str(), record.tables.len()),
                ("failed", 0),
                "{operation:?} {subject}"
            );
            assert_eq!(trial.run().await.status, "ok");
        }
    }
    let trial = Trial::new().await;
    trial.plan(1, Operation::Connect, "", Blow::ErpFails(ErpFailure::Unusable));
    assert_eq!(trial.run().await.error.as_deref(), Some("the ERP cannot be used"));
}
