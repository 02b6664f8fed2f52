//! What is left of runs that are getting old, on the factory's own day.

use api::{Row, shelf_life};
use chrono::{Days, NaiveDate};
use polars::prelude::*;
use serde_json::{Value, json};
use warehouse::marts::{FCT_SHELF_LIFE, PRODUCTS};

use super::factory::{Factory, assert_problem, get};

const LIST: &str = "/shelf-life/expiring";

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A factory with these runs in the parts of their months. Each has a number, a pack date and what is left of
/// it in kg.
async fn with_runs(runs: &[(&str, &str, Option<f64>)]) -> Factory {
    let mut months: Vec<&str> = runs.iter().map(|run| &run.1[..7]).collect();
    months.sort_unstable();
    months.dedup();
    let mut parts = Vec::new();
    for month in months {
        let runs: Vec<_> = runs.iter().filter(|run| run.1.starts_with(month)).collect();
        let frame = df![
            "run_number" => runs.iter().map(|run| run.0).collect::<Vec<_>>(),
            "production_date" => runs.iter().map(|run| date(run.1)).collect::<Vec<_>>(),
            "pack_date" => runs.iter().map(|run| date(run.1)).collect::<Vec<_>>(),
            "adjustment_days" => vec![0_i64; runs.len()],
            "despatches_without_weight" => vec![0_i64; runs.len()],
            "left_kg" => runs.iter().map(|run| run.2).collect::<Vec<_>>(),
        ];
        parts.push((&FCT_SHELF_LIFE, month, frame.unwrap()));
    }
    Factory::with(parts).await
}

