//! The rejected rows that are open.

use lake::{Mode, Put, Slot};
use serde_json::{Value, json};
use tests::factory::{Factory, moment};

use super::Api;

/// Near midnight in summer, when the factory's day is not UTC's.
const NIGHT: &str = "2026-07-01T23:30:00";

async fn with_rejected() -> Factory {
    let factory = Factory::empty(NIGHT).await;
    let stamp = ("updated_at", "'2026-07-01 12:00:00'");
    factory.insert(
        "run_inputs",
        &[("input_id", "7"), ("run_number", "' 0007 '"), ("qty_kg", "'1.50 kg'"), stamp],
    );
    factory.insert("run_inputs", &[("input_id", "8"), ("qty_kg", "2"), stamp]);
    factory.insert("prod_lines", &[("line_id", "'L1'"), ("max_capacity_kg", "'lots'"), stamp]);
    factory.insert("shifts", &[("shift_id", "'x'"), stamp]);
    factory
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_row_is_listed_as_it_was_until_the_erp_mends_it() {
    let factory = with_rejected().await;
    let api = Api::over(&factory).await;
    api.set_now("2026-07-02T10:00:00Z");
    let record = factory.job_ok(Mode::Incremental).await;
    let rows = api.list("/pipeline/rejected").await;
    let by_table: Vec<_> =
        rows.iter().map(|row| (row["table"].as_str().unwrap(), row["key"].as_str())).collect();
    assert_eq!(by_table, [("prod_lines", Some("L1")), ("run_inputs", Some("7")), ("shifts", None)]);
    for row in &rows {
        assert_eq!(
            (&row["job_id"], &row["rejected_at"]),
            (&json!(record.job_id), &json!("2026-07-02T00:30:00+01:00"))
        );
        assert!(!row["reason"].as_str().unwrap().is_empty());
    }
    let original: Value = serde_json::from_str(rows[1]["row"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&original["run_number"], &original["qty_kg"], &original["input_id"]),
        (&json!(" 0007 "), &json!("1.50 kg"), &json!(7))
    );
    assert_eq!(original["batch_code"], Value::Null);

    // A row that is read again stays the find of the job that found it first. A mended row is gone.
    factory.now.set(moment("2026-07-01T23:40:00"));
    factory.execute("UPDATE prod_lines SET max_capacity_kg = 900, updated_at = '2026-07-02 00:35:00'");
    factory.job_ok(Mode::Full).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await; // what is known of the lake is trusted for a second
    let rows = api.list("/pipeline/rejected").await;
    assert_eq!(rows.iter().map(|row| &row["table"]).collect::<Vec<_>>(), ["run_inputs", "shifts"]);
    assert!(rows.iter().all(|row| row["job_id"] == record.job_id.as_str()), "{rows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_rows_are_those_found_in_the_days_of_the_factory() {
    let factory = with_rejected().await;
    let api = Api::over(&factory).await;
    factory.job_ok(Mode::Incremental).await;
    let found = async |now: &str, query: &str| {
        api.set_now(now);
        api.list(&format!("/pipeline/rejected{query}")).await.len()
    };
    // The rows were rejected at 00:30 of 2 July on the factory's clock.
    assert_eq!(found("2026-07-02T22:59:00Z", "?days=1").await, 3);
    assert_eq!(found("2026-07-02T23:01:00Z", "?days=1").await, 0);
    assert_eq!(found("2026-07-02T23:01:00Z", "?days=2").await, 3);
    assert_eq!(found("2026-07-08T22:59:00Z", "").await, 3);
    assert_eq!(found("2026-07-08T23:01:00Z", "").await, 0);
    api.get("/pipeline/rejected?days=0").await.assert_problem(422, "parameter `days`");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_finds_come_first_and_following_the_links_brings_each_once() {
    let factory = with_rejected().await;
    let api = Api::over(&factory).await;
    api.set_now("2026-07-02T10:00:00Z");
    factory.job_ok(Mode::Incremental).await;
    factory.now.set(moment("2026-07-02T09:00:00"));
    for id in 20..29 {
        factory.insert(
            "run_inputs",
            &[("input_id", &id.to_string()), ("qty_kg", "'x'"), ("updated_at", "'2026-07-02 09:30:00'")],
        );
    }
    factory.job_ok(Mode::Incremental).await;
    let whole = api.list("/pipeline/rejected").await;
    let times: Vec<&str> = whole.iter().map(|row| row["rejected_at"].as_str().unwrap()).collect();
    assert_eq!(
        (times.len(), times[8], times[9]),
        (12, "2026-07-02T10:00:00+01:00", "2026-07-02T00:30:00+01:00")
    );
    for limit in [1, 5, 12] {
        let (mut seen, mut next) = (Vec::new(), Some(format!("/pipeline/rejected?days=7&limit={limit}")));
        while let Some(address) = next {
            let page = api.get(&address).await;
            seen.extend(page.json().as_array().unwrap().clone());
            next = page.header("link").map(|link| {
                format!("/pipeline/rejected{}", link.strip_prefix('<').unwrap().split('>').next().unwrap())
            });
        }
        assert_eq!(seen, whole, "{limit}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_from_before_jobs_were_noted_in_it_is_read_too() {
    let factory = with_rejected().await;
    let api = Api::over(&factory).await;
    api.set_now("2026-12-02T10:00:00Z");
    factory.job_ok(Mode::Incremental).await;
    let held = api.lake.held("run_inputs", Slot::Rejected, None).await.unwrap().unwrap();
    let mut old = held.frame.select(["key", "reason", "row"]).unwrap();
    let put = api
        .lake
        .hold("run_inputs", Slot::Rejected, &mut old, None, held.applied, Some(held.etag))
        .await
        .unwrap();
    let Put::Stored(version) = put else { panic!("{put:?}") };
    let (mut manifest, before) = api.lake.manifest().await.unwrap().unwrap();
    let table = manifest.tables.get_mut("run_inputs").unwrap();
    table.versions.insert(Slot::Rejected.key("run_inputs"), version);
    api.lake.swap_manifest(&manifest, Some(before)).await.unwrap();
    let rows = api.list("/pipeline/rejected").await;
    assert_eq!(rows.len(), 1, "of the others it is known that they are older");
    assert_eq!(
        (&rows[0]["key"], &rows[0]["job_id"], &rows[0]["rejected_at"]),
        (&json!("7"), &Value::Null, &Value::Null)
    );
    assert_eq!(serde_json::from_str::<Value>(rows[0]["row"].as_str().unwrap()).unwrap()["qty_kg"], "1.50 kg");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_of_rejected_rows_while_the_manifest_is_missing() {
    let factory = with_rejected().await;
    factory.job_ok(Mode::Incremental).await;
    let lake = factory.folder.path().join(format!("lake/factory={}", factory.settings.factory_id));
    std::fs::remove_file(lake.join("manifest.json")).unwrap();
    let api = Api::over(&factory).await;
    let answer = api.get("/pipeline/rejected").await;
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert!(answer.text.contains("they are here after the next run"), "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_older_than_the_manifest_says_is_not_shown() {
    let factory = with_rejected().await;
    let api = Api::over(&factory).await;
    api.set_now("2026-07-02T10:00:00Z");
    factory.job_ok(Mode::Incremental).await;
    let held = api.lake.held("run_inputs", Slot::Rejected, None).await.unwrap().unwrap();
    let (mut older, applied) = (held.frame.head(Some(0)), held.applied);
    let put = api.lake.hold("run_inputs", Slot::Rejected, &mut older, None, applied, Some(held.etag)).await;
    assert!(matches!(put, Ok(Put::Stored(_))));
    let answer = api.get("/pipeline/rejected").await;
    assert_eq!(answer.status, 503);
    assert!(answer.text.contains("these numbers are damaged"), "{}", answer.text);
    // What a job has just made, and is about to name in the manifest, is newer.
    let held = api.lake.held("run_inputs", Slot::Rejected, None).await.unwrap().unwrap();
    let put =
        api.lake.hold("run_inputs", Slot::Rejected, &mut older, None, applied + 1, Some(held.etag)).await;
    assert!(matches!(put, Ok(Put::Stored(_))));
    let rows = api.list("/pipeline/rejected").await;
    assert_eq!(rows.iter().map(|row| &row["table"]).collect::<Vec<_>>(), ["prod_lines", "shifts"]);
}
