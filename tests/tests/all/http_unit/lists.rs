//! The lists of findings, readings and products: filters, order, pages and CSV.

use api::{Row, compliance, products, runs, temperature, yields};
use chrono::{NaiveDate, NaiveDateTime};
use polars::prelude::*;
use serde_json::{Value, json};
use warehouse::marts::{FCT_COMPLIANCE_CHECKS, FCT_TEMP_BREACHES, PRODUCTS, TEMPERATURE_BREACHES};

use super::factory::{Factory, ask, assert_problem, get};

fn dates(texts: &[&str]) -> Vec<NaiveDate> {
    texts.iter().map(|text| text[..10].parse().unwrap()).collect()
}

fn times(texts: &[&str]) -> Vec<NaiveDateTime> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

async fn with_checks() -> Factory {
    let at = ["2026-11-20T06:00:00", "2026-11-21T06:00:00", "2026-10-25T06:00:00", "2026-10-24T06:00:00"];
    let of_runs = df![
        "check" => ["low_yield", "missing_product_code", "low_yield", "low_yield"],
        "severity" => ["WARNING", "MAJOR", "WARNING", "WARNING"],
        "run_number" => ["7", "7", "8", "9"],
        "production_date" => dates(&at),
        "measured" => [Some(89.96), None, Some(50.0), Some(50.0)],
        "limit" => [Some(90.0), None, Some(90.0), Some(90.0)],
        "detail" => ["a", "b", "c", "d"],
        "detected_at" => times(&at),
        "detected_on" => dates(&at),
    ];
    let read = ["2026-11-23T05:00:00", "2026-11-23T05:00:00"];
    let of_readings = df![
        "check" => ["temperature_breach"; 2],
        "severity" => ["CRITICAL"; 2],
        "location" => ["Chill 1", "Chill 1"],
        "measured" => [6.1, 6.1],
        "limit" => [5.0, 5.0],
        "detail" => ["same", "same"],
        "detected_at" => times(&read),
        "detected_on" => dates(&read),
        "reading_id" => [2_i64, 1],
    ];
    let (of_runs, october) = (of_runs.clone().unwrap().head(Some(2)), of_runs.unwrap().tail(Some(2)));
    let mart = &FCT_COMPLIANCE_CHECKS;
    Factory::with(vec![
        (mart, "run-2026-11", of_runs),
        (mart, "run-2026-10", october),
        (mart, "reading-2026-11", of_readings.unwrap()),
    ])
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_come_newest_first_within_the_days_and_filters() {
    let app = with_checks().await.app();
    let check = async |query: &str, details: &[&str]| {
        assert_eq!(
            get(&app, &format!("/compliance/checks?{query}")).await.each("detail"),
            details,
            "{query}"
        );
    };
    check("", &["same", "same", "b", "a", "c"]).await;
    check("days=365", &["same", "same", "b", "a", "c", "d"]).await;
    check("days=1", &["same", "same"]).await;
    check("severity=MAJOR", &["b"]).await;
    check("check=low_yield", &["a", "c"]).await;
    check("run=7&check=low_yield", &["a"]).await;
    check("run=70", &[]).await;
    assert_eq!(get(&app, "/compliance/checks?check=low_yield").await.each("measured"), [89.96, 50.0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_does_not_exist_is_refused_with_those_that_do() {
    let app = with_checks().await.app();
    let refused = get(&app, "/compliance/checks?check=lo_yield").await;
    assert_problem(&refused, 422, "parameter `check`: `lo_yield` is none of gg_in_premium tails_in_premium");
    assert_problem(
        &get(&app, "/compliance/checks?severity=major").await,
        422,
        "is none of CRITICAL MAJOR WARNING INFO",
    );
}

async fn with_breaches() -> Factory {
    let at = [
        "2026-11-22T09:59:59",
        "2026-11-22T10:00:00",
        "2026-11-23T09:00:00",
        "2026-11-23T09:00:00",
        "2026-11-23T10:00:01",
    ];
    let frame = df![
        "log_id" => [1_i64, 2, 4, 3, 5],
        "reading_date" => dates(&at),
        "location" => [Some("Chill 1"), None, Some("Chill, \"2\""), Some("Chill, \"2\""), Some("Chill 1")],
        "reading_time" => times(&at),
        "temp_celsius" => [6.123, 6.1, 5.3, 5.3, 9.0],
        "target_max" => [5.0; 5],
        "degrees_over" => [1.123, 6.1 - 5.0, 5.3 - 5.0, 5.3 - 5.0, 4.0],
    ];
    Factory::with(vec![(&TEMPERATURE_BREACHES, "2026-11", frame.unwrap())]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn breaches_are_those_of_the_last_hours_on_the_factory_s_clock() {
    let factory = with_breaches().await;
    let app = factory.app();
    let breaches = get(&app, "/temperature/breaches").await;
    assert_eq!(
        breaches.each("reading_time"),
        ["2026-11-23T09:00:00", "2026-11-23T09:00:00", "2026-11-22T10:00:00"]
    );
    assert_eq!(
        (breaches.each("degrees_over"), breaches.each("temp_celsius")),
        (vec![json!(0.3), json!(0.3), json!(1.1)], vec![json!(5.3), json!(5.3), json!(6.1)])
    );
    assert_eq!(get(&app, "/temperature/breaches?hours=1").await.each("location").len(), 2);
    assert_eq!(get(&app, "/temperature/breaches?hours=720").await.each("location").len(), 4);
    assert_problem(
        &get(&app, "/temperature/breaches?hours=721").await,
        422,
        "parameter `hours`: `721` is not a whole number from 1 to 720",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn following_the_links_brings_every_row_once_though_rows_are_alike() {
    let factory = with_breaches().await;
    for (list, field) in [
        ("/temperature/breaches?hours=720", "reading_time"),
        ("/api/temperature/breaches?hours=720", "reading_time"),
    ] {
        let whole = get(&factory.app(), list).await.each(field);
        for limit in 1..=5 {
            let (mut address, mut rows) = (Some(format!("{list}&limit={limit}")), Vec::new());
            while let Some(page) = address {
                assert!(page.contains("hours=720"));
                let reply = get(&factory.app(), &page).await;
                rows.extend(reply.each(field));
                address = reply.next(&page);
            }
            assert_eq!(rows, whole, "{limit}");
        }
    }
    assert_problem(
        &get(&factory.app(), "/temperature/breaches?after=x").await,
        422,
        "parameter `after`: `x` is not where a page of this list ended",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_holds_the_same_rows_as_json() {
    let app = with_breaches().await.app();
    let csv = get(&app, "/temperature/breaches?hours=2&format=csv").await;
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    let row = "\"Chill, \"\"2\"\"\",2026-11-23T09:00:00,5.3,,5.0,0.3,\r\n";
    assert_eq!(
        csv.text,
        format!(
            "location,reading_time,temp_celsius,target_min,target_max,degrees_over,recorded_by\r\n{row}{row}"
        )
    );

    let by_header = async |address: &str, accept: &str| {
        let reply = ask(&app, axum::http::Method::GET, address, &[("accept", accept)]).await;
        reply.header("content-type").unwrap().split(';').next().unwrap().to_owned()
    };
    assert_eq!(by_header("/temperature/breaches", "text/csv").await, "text/csv");
    assert_eq!(by_header("/temperature/breaches?format=json", "text/csv").await, "application/json");
    assert_eq!(by_header("/temperature/breaches?format=csv", "application/json").await, "text/csv");
    assert_eq!(by_header("/temperature/breaches", "text/html, */*;q=0.8").await, "application/json");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_whose_mart_has_no_rows_is_empty_and_its_csv_still_has_a_header() {
    let app = Factory::with(vec![(
        &FCT_TEMP_BREACHES,
        "2026-11",
        DataFrame::empty_with_schema(&FCT_TEMP_BREACHES.schema()),
    )])
    .await
    .app();
    let check = async |path: &str, fields: &[api::Field]| {
        let reply = get(&app, path).await;
        assert_eq!((reply.status.as_u16(), reply.json()), (200, Value::Array(Vec::new())), "{path}");
        let names: Vec<_> = fields.iter().map(|field| field.name).collect();
        assert_eq!(
            get(&app, &format!("{path}?format=csv")).await.text,
            format!("{}\r\n", names.join(",")),
            "{path}"
        );
    };
    check(yields::DAILY.path(), yields::DailyYield::FIELDS).await;
    check(yields::BY_LINE.path(), yields::LineYield::FIELDS).await;
    check(yields::WATERFALL.path(), yields::WaterfallRun::FIELDS).await;
    check(runs::ACTIVE.path(), runs::ActiveRun::FIELDS).await;
    check(compliance::CHECKS.path(), compliance::CheckFinding::FIELDS).await;
    check(temperature::BREACHES.path(), temperature::Breach::FIELDS).await;
    check(products::PRODUCTS.path(), products::Product::FIELDS).await;
    assert_problem(&get(&app, "/runs/1").await, 404, "there is no run `1`");
}

#[tokio::test(flavor = "multi_thread")]
async fn products_come_by_code_and_those_without_one_last() {
    let frame = df![
        "plu_number" => [Some(4_i64), Some(3), None, Some(1)],
        "product_code" => [None, Some("B"), Some("A"), Some("C")],
        "species" => [Some("cod"), Some("Cod"), None, Some("salmon")],
        "tier" => [None, Some(2_i64), Some(1), Some(1)],
        "pack_size_g" => [Some(250.0), None, None, None],
        "active" => [true, false, true, true],
    ];
    let app = Factory::with(vec![(&PRODUCTS, "all", frame.unwrap())]).await.app();
    let check = async |query: &str, codes: &[Option<&str>]| {
        let listed = get(&app, &format!("/products?{query}")).await.each("product_code");
        assert_eq!(json!(listed), json!(codes), "{query}");
    };
    check("", &[Some("A"), Some("B"), Some("C"), None]).await;
    check("species=COD", &[Some("B"), None]).await;
    check("tier=1", &[Some("A"), Some("C")]).await;
    check("active=false", &[Some("B")]).await;
    check("active=true&tier=1&species=salmon", &[Some("C")]).await;
    for refused in ["tier=4", "tier=0", "active=yes"] {
        assert_eq!(get(&app, &format!("/products?{refused}")).await.status, 422, "{refused}");
    }
}
