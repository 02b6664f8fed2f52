//! Jobs that die. Their records say so once they have not been renewed, and the records of no other jobs do.

use std::process::Stdio;
use std::time::Duration;

use api::pipeline::JobRecord;
use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use lake::{Mode, Turn};
use tests::factory::{Factory, run_into};
use tests::faults::{Blow, ErpFailure, Failure, Operation};

use super::{Trial, lock, told};

const DIED: &str =
    "the run ended without saying so: it was killed or ran out of time; nothing that it committed is lost";

/// What a job that dies leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// Its record, which expired a minute ago.
    Record,
    /// The promise of the job, which nobody has kept.
    Promise,
}

/// Leaves behind what a dead job leaves. Returns when the job began, and from when on it counts as dead.
async fn die(trial: &Trial, job_id: &str, left: Left) -> (DateTime<FixedOffset>, DateTime<Utc>) {
    let started_at = (trial.now() - TimeDelta::minutes(10)).fixed_offset();
    let expires_at = trial.now() - TimeDelta::minutes(1);
    assert_eq!(trial.lake().take_turn(job_id, started_at.to_utc()).await.unwrap(), Turn::Taken);
    let begun = JobRecord::begun(job_id, "full", "api", started_at);
    if left == Left::Record {
        assert!(trial.lake().begin_job(job_id, &begun, expires_at).await.unwrap());
    } else {
        trial.lake().promise_job(job_id, &begun, expires_at).await.unwrap();
    }
    (started_at, expires_at)
}

/// A real process is really killed while it reads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_record_of_a_killed_process_says_so_once_it_cannot_live_any_more() {
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
    // The job has begun when it has a record. At one row a page it then has minutes to go.
    let job_id = loop {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be killed");
        if let Some(job_id) = factory.lake().newest_jobs(None, 1, Utc::now()).await.unwrap().pop() {
            break job_id;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    child.kill().await.unwrap();
    let expires_at =
        factory.lake().job::<JobRecord>(&job_id).await.unwrap().unwrap().lease.unwrap().expires_at;
    factory.now.set(expires_at - TimeDelta::seconds(1));
    let record = async || told(factory.lake(), &job_id, factory.now.get()).await;
    let left = record().await;
    assert_eq!((left.status.as_str(), left.finished_at), ("running", None));

    // As long as the job may live, its record is left alone.
    factory.job_ok(Mode::Incremental).await;
    assert_eq!(record().await, left);
    factory.now.set(expires_at);
    factory.job_ok(Mode::Incremental).await;
    let closed = record().await;
    assert_eq!(
        (closed.status.as_str(), closed.error.as_deref(), closed.trigger.as_str()),
        ("failed", Some(DIED), "cli")
    );
    assert_eq!((closed.started_at, closed.finished_at), (left.started_at, Some(expires_at.fixed_offset())));
    assert_eq!(factory.lake().living_job(factory.now.get(), "").await.unwrap(), None);
    factory.assert_lake_mirrors_erp().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_that_nobody_keeps_is_told_as_a_job_that_died() {
    let trial = Trial::new().await;
    let (started_at, _) = die(&trial, "0", Left::Promise).await;
    assert_eq!(trial.run().await.status, "ok");
    let record = trial.told("0").await;
    assert_eq!(
        (record.status.as_str(), record.mode.as_str(), record.trigger.as_str()),
        ("failed", "full", "api")
    );
    assert_eq!(
        (record.started_at, record.duration_ms, record.error.as_deref()),
        (started_at, Some(540_000), Some(DIED))
    );
    assert_eq!((record.attempts, record.tables.len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_job_that_died_is_in_the_way_of_none_of_several_at_once() {
    for left in [Left::Record, Left::Promise] {
        let trial = Trial::new().await;
        die(&trial, "0", left).await;
        let jobs =
            (0..4).map(|_| run_into(trial.lake(), &trial.factory.settings, Mode::Incremental, trial.now()));
        for record in futures::future::join_all(jobs).await {
            assert_eq!((record.status.as_str(), record.error), ("ok", None));
        }
        assert_eq!(
            (trial.told("0").await.status.as_str(), trial.told("0").await.error.as_deref()),
            ("failed", Some(DIED))
        );
        assert_eq!(trial.lake().living_job(trial.now(), "").await.unwrap(), None);
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
        let begun = trial.lake().newest_jobs(None, 9, Utc::now()).await.unwrap();
        let [job_id] = begun.as_slice() else { panic!("{begun:?}") };
        assert_eq!(trial.told(job_id).await.status, "running");
        trial.pass(TimeDelta::minutes(6));
        assert_eq!(trial.run().await.status, "ok");
        let closed = trial.told(job_id).await;
        assert_eq!((closed.status.as_str(), closed.error.as_deref()), ("failed", Some(DIED)));
        trial.script.permits.add_permits(1);
        job_id.clone()
    };
    let (record, job_id) = tokio::join!(slow, meanwhile);
    assert_eq!((record.job_id, record.status.as_str(), record.error), (job_id, "ok", None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_of_life_that_comes_after_the_end_changes_nothing() {
    let trial = Trial::new().await;
    let record = trial.run().await;
    trial.lake().renew_job(&record.job_id, trial.now() + TimeDelta::minutes(2)).await.unwrap();
    assert_eq!(trial.run().await.status, "ok");
    assert_eq!(trial.told(&record.job_id).await, record);
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_for_jobs_that_died_never_fails_the_job_that_does_it() {
    let trial = Trial::new().await;
    die(&trial, "0", Left::Record).await;
    trial.plan(1, Operation::Get, "runs/0.json", Blow::Fails(Failure::SlowDown));
    let record = run_into(trial.lake(), &trial.factory.settings, Mode::Incremental, trial.now()).await;
    assert_eq!((record.status.as_str(), record.error), ("ok", None));
    assert_eq!(trial.told("0").await.error.as_deref(), Some(DIED));
    assert_eq!(trial.run().await.status, "ok");
}

/// A job that cannot say that it ended is taken for dead.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_record_could_not_be_written_is_told_as_one_that_died() {
    let trial = Trial::new().await;
    trial.plan(1, Operation::Put, "test/runs/", Blow::Fails(Failure::DiskFull));
    let record = run_into(trial.lake(), &trial.factory.settings, Mode::Incremental, trial.now()).await;
    assert_eq!(record.status, "failed");
    let error = record.error.unwrap();
    assert!(error.starts_with("the lake cannot be written: storage: "), "{error}");
    assert_eq!(trial.told(&record.job_id).await.status, "running");
    trial.pass(TimeDelta::minutes(5));
    assert_eq!(trial.run().await.status, "ok");
    assert_eq!(trial.told(&record.job_id).await.error.as_deref(), Some(DIED));
}

/// These jobs fail at their very beginning. [`Trial::run`] fails if anything says that they still live.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_cannot_begin_leaves_a_closed_record() {
    for (operation, subject) in
        [(Operation::PutIf, "running/"), (Operation::PutIf, "test/runs/"), (Operation::List, "raw/")]
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
