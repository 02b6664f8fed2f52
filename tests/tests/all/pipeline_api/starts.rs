//! Jobs are started one at a time, whoever asks for them.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use api::pipeline::JobRecord;
use async_trait::async_trait;
use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use extractor_function::{JobRequest, Occasion, trigger};
use futures::future::join_all;
use lake::{Mode, new_job_id};
use pipeline_function::{PromisedJob, StartJob};
use serde_json::{Value, json};
use tests::factory::ErpAccess;
use warehouse::sources::RUN_INPUTS;

use super::{Api, begin_elsewhere, factory, insert_inputs, promise};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_job_is_started_over_http_and_its_record_is_found_where_the_answer_says() {
    let factory = factory().await;
    insert_inputs(&factory, &[(1, "10.5"), (2, "20"), (3, "'much'")]);
    let api = Api::over(&factory).await;
    let empty = api.get("/pipeline/runs").await;
    assert_eq!((empty.status, empty.json(), empty.header("x-data-as-of")), (200, json!([]), None));
    assert!(api.list("/pipeline/rejected").await.is_empty());

    let started = api.post("/pipeline/run").await;
    let body = started.json();
    let job_id = body["job_id"].as_str().unwrap();
    assert_eq!(
        (started.status, &body),
        (202, &json!({"job_id": job_id, "status": "started", "mode": "incremental"}))
    );
    assert_eq!(started.header("location"), Some(format!("/pipeline/runs/{job_id}").as_str()));
    assert_eq!((started.header("cache-control"), started.header("etag")), (Some("no-store"), None));

    let record = api.ended(job_id).await;
    let of = |name: &str| record[name].clone();
    assert_eq!(
        (of("status"), of("mode"), of("trigger"), of("error")),
        ("ok".into(), "incremental".into(), "api".into(), Value::Null)
    );
    assert_eq!(
        (of("extracted"), of("accepted"), of("rejected"), of("attempts")),
        (3.into(), 2.into(), 1.into(), 1.into())
    );
    let table =
        record["tables"].as_array().unwrap().iter().find(|table| table["table"] == "run_inputs").unwrap();
    assert_eq!(
        (&table["extracted"], &table["written"], &table["error"]),
        (&3.into(), &2.into(), &Value::Null)
    );
    assert_eq!(factory.staged(&RUN_INPUTS).await.len(), 2);

    let jobs = api.list("/pipeline/runs").await;
    assert_eq!(jobs.len(), 1);
    for (name, value) in jobs[0].as_object().unwrap() {
        assert_eq!(value, &record[name], "{name}");
    }
    tokio::time::sleep(Duration::from_millis(1100)).await; // what is known of the lake is trusted for a second
    let moment = |text: &str| text.parse::<DateTime<FixedOffset>>().unwrap();
    let as_of = api.get("/pipeline/runs").await.header("x-data-as-of").map(moment);
    assert_eq!(as_of, record["started_at"].as_str().map(moment));
    assert_eq!(api.get(&format!("/api/pipeline/runs/{job_id}")).await.json(), record);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_job_is_at_work_others_are_refused_and_told_which_one_it_is() {
    let factory = factory().await.over(ErpAccess::SqlServer);
    insert_inputs(&factory, &[(1, "10.5")]);
    let (api, other) = (Api::over(&factory).await, Api::over(&factory).await);
    factory.server().disruptions().delay_answers(Duration::from_millis(300));
    let job_id = api.start("/pipeline/run?full=true").await;
    for asked in [&api, &other] {
        let shown = asked.get(&format!("/pipeline/runs/{job_id}")).await.json();
        assert_eq!(
            (&shown["status"], &shown["mode"], &shown["trigger"]),
            (&"running".into(), &"full".into(), &"api".into())
        );
        assert_eq!(asked.list("/pipeline/runs").await.len(), 1, "{shown}");
        asked.post("/pipeline/run").await.assert_problem(409, &format!("`{job_id}`"));
        asked.post("/pipeline/run?reconcile=true").await.assert_problem(409, &job_id);
    }
    assert!(other.jobs.on_schedule().await.is_none(), "a schedule makes way too");

    factory.server().disruptions().delay_answers(Duration::ZERO);
    assert_eq!(api.ended(&job_id).await["status"], "ok");
    assert_eq!(other.jobs.on_schedule().await.unwrap().status, "ok");
    let next = other.start("/pipeline/run?reconcile=true").await;
    assert_eq!(other.ended(&next).await["mode"], "reconcile");
    let modes: Vec<Value> =
        api.list("/pipeline/runs").await.into_iter().map(|job| job["mode"].clone()).collect();
    assert_eq!(
        modes,
        ["reconcile", "incremental", "full"],
        "newest first, and none of those that were refused"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_job_is_refused_until_ten_minutes_after_the_last_one_began_and_others_are_not() {
    let factory = factory().await;
    let api = Api::over(&factory).await;
    let full = api.start("/pipeline/run?full=true").await;
    let record = api.ended(&full).await;
    for _ in 0..2 {
        api.ended(&api.start("/pipeline/run").await).await;
    }
    let refused = api.post("/pipeline/run?full=true&accept_deletes=true").await;
    refused.assert_problem(429, &format!("the full run `{full}` began less than 10 minutes ago"));
    let again_in_seconds: i64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=600).contains(&again_in_seconds), "{again_in_seconds}");
    assert_eq!(api.list("/pipeline/runs").await.len(), 3, "who was refused leaves no record");
    assert_eq!(api.ended(&api.start("/pipeline/run?reconcile=true").await).await["status"], "ok");

    let began: DateTime<Utc> = record["started_at"].as_str().unwrap().parse().unwrap();
    api.set_now(&(began + TimeDelta::minutes(10) + TimeDelta::seconds(1)).to_rfc3339());
    api.ended(&api.start("/pipeline/run?full=true").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_starts_at_once_exactly_one_is_accepted_and_the_others_hear_of_it() {
    let factory = factory().await.over(ErpAccess::SqlServer);
    let apis = [Api::over(&factory).await, Api::over(&factory).await];
    for _ in 0..3 {
        factory.server().disruptions().delay_answers(Duration::from_millis(300));
        let replies = join_all((0..8).map(|i| apis[i % 2].post("/pipeline/run"))).await;
        let (accepted, refused): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 202);
        assert_eq!((accepted.len(), refused.len()), (1, 7));
        for reply in refused {
            reply.assert_problem(409, "is at work");
        }
        factory.server().disruptions().delay_answers(Duration::ZERO);
        let job_id = accepted[0].json()["job_id"].as_str().unwrap().to_owned();
        assert_eq!(apis[1].ended(&job_id).await["status"], "ok");
    }
    assert_eq!(apis[0].list("/pipeline/runs").await.len(), 3, "who was refused leaves no record");
    assert_eq!(apis[0].lake.living_job(Utc::now(), "").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_died_holds_nobody_up_once_its_lease_has_expired() {
    let factory = factory().await;
    let api = Api::over(&factory).await;
    let dead = new_job_id();
    begin_elsewhere(&api.lake, &dead, Utc::now() + TimeDelta::minutes(1)).await;
    api.post("/pipeline/run").await.assert_problem(409, &dead);

    api.lake.renew_job(&dead, Utc::now()).await.unwrap();
    let next = api.start("/pipeline/run").await;
    assert_eq!(api.ended(&next).await["status"], "ok");
    let record = api.get(&format!("/pipeline/runs/{dead}")).await.json();
    assert_eq!((&record["status"], &record["error"]), (&"failed".into(), &api::pipeline::DIED.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_too_many_to_be_removed_are_shown_and_removed_on_request() {
    let factory = factory().await;
    let rows: Vec<(i64, &str)> = (0..150).map(|id| (id, "1")).collect();
    insert_inputs(&factory, &rows);
    let api = Api::over(&factory).await;
    api.ended(&api.start("/pipeline/run").await).await;
    factory.execute("DELETE FROM run_inputs");
    let record = api.ended(&api.start("/pipeline/run?reconcile=true").await).await;
    let listed = &api.list("/pipeline/runs").await[0];
    for shown in [&record, listed] {
        assert_eq!((&shown["status"], &shown["withheld"]), (&"partial".into(), &150.into()));
        let error = shown["error"].as_str().unwrap();
        assert!(error.contains("150 of the 150 rows") && error.contains("`accept_deletes=true`"), "{error}");
    }
    let started = api.post("/pipeline/run?accept_deletes=true").await.json();
    assert_eq!(started["mode"], "reconcile");
    let record = api.ended(started["job_id"].as_str().unwrap()).await;
    assert_eq!(
        (&record["status"], &record["withheld"], &record["error"]),
        (&"ok".into(), &0.into(), &Value::Null)
    );
    assert!(factory.staged(&RUN_INPUTS).await.is_empty());
}

/// An extractor that cannot be reached at first.
struct Unreachable {
    is_back: AtomicBool,
    then: Arc<dyn StartJob>,
}

impl fmt::Debug for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an extractor that cannot be reached at first")
    }
}

#[async_trait]
impl StartJob for Unreachable {
    async fn start(&self, job: PromisedJob) -> Result<(), Box<dyn Error + Send + Sync>> {
        if self.is_back.swap(true, Ordering::SeqCst) {
            self.then.start(job).await
        } else {
            Err("arn:aws:lambda:secret is throttled".into())
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_cannot_be_started_is_said_to_be_so_and_keeps_nobody_from_trying_again() {
    let factory = factory().await;
    let api = Api::with(&factory, |jobs| {
        Arc::new(Unreachable { is_back: AtomicBool::new(false), then: Arc::new(jobs) })
    })
    .await;
    let failed = api.post("/pipeline/run").await;
    failed.assert_problem(503, "cannot be begun at the moment");
    assert!(failed.header("retry-after").is_some() && !failed.text.contains("secret"), "{}", failed.text);
    assert!(api.list("/pipeline/runs").await.is_empty());
    let job_id = api.start("/pipeline/run").await;
    assert_eq!(api.ended(&job_id).await["status"], "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promised_job_is_carried_out_once_however_often_it_is_asked_for() {
    let factory = factory().await;
    insert_inputs(&factory, &[(1, "10.5")]);
    let api = Api::over(&factory).await;
    let job_id = new_job_id();
    promise(&api.lake, &job_id, Utc::now() + TimeDelta::minutes(1)).await;
    let request = JobRequest {
        mode: Mode::Incremental,
        trigger: "api".to_owned(),
        deadline: None,
        accept_deletes: false,
        rebuild: false,
    };
    let ask = || trigger(&api.lake, &factory.settings, &request, &job_id, Occasion::Promised, Utc::now);
    let at_once: Vec<JobRecord> = join_all((0..3).map(|_| ask())).await.into_iter().flatten().collect();
    assert_eq!(at_once.len(), 1);
    assert!(ask().await.is_none(), "it has ended");
    let record = api.lake.job::<JobRecord>(&job_id).await.unwrap().unwrap().record;
    assert_eq!((&record, record.status.as_str(), record.extracted), (&at_once[0], "ok", 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_that_comes_when_another_job_has_begun_is_not_kept() {
    let factory = factory().await;
    let api = Api::over(&factory).await;
    let late = new_job_id();
    promise(&api.lake, &late, Utc::now() - TimeDelta::minutes(1)).await;
    begin_elsewhere(&api.lake, "other", Utc::now() + TimeDelta::minutes(1)).await;
    let request = JobRequest {
        mode: Mode::Incremental,
        trigger: "api".to_owned(),
        deadline: None,
        accept_deletes: false,
        rebuild: false,
    };
    assert!(
        trigger(&api.lake, &factory.settings, &request, &late, Occasion::Promised, Utc::now).await.is_none()
    );
    let told = api.get(&format!("/pipeline/runs/{late}")).await.json();
    assert_eq!((&told["status"], &told["attempts"]), (&"failed".into(), &0.into()));
    // A schedule does not put off a job that comes only seldom.
    let request = JobRequest {
        mode: Mode::Reconcile,
        trigger: "schedule".to_owned(),
        deadline: None,
        accept_deletes: false,
        rebuild: false,
    };
    let record =
        trigger(&api.lake, &factory.settings, &request, &new_job_id(), Occasion::Scheduled, Utc::now)
            .await
            .unwrap();
    assert_eq!((record.status.as_str(), record.mode.as_str()), ("ok", "reconcile"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_stops_in_the_middle_of_a_job_keeps_the_next_one_from_nothing() {
    let factory = factory().await.over(ErpAccess::SqlServer);
    let (stopped, next) = (Api::over(&factory).await, Api::over(&factory).await);
    factory.server().disruptions().delay_answers(Duration::from_mins(10));
    let job = stopped.jobs.on_schedule();
    let stops = async {
        while stopped.lake.newest_jobs(None, 1, Utc::now()).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        record = job => panic!("{record:?}"),
        () = stops => {}
    }
    stopped.jobs.abandon().await;
    factory.server().disruptions().delay_answers(Duration::ZERO);
    assert_eq!(next.jobs.on_schedule().await.unwrap().status, "ok");
    let statuses: Vec<Value> =
        next.list("/pipeline/runs").await.into_iter().map(|job| job["status"].clone()).collect();
    assert_eq!(statuses, ["ok", "failed"]);
}
