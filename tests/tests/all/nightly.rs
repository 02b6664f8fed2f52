//! The comparison of the ERP with the lake at night: when it is made, what is said about it, and how a night
//! that was missed is made up for.

use std::sync::Arc;

use api::health::Health;
use api::pipeline::JobRecord;
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use extractor_function::doctor::{Severity, examine_lake};
use extractor_function::{JobRequest, Nightly, Occasion, trigger};
use lake::{Lake, Mode, new_job_id};
use tests::factory::{Factory, moment, request};
use tests::site::Site;
use tideline::jobs::Jobs;
use tideline::s3::BUCKET;
use warehouse::sources::RUN_INPUTS;

fn nightly(factory: &Factory) -> Nightly {
    Nightly::at(NaiveTime::from_hms_opt(2, 30, 0), factory.settings.factory_tz)
}

async fn is_due(factory: &Factory) -> bool {
    nightly(factory).is_due(factory.lake(), factory.now.get()).await.unwrap()
}

/// Runs the comparison as a schedule does.
async fn compare(factory: &Factory) -> Option<JobRecord> {
    let request = JobRequest { trigger: "schedule".to_owned(), ..request(Mode::Reconcile) };
    let now = factory.now.get();
    trigger(factory.lake(), &factory.settings, &request, &new_job_id(), Occasion::Nightly, move || now).await
}

fn commit(factory: &Factory, input_id: usize, stamp: &str) {
    factory.execute(&format!(
        "INSERT INTO run_inputs (input_id, run_number, qty_kg, updated_at) VALUES ({input_id}, '1', 5, '{stamp}')"
    ));
}

/// When the ERP was last compared with the lake, as the manifest and the doctor tell.
async fn told(factory: &Factory) -> (Option<DateTime<Utc>>, Severity, String) {
    let (manifest, _) = factory.lake().manifest().await.unwrap().unwrap();
    let findings = examine_lake(factory.lake(), factory.now.get()).await;
    let found = findings.into_iter().find(|finding| finding.found.contains("compared with the ERP")).unwrap();
    (manifest.reconciled_at.map(|at| at.to_utc()), found.severity, found.found)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_night_what_was_deleted_and_committed_late_is_found_once() {
    let factory = Factory::in_memory("2026-11-20T14:00:00").await;
    let go_to = |now: &str| factory.now.set(moment(now));
    assert!(!is_due(&factory).await, "there is nothing to compare yet");
    commit(&factory, 1, "2026-11-20 13:00:00");
    factory.job_ok(Mode::Incremental).await;
    assert!(!is_due(&factory).await);
    let (reconciled_at, severity, found) = told(&factory).await;
    assert_eq!(
        (reconciled_at, severity, found.contains("not compared")),
        (None, Severity::Ok, true),
        "{found}"
    );

    go_to("2026-11-21T02:29:59");
    assert!(!is_due(&factory).await);
    go_to("2026-11-21T02:30:00");
    assert!(is_due(&factory).await);
    factory.execute("DELETE FROM run_inputs");
    commit(&factory, 2, "2026-11-18 09:00:00");
    let record = compare(&factory).await.unwrap();
    assert_eq!((record.mode.as_str(), record.status.as_str()), ("reconcile", "ok"));
    factory.assert_lake_mirrors_erp().await;
    assert_eq!(factory.staged(&RUN_INPUTS).await.len(), 1);
    assert!(!is_due(&factory).await);

    // The machine was off for three nights.
    go_to("2026-11-24T08:00:00");
    assert!(is_due(&factory).await);
    let (reconciled_at, severity, found) = told(&factory).await;
    assert_eq!((reconciled_at, severity), (Some(moment("2026-11-21T02:30:00")), Severity::Warning));
    assert!(found.contains("without trouble: at 2026-11-21 02:30; rows that were deleted"), "{found}");

    // Another job is at work: the comparison makes way, and stays due.
    let other = JobRecord::begun("other", "incremental", "api", factory.now.get().fixed_offset());
    let lives_until = factory.now.get() + TimeDelta::minutes(1);
    assert!(factory.lake().begin_job("other", &other, lives_until).await.unwrap());
    factory.lake().share_turn("other", factory.now.get()).await.unwrap();
    assert!(compare(&factory).await.is_none() && is_due(&factory).await);
    factory.lake().end_job("other", &other).await.unwrap();
    assert_eq!(compare(&factory).await.unwrap().status, "ok");
    assert!(!is_due(&factory).await);
    assert_eq!(told(&factory).await.1, Severity::Ok);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_that_did_not_go_well_is_not_told_as_one_that_did() {
    let factory = Factory::in_memory("2026-11-20T14:00:00").await;
    (1..=110).for_each(|id| commit(&factory, id, "2026-11-20 13:00:00"));
    factory.job_ok(Mode::Full).await;
    assert_eq!(told(&factory).await.0, Some(moment("2026-11-20T14:00:00")), "a reload compares everything");

    // It came to its end, so it is not made again before the next night. But it left something undone.
    factory.now.set(moment("2026-11-22T03:00:00"));
    factory.execute("DELETE FROM run_inputs");
    assert_eq!(compare(&factory).await.unwrap().status, "partial");
    assert!(!is_due(&factory).await);
    let (reconciled_at, severity, _) = told(&factory).await;
    assert_eq!((reconciled_at, severity), (Some(moment("2026-11-20T14:00:00")), Severity::Warning));

    // Without the ERP it does not come to its end, and stays due.
    factory.now.set(moment("2026-11-23T03:00:00"));
    std::fs::rename(factory.erp(), factory.folder.path().join("put aside")).unwrap();
    assert_eq!(compare(&factory).await.unwrap().status, "failed");
    assert!(is_due(&factory).await);
}

/// The program's own schedule goes by the real clock.
#[tokio::test(flavor = "multi_thread")]
async fn the_schedule_on_one_machine_compares_when_it_is_due_and_health_tells_when() {
    let two_days_ago = Utc::now() - TimeDelta::days(2);
    let factory = Factory::empty(&two_days_ago.format("%Y-%m-%dT%H:%M:%S").to_string()).await;
    factory.job_ok(Mode::Incremental).await;
    let health = async || Site::open(&factory).await.get::<Health>("/health").await.unwrap();
    assert_eq!(health().await.reconciled_at, None);

    let server = factory.open.server.as_ref().unwrap();
    let lake = Lake::new(Arc::new(server.store(BUCKET)), "", &factory.settings.factory_id);
    let without = Jobs::new(lake.clone(), factory.settings.clone());
    assert_eq!(without.on_schedule().await.unwrap().mode, "incremental");
    let with = || Jobs::new(lake.clone(), factory.settings.clone()).with_comparisons(nightly(&factory));

    // A comparison that came to nothing is not tried again at once.
    let (jobs, aside) = (with(), factory.folder.path().join("put aside"));
    std::fs::rename(factory.erp(), &aside).unwrap();
    for mode in ["reconcile", "incremental"] {
        let record = jobs.on_schedule().await.unwrap();
        assert_eq!((record.mode.as_str(), record.status.as_str()), (mode, "failed"));
    }
    std::fs::rename(&aside, factory.erp()).unwrap();

    let jobs = with();
    let compared = jobs.on_schedule().await.unwrap();
    assert_eq!((compared.mode.as_str(), compared.trigger.as_str()), ("reconcile", "schedule"));
    assert_eq!(jobs.on_schedule().await.unwrap().mode, "incremental");
    assert_eq!(health().await.reconciled_at, Some(compared.started_at));
}
