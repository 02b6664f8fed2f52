//! What functions answer when the lake is empty, unreachable or half gone, and how rarely they ask it.

use futures::future::join_all;
use polars::prelude::*;
use serde_json::json;
use warehouse::marts::{PRODUCTS, RUNS};

use super::factory::{Factory, assert_problem, get};

fn product(code: &str) -> DataFrame {
    df!["plu_number" => [1_i64], "product_code" => [code], "active" => [true]].unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_job_all_but_health_say_when_to_come_back() {
    let app = Factory::new().app();
    for path in [
        "/products",
        "/yield/daily",
        "/yield/by-line",
        "/yield/waterfall",
        "/runs/active",
        "/runs/1",
        "/weights/1",
        "/compliance/checks",
        "/temperature/breaches",
        "/trace/B1",
    ] {
        let reply = get(&app, path).await;
        assert_problem(&reply, 503, "there are no data yet");
        assert_eq!(reply.header("retry-after"), Some("5"), "{path}");
    }
    assert_eq!(get(&app, "/health").await.status, 200);
    assert_eq!(get(&app, "/products?tier=9").await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_that_cannot_be_reached_is_a_problem_that_tells_nothing_of_it_and_passes() {
    let factory = Factory::with(vec![(&PRODUCTS, "all", product("A"))]).await;
    let app = factory.app();
    factory.store.fail(true);
    for path in ["/products", "/health"] {
        let reply = get(&app, path).await;
        assert_problem(&reply, 503, "the data cannot be reached at the moment");
        assert_eq!(reply.header("retry-after"), Some("5"));
        for secret in ["AKIA", "manifest", "factory=", "storage", "get `"] {
            assert!(!reply.text.contains(secret), "{}", reply.text);
        }
    }
    factory.store.fail(false);
    assert_eq!(get(&app, "/products").await.each("product_code"), ["A"]);
    factory.store.fail(true);
    assert_eq!(
        get(&app, "/products").await.status,
        200,
        "what was read less than a second ago is still trusted"
    );
    factory.wait(1000);
    assert_eq!(get(&app, "/products").await.status, 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_at_once_share_one_look_at_the_lake_and_later_ones_need_none() {
    let factory = Factory::with(vec![(&PRODUCTS, "all", product("A"))]).await;
    let app = factory.app();
    let many = async || {
        join_all((0..20).map(|_| get(&app, "/products"))).await.iter().all(|reply| reply.status == 200)
    };
    assert!(many().await);
    assert_eq!(factory.store.reads(), (1, 1));
    factory.wait(999);
    assert!(many().await);
    assert_eq!(factory.store.reads(), (0, 0));
    factory.wait(1);
    assert!(many().await);
    assert_eq!(factory.store.reads(), (1, 0), "the manifest is looked at once a second, a part never again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_was_collected_is_found_under_a_newer_manifest() {
    let mut factory = Factory::with(vec![(&PRODUCTS, "all", product("A"))]).await;
    let app = factory.app();
    assert_eq!(get(&app, "/health").await.status, 200);
    let old = factory.manifest.marts["products"]["all"].key.clone();
    factory.put(&PRODUCTS, "all", product("B")).await;
    factory.publish().await;
    lake::Store::delete(&factory.store, &format!("factory=main/{old}")).await.unwrap();
    assert_eq!(get(&app, "/products").await.each("product_code"), ["B"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_is_really_gone_is_not_shown_until_it_is_made_again_and_harms_no_other_mart() {
    let factory = Factory::with(vec![(&PRODUCTS, "all", product("A"))]).await;
    let app = factory.app();
    let key = factory.manifest.marts["products"]["all"].key.clone();
    lake::Store::delete(&factory.store, &format!("factory=main/{key}")).await.unwrap();
    let failed = get(&app, "/products").await;
    assert_problem(&failed, 503, "these numbers are damaged: the next run makes them again");
    assert!(!failed.text.contains("parquet"));
    assert_eq!(failed.header("retry-after"), Some("5"));
    assert_eq!(get(&app, "/temperature/breaches").await.json(), json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_that_was_emptied_and_filled_again_is_followed() {
    let factory = Factory::with(vec![(&PRODUCTS, "all", product("A"))]).await;
    let app = factory.app();
    assert_eq!(get(&app, "/products").await.status, 200);
    let manifest = "factory=main/manifest.json";
    let kept = lake::Store::get(&factory.store, manifest).await.unwrap().unwrap();
    lake::Store::delete(&factory.store, manifest).await.unwrap();
    factory.wait(1000);
    assert_problem(&get(&app, "/products").await, 503, "there are no data yet");
    lake::Store::put(&factory.store, manifest, kept.bytes, &kept.metadata, lake::PutMode::Create)
        .await
        .unwrap();
    assert_eq!(get(&app, "/products").await.each("product_code"), ["A"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mart_of_another_make_is_not_there_yet_and_not_an_answer_with_less_in_it() {
    let mut factory = Factory::new();
    let mut frame = df!["plu_number" => [1_i64], "product_code" => ["A"], "active" => [true]].unwrap();
    let part = factory
        .lake
        .put_mart_part("products", "all", 1, &mut frame, std::collections::BTreeMap::new())
        .await
        .unwrap();
    factory.manifest.marts.entry("products".to_owned()).or_default().insert("all".to_owned(), part);
    factory.publish().await;
    let app = factory.app();
    for path in ["/products", "/temperature/breaches"] {
        let refused = get(&app, path).await;
        assert_problem(&refused, 503, "these numbers are being computed");
        assert_eq!(refused.header("retry-after"), Some("5"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_months_that_were_asked_for_are_read() {
    let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap();
    let run = |date| {
        df!["run_number" => ["1"], "production_date" => [day(date)], "active" => [true], "complete" => [true], "packs" => [0_i64]].unwrap()
    };
    let factory = Factory::with(vec![
        (&RUNS, "2026-09", run("2026-09-30")),
        (&RUNS, "2026-10", run("2026-10-31")),
        (&RUNS, "2026-11", run("2026-11-01")),
    ])
    .await;
    let app = factory.app();
    assert_eq!(get(&app, "/yield/daily?from=2026-10-31&to=2026-11-30").await.each("runs"), [1, 1]);
    assert_eq!(factory.store.reads().1, 2);
    assert_eq!(get(&app, "/yield/by-line?to=2026-11-30").await.each("runs"), [3]);
    assert_eq!(factory.store.reads().1, 1);
    assert_eq!(get(&app, "/temperature/breaches").await.json(), json!([]));
}
