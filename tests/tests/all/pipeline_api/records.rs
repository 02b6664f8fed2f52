//! How jobs are listed and shown.

use api::Row;
use api::pipeline::{DIED, JobRecord, JobSummary};
use chrono::{DateTime, TimeDelta, Utc};
use lake::{Mode, new_job_id};
use serde_json::json;
use tests::factory::Factory;

use super::{Api, begin_elsewhere, factory, promise};

/// An id of a job, as it would have been made at a moment.
fn id_of(moment: DateTime<Utc>) -> String {
    let seconds = u64::try_from(moment.timestamp()).unwrap();
    uuid::Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, moment.timestamp_subsec_nanos()))
        .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn following_the_links_brings_every_job_once_the_newest_first() {
    let factory = factory().await;
    let api = Api::over(&factory).await;
    let mut ids = Vec::new();
    for hours in 0..25 {
        let began = Utc::now() - TimeDelta::hours(hours * hours);
        let id = id_of(began);
        let record = JobRecord {
            status: "ok".to_owned(),
            ..JobRecord::begun(&id, "incremental", "schedule", began.fixed_offset())
        };
        api.lake.end_job(&id, &record).await.unwrap();
        ids.push(json!(id));
    }
    for limit in [1, 7, 24, 25, 26] {
        let (mut seen, mut next) = (Vec::new(), Some(format!("/pipeline/runs?limit={limit}")));
        while let Some(address) = next {
            let page = api.get(&address).await;
            let rows = page.json().as_array().unwrap().clone();
            assert!(rows.len() <= limit && !rows.is_empty());
            seen.extend(rows.into_iter().map(|job| job["job_id"].clone()));
            next = page.header("link").map(|link| {
                format!("/pipeline/runs{}", link.strip_prefix('<').unwrap().split('>').next().unwrap())
            });
        }
        assert_eq!(seen, ids, "{limit}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_shown_as_running_only_while_it_is_sure_to_live() {
    let factory = factory().await;
    let api = Api::over(&factory).await;
    let shown = async |job_id: &str| {
        let record = api.get(&format!("/pipeline/runs/{job_id}")).await.json();
        let listed =
            api.list("/pipeline/runs").await.into_iter().find(|job| job["job_id"] == job_id).unwrap();
        for name in ["status", "error", "finished_at", "mode"] {
            assert_eq!(listed[name], record[name]);
        }
        (
            record["status"].as_str().unwrap().to_owned(),
            record["error"].clone(),
            record["finished_at"].clone(),
        )
    };
    // The jobs have begun, or were only promised.
    for has_begun in [true, false] {
        let (living, dead) = (new_job_id(), new_job_id());
        let (soon, just_now) = (Utc::now() + TimeDelta::minutes(1), Utc::now());
        for (job_id, expires_at) in [(&living, soon), (&dead, just_now)] {
            if has_begun {
                begin_elsewhere(&api.lake, job_id, expires_at).await;
            } else {
                promise(&api.lake, job_id, expires_at).await;
            }
        }
        assert_eq!(shown(&living).await, ("running".to_owned(), json!(null), json!(null)));
        let (status, error, finished_at) = shown(&dead).await;
        assert_eq!((status.as_str(), error), ("failed", json!(DIED)));
        assert_eq!(finished_at.as_str().unwrap().parse::<DateTime<Utc>>().unwrap(), just_now);
    }
    // Nothing says that this job lives.
    let lost = new_job_id();
    api.lake
        .end_job(&lost, &JobRecord::begun(&lost, "full", "api", Utc::now().fixed_offset()))
        .await
        .unwrap();
    assert_eq!(shown(&lost).await, ("failed".to_owned(), json!(DIED), json!(null)));
}

#[tokio::test(flavor = "multi_thread")]
async fn junk_beside_the_records_hides_no_run_and_keeps_none_from_starting() {
    let factory = factory().await;
    let api = Api::over(&factory).await;
    let good = factory.job_ok(Mode::Incremental).await.job_id;
    let (changed, foreign) = (new_job_id(), new_job_id());
    // What is no record, put as an object is; a record that was changed on the disk; and a file of somebody.
    api.lake.end_job(&foreign, &json!({"by": "somebody"})).await.unwrap();
    api.lake.end_job(&changed, &json!({})).await.unwrap();
    let lake = factory.folder.path().join("lake/factory=test");
    std::fs::write(lake.join(format!("runs/{changed}.json")), "{}}").unwrap();
    std::fs::write(lake.join("runs/notes"), "ours").unwrap();
    std::fs::write(lake.join("running/jobs.json"), "none").unwrap();

    let listed = api.list("/pipeline/runs").await;
    assert_eq!(listed.iter().map(|job| &job["job_id"]).collect::<Vec<_>>(), [&json!(good)]);
    for job_id in [&changed, &foreign] {
        api.get(&format!("/pipeline/runs/{job_id}")).await.assert_problem(404, "there is no run");
    }
    let started = api.start("/pipeline/run").await;
    assert_eq!(api.ended(&started).await["status"], "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_went_wrong_is_told_without_the_places_where_it_did() {
    let now = Utc::now().format("%Y-%m-%dT%H:%M:%S").to_string();
    let factory = Factory::without_erp(&now).await;
    let api = Api::over(&factory).await;
    let job_id = api.start("/pipeline/run").await;
    let record = api.ended(&job_id).await;
    let kept = api.lake.job::<JobRecord>(&job_id).await.unwrap().unwrap().record;
    let folder = factory.folder.path().display().to_string();
    assert!(kept.error.unwrap().contains(&folder), "who runs the system reads where to look");
    let (shown, listed) = (record["error"].as_str().unwrap(), api.get("/pipeline/runs").await.text);
    assert_eq!(record["status"], "failed");
    assert!(
        shown.contains('…') && !record.to_string().contains(&folder) && !listed.contains(&folder),
        "{record}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_csv_where_it_is_wanted_and_are_not_sent_twice() {
    let factory = factory().await;
    let api = Api::over(&factory).await;
    let header = JobSummary::FIELDS.iter().map(|field| field.name).collect::<Vec<_>>().join(",");
    assert_eq!(api.get("/pipeline/runs?format=csv").await.text, format!("{header}\r\n"));
    let record = factory.job_ok(Mode::Incremental).await;
    let csv = api.get("/pipeline/runs?format=csv").await;
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(
        csv.text.starts_with(&format!("{header}\r\n{},incremental,ok,test,", record.job_id)),
        "{}",
        csv.text
    );
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await; // what is known of the lake is trusted for a second
    for path in ["/pipeline/runs", &format!("/pipeline/runs/{}", record.job_id), "/pipeline/rejected"] {
        let first = api.get(path).await;
        assert_eq!((first.status, first.header("cache-control")), (200, Some("no-cache")));
        assert!(first.header("x-data-as-of").is_some(), "{path}");
        let again = api
            .request(reqwest::Method::GET, path)
            .header("if-none-match", first.header("etag").unwrap())
            .send()
            .await
            .unwrap();
        assert_eq!(again.status(), 304, "{path}");
    }
}
