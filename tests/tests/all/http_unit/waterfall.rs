//! What `/yield/waterfall` answers.

use api::Row;
use api::yields::WaterfallRun;
use chrono::NaiveDate;
use polars::prelude::*;
use serde_json::json;
use warehouse::marts::FCT_WATERFALL_YIELD;

use super::factory::{AS_OF, Factory, assert_problem, get};

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Runs of line L1 and of a line that nobody knows on the 23rd, a run 1 also on the 22nd, and an old run.
async fn with_waterfall() -> Factory {
    let frame = df![
        "run_number" => ["1", "00/7 %", "3", "1", "5"],
        "production_date" => ["2026-11-23", "2026-11-23", "2026-11-23", "2026-11-22", "2026-11-02"].map(date),
        "prod_line" => [Some("L1"), Some("L1"), None, Some("L2"), Some("L1")],
        "line_name" => [Some("Line 1"), Some("Line 1"), None, Some("Line 2"), Some("Line 1")],
        "shift_code" => [Some("AM"), Some("PM"), None, Some("AM"), Some("AM")],
        "species" => [Some("cod"), Some("salmon"), None, Some("cod"), Some("cod")],
        "input_kg" => [Some(300.0), None, Some(50.0), Some(90.0), Some(100.0)],
        "tier1_kg" => [Some(200.04), Some(10.0), None, Some(0.0), Some(50.0)],
        "tier1_pct" => [Some(66.68), None, None, Some(0.0), Some(50.0)],
        "tier2_kg" => [Some(50.06), Some(0.0), None, Some(0.0), Some(0.0)],
        "tier2_pct" => [Some(16.686_666), None, None, Some(0.0), Some(0.0)],
        "tier3_kg" => [Some(0.0), Some(0.0), None, Some(0.0), Some(0.0)],
        "tier3_pct" => [Some(0.0), None, None, Some(0.0), Some(0.0)],
        "total_kg" => [Some(267.46), Some(10.0), None, Some(91.0), Some(50.0)],
        "capture_rate_pct" => [Some(89.153_333), None, None, Some(101.111_11), Some(50.0)],
        "true_waste_kg" => [Some(32.54), None, None, Some(-1.0), Some(50.0)],
    ];
    Factory::with(vec![(&FCT_WATERFALL_YIELD, "2026-11", frame.unwrap())]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_waterfall_is_a_row_per_run_rounded_to_one_decimal_the_newest_first() {
    let app = with_waterfall().await.app();
    let runs = get(&app, "/yield/waterfall").await;
    let run = json!({
        "run_number": "1", "production_date": "2026-11-23", "prod_line": "L1", "line_name": "Line 1", "shift_code": "AM", "species": "cod",
        "product_code": null, "product": null, "input_kg": 300.0, "tier1_kg": 200.0, "tier1_pct": 66.7, "tier2_kg": 50.1, "tier2_pct": 16.7,
        "tier3_kg": 0.0, "tier3_pct": 0.0, "total_kg": 267.5, "capture_rate_pct": 89.2, "true_waste_kg": 32.5,
        "inputs_without_weight": 0, "outputs_without_weight": 0, "rejected_rows": 0
    });
    assert_eq!(runs.json()[1], run);
    assert_eq!(
        (runs.each("run_number"), runs.each("true_waste_kg")),
        (
            vec![json!("00/7 %"), json!("1"), json!("3"), json!("1")],
            vec![json!(null), json!(32.5), json!(null), json!(-1.0)]
        )
    );
    assert_eq!(runs.header("x-data-as-of"), Some(AS_OF));
}

#[test]
fn the_waterfall_answers_the_columns_of_its_mart() {
    let columns: Vec<_> = FCT_WATERFALL_YIELD.columns.iter().map(|column| column.name).collect();
    assert_eq!(WaterfallRun::FIELDS.iter().map(|field| field.name).collect::<Vec<_>>(), columns);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_waterfall_takes_the_filters_of_the_daily_yield() {
    let app = with_waterfall().await.app();
    let check = async |query: &str, runs: &[&str]| {
        assert_eq!(get(&app, &format!("/yield/waterfall?{query}")).await.each("run_number"), runs, "{query}");
    };
    check("days=1", &["00/7 %", "1", "3"]).await;
    check("days=22", &["00/7 %", "1", "3", "1", "5"]).await;
    check("from=2026-11-02&to=2026-11-22", &["1", "5"]).await;
    check("line=line+1", &["00/7 %", "1"]).await;
    check("line=l2", &["1"]).await;
    check("shift=pm", &["00/7 %"]).await;
    check("species=COD", &["1", "1"]).await;
    check("species=hake", &[]).await;
    for (query, parameter) in [
        ("days=0", "days"),
        ("days=7&to=2026-11-01", "days"),
        ("from=2026-11-24&to=2026-11-23", "from"),
        ("run=1", "run"),
    ] {
        assert_problem(
            &get(&app, &format!("/yield/waterfall?{query}")).await,
            422,
            &format!("`{parameter}`"),
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_the_waterfall_hold_every_run_once_though_a_number_recurs() {
    let app = with_waterfall().await.app();
    let whole = get(&app, "/yield/waterfall?days=30").await.json();
    for limit in 1..=5 {
        let (mut address, mut runs) = (Some(format!("/yield/waterfall?days=30&limit={limit}")), Vec::new());
        while let Some(page) = address {
            let reply = get(&app, &page).await;
            runs.extend(reply.json().as_array().unwrap().clone());
            address = reply.next(&page);
        }
        assert_eq!(json!(runs), whole, "{limit}");
    }
}