/// Runs that were packed so many days before 23 November. A run's number is that number of days.
fn packed_days_ago(days: &[u64]) -> Vec<(String, String)> {
    days.iter().map(|ago| (ago.to_string(), (date("2026-11-23") - Days::new(*ago)).to_string())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_listed_from_day_nine_to_thirty_the_oldest_first() {
    let runs = packed_days_ago(&[0, 8, 9, 11, 12, 13, 30, 31]);
    let runs: Vec<_> =
        runs.iter().map(|(number, packed)| (number.as_str(), packed.as_str(), Some(5.0))).collect();
    let app = with_runs(&runs).await.app();
    let listed = get(&app, LIST).await;
    assert_eq!(listed.each("day_number"), [30, 13, 12, 11, 9]);
    assert_eq!(
        listed.each("status"),
        ["freeze_down", "freeze_down", "last_day", "approaching", "approaching"]
    );
    assert_eq!(
        listed.each("freeze_down_on"),
        ["2026-11-06", "2026-11-23", "2026-11-24", "2026-11-25", "2026-11-27"]
    );
    assert_eq!(listed.each("use_by"), ["2026-11-02", "2026-11-19", "2026-11-20", "2026-11-21", "2026-11-23"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_listed_with_what_is_left_of_it_and_only_while_that_is_something() {
    let packed = date("2026-11-12");
    let frame = df![
        "run_number" => ["6", "5", "4", "3", "2", "1"],
        "production_date" => [date("2026-11-11"); 6],
        "product_code" => [Some("A"), None, None, None, None, None],
        "description" => [Some("COD LOIN"), None, None, None, None, None],
        "pack_date" => [packed; 6],
        "adjustment_days" => [0_i64, 3, 0, 0, 0, 0],
        "despatches_without_weight" => [0_i64; 6],
        "actual_kg" => [Some(100.0), Some(100.0), Some(100.0), Some(100.0), Some(100.0), None],
        "despatched_kg" => [87.66, 50.0, 100.0, 100.5, 99.999_6, 0.0],
        "left_kg" => [Some(12.34), Some(50.0), Some(0.0), Some(-0.5), Some(0.000_4), None],
    ];
    let app = Factory::with(vec![(&FCT_SHELF_LIFE, "2026-11", frame.unwrap())]).await.app();
    let listed = get(&app, LIST).await;
    let first = json!({
        "run_number": "6", "production_date": "2026-11-11", "product_code": "A", "description": "COD LOIN", "pack_date": "2026-11-12",
        "day_number": 11, "use_by": "2026-11-21", "days_to_use_by": -2, "past_use_by": true, "freeze_down_on": "2026-11-25",
        "status": "approaching", "qty_kg": 12.3, "despatches_without_weight": 0, "outputs_without_weight": 0, "rejected_rows": 0
    });
    // Of two runs of one age, the one that may be used longer comes last.
    assert_eq!(
        (&listed.json()[0], listed.each("use_by")),
        (&first, vec![json!("2026-11-21"), json!("2026-11-24")])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_may_be_used_for_as_long_as_its_product_keeps() {
    let packed = date("2026-11-13");
    let frame = df![
        "run_number" => ["none", "zero", "5", "10", "30"],
        "production_date" => [packed; 5],
        "pack_date" => [packed; 5],
        "shelf_life_days" => [None, Some(0_i64), Some(5), Some(10), Some(30)],
        "adjustment_days" => [0_i64, 1, 1, 0, 0],
        "despatches_without_weight" => [0_i64; 5],
        "actual_kg" => [1.0; 5],
        "left_kg" => [1.0; 5],
    ];
    let app = Factory::with(vec![(&FCT_SHELF_LIFE, "2026-11", frame.unwrap())]).await.app();
    let listed = get(&app, LIST).await;
    let rows = listed.json();
    let shown: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|run| {
            let figures = ["use_by", "days_to_use_by", "past_use_by"].map(|name| run[name].to_string());
            format!("{} {}", run["run_number"].as_str().unwrap(), figures.join(" "))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "5 \"2026-11-19\" -4 true",
            "none \"2026-11-22\" -1 true",
            "10 \"2026-11-23\" 0 false",
            "zero \"2026-11-23\" 0 false",
            "30 \"2026-12-13\" 20 false",
        ]
    );
    // What has to be frozen goes by the day number alone.
    assert_eq!(listed.each("status"), ["approaching"; 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_which_an_unknown_weight_was_made_or_sent_is_listed_without_a_weight() {
    let packed = date("2026-11-13");
    let frame = df![
        "run_number" => ["1", "2", "3"],
        "production_date" => [packed; 3],
        "pack_date" => [packed; 3],
        "adjustment_days" => [0_i64; 3],
        "despatches_without_weight" => [2_i64, 1, 0],
        "actual_kg" => [Some(900.0), None, None],
        "despatched_kg" => [None, None, Some(0.0)],
        "has_outputs" => [true, false, true],
        "outputs_without_weight" => [0_i64, 0, 1],
    ];
    let app = Factory::with(vec![(&FCT_SHELF_LIFE, "2026-11", frame.unwrap())]).await.app();
    let listed = get(&app, LIST).await;
    assert_eq!(listed.each("run_number"), ["1", "3"], "nobody knows whether anything was made of the other");
    assert_eq!(listed.each("qty_kg"), [json!(null), json!(null)]);
    let unweighed = ["despatches_without_weight", "outputs_without_weight"].map(|name| listed.each(name));
    assert_eq!(unweighed, [vec![json!(2), json!(0)], vec![json!(0), json!(1)]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_begins_at_the_factory_s_midnight_also_when_the_clock_changes() {
    let factory = with_runs(&[
        ("spring", "2026-03-20", Some(1.0)),
        ("summer", "2026-06-23", Some(1.0)),
        ("autumn", "2026-10-16", Some(1.0)),
    ])
    .await;
    let app = factory.app();
    let check = async |now: &str, listed: &[(&str, i64)]| {
        factory.set_now(now);
        let reply = get(&app, LIST).await;
        let shown: Vec<_> = reply.each("run_number").into_iter().zip(reply.each("day_number")).collect();
        assert_eq!(
            shown,
            listed.iter().map(|(run, day)| (json!(run), json!(day))).collect::<Vec<_>>(),
            "{now}"
        );
    };
    // 29 March has 23 hours. It begins at midnight by UTC and ends an hour before midnight by UTC.
    check("2026-03-28T23:59:59Z", &[]).await;
    check("2026-03-29T00:00:00Z", &[("spring", 9)]).await;
    check("2026-03-29T22:59:59Z", &[("spring", 9)]).await;
    check("2026-03-29T23:00:00Z", &[("spring", 10)]).await;
    // In summer the day begins at 23:00 by UTC.
    check("2026-07-01T22:59:59Z", &[]).await;
    check("2026-07-01T23:00:00Z", &[("summer", 9)]).await;
    // 25 October has 25 hours.
    check("2026-10-24T22:59:59Z", &[]).await;
    check("2026-10-24T23:00:00Z", &[("autumn", 9)]).await;
    check("2026-10-25T01:30:00Z", &[("autumn", 9)]).await;
    check("2026-10-25T23:59:59Z", &[("autumn", 9)]).await;
    check("2026-10-26T00:00:00Z", &[("autumn", 10)]).await;
    // These are the last day on which the run is listed and the first on which it is not.
    check("2026-11-15T23:59:59Z", &[("autumn", 30)]).await;
    check("2026-11-16T00:00:00Z", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_the_list_hold_every_run_once_and_its_csv_has_a_header_when_empty() {
    let runs = packed_days_ago(&[9, 10, 10, 10, 20]);
    let numbers = ["1", "2", "3", "4", "5"];
    let runs: Vec<_> =
        runs.iter().zip(numbers).map(|((_, packed), number)| (number, packed.as_str(), Some(5.0))).collect();
    let app = with_runs(&runs).await.app();
    for limit in 1..=5 {
        let (mut address, mut seen) = (Some(format!("{LIST}?limit={limit}")), Vec::new());
        while let Some(page) = address {
            let reply = get(&app, &page).await;
            seen.extend(reply.each("run_number"));
            address = reply.next(&page);
        }
        assert_eq!(seen, ["5", "2", "3", "4", "1"], "{limit}");
    }
    assert_problem(
        &get(&app, "/shelf-life/expiring?days=7").await,
        422,
        "parameter `days`: `7` is not asked for here: limit, after, format",
    );

    let product = df!["plu_number" => [1_i64], "product_code" => ["A"], "active" => [true]].unwrap();
    let none = Factory::with(vec![(&PRODUCTS, "all", product)]).await.app();
    assert_eq!(get(&none, LIST).await.json(), Value::Array(Vec::new()));
    let names: Vec<_> = shelf_life::ExpiringRun::FIELDS.iter().map(|field| field.name).collect();
    assert_eq!(get(&none, "/shelf-life/expiring?format=csv").await.text, format!("{}\r\n", names.join(",")));
}
