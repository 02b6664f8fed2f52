//! What `/weights/{run_number}` answers.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use polars::prelude::*;
use serde_json::{Value, json};
use warehouse::marts::{RUN_WEIGHT_BINS, RUN_WEIGHT_POINTS, RUN_WEIGHTS, RUNS};

use super::factory::{AS_OF, Factory, assert_problem, get};

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

const NUMBER: &str = "00/7 %";
const ADDRESS: &str = "/weights/00%2F7%20%25";

/// A run that fails, a run of the same number a month before that has no packs, and another run whose rows
/// must stay out.
async fn with_weights() -> Factory {
    let (number, day) = ([NUMBER, "8"], [date("2026-11-23"); 2]);
    let runs = |numbers: &[&str], days: &[NaiveDate]| {
        let (flags, zeros) = (vec![true; days.len()], vec![0_i64; days.len()]);
        df![
            "run_number" => numbers, "production_date" => days, "product_code" => vec!["A"; days.len()], "active" => &flags, "complete" => &flags,
            "packs" => zeros, "has_sheet" => &flags, "has_totals" => &flags,
        ]
        .unwrap()
    };
    let lots = df![
        "run_number" => number,
        "production_date" => day,
        "packs" => [40_i64, 1],
        "packs_excluded" => [2_i64, 0],
        "nominal_g" => [Some(200.0), None],
        "mean_g" => [199.955, 3.5],
        "std_dev_g" => [Some(1.234_56), None],
        "below_t1" => [Some(2_i64), None],
        "below_t2" => [Some(1_i64), None],
        "verdict" => [Some("fail"), None],
    ];
    let bins = df![
        "run_number" => [NUMBER, "8", NUMBER],
        "production_date" => [day[0]; 3],
        "from_g" => [200.0, 3.5, 180.0],
        "to_g" => [220.0, 3.6, 200.0],
        "packs" => [38_i64, 1, 2],
    ];
    // Seven subgroups are steady and one is far out. The average is 200 + 10 / 8 = 201.25, with limits of
    // 0.577 * 2 around it.
    let at: NaiveDateTime = "2026-11-23T06:00:00".parse().unwrap();
    let points = df![
        "run_number" => [NUMBER; 8],
        "production_date" => [day[0]; 8],
        "subgroup" => [8_i64, 1, 2, 3, 4, 5, 6, 7],
        "weighed_at" => (0..8).map(|minute| at + TimeDelta::minutes(minute)).collect::<Vec<_>>(),
        "mean_g" => [210.0, 200.0, 200.0, 200.0, 200.0, 200.0, 200.0, 200.0],
        "range_g" => [2.0; 8],
    ];
    Factory::with(vec![
        (&RUNS, "2026-11", runs(&number, &day)),
        (&RUNS, "2026-10", runs(&[NUMBER], &[date("2026-10-01")])),
        (&RUN_WEIGHTS, "2026-11", lots.unwrap()),
        (&RUN_WEIGHT_BINS, "2026-11", bins.unwrap()),
        (&RUN_WEIGHT_POINTS, "2026-11", points.unwrap()),
    ])
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_weights_of_a_run_are_its_verdict_its_histogram_and_its_chart() {
    let app = with_weights().await.app();
    let reply = get(&app, ADDRESS).await;
    assert_eq!((reply.status.as_u16(), reply.header("x-data-as-of")), (200, Some(AS_OF)), "{}", reply.text);
    let mut weights = reply.json();
    let chart = weights["xbar_r"].take();
    assert_eq!(
        weights,
        json!({
            "run_number": "00/7 %", "production_date": "2026-11-23", "product_code": "A", "product": null, "packs": 40, "packs_excluded": 2, "nominal_g": 200.0,
            "t1_g": 191.0, "t2_g": 182.0, "mean_g": 199.96, "std_dev_g": 1.23, "below_t1": 2, "below_t1_pct": 5.0, "below_t2": 1,
            "giveaway_pct": 0.0, "giveaway_kg": 0.0, "verdict": "fail", "failures": ["mean_below_nominal", "too_many_below_t1", "any_below_t2"],
            "histogram": [{"from_g": 180.0, "to_g": 200.0, "packs": 2}, {"from_g": 200.0, "to_g": 220.0, "packs": 38}], "xbar_r": null, "forecast": null
        })
    );
    let limits = json!([
        chart["subgroup_size"],
        chart["grand_mean_g"],
        chart["mean_lower_g"],
        chart["mean_upper_g"],
        chart["mean_range_g"],
        chart["range_upper_g"]
    ]);
    assert_eq!(limits, json!([5, 201.25, 200.1, 202.4, 2.0, 4.23]));
    let points = chart["points"].as_array().unwrap();
    assert_eq!(
        points.iter().map(|point| point["subgroup"].as_i64().unwrap()).collect::<Vec<_>>(),
        (1..=8).collect::<Vec<_>>()
    );
    let last = json!({"subgroup": 8, "weighed_at": "2026-11-23T06:00:00", "mean_g": 210.0, "range_g": 2.0, "signals": ["beyond_3_sigma"]});
    assert_eq!(points[7], last);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_the_rules_do_not_judge_has_weights_and_no_verdict() {
    let app = with_weights().await.app();
    let weights = get(&app, "/weights/8").await.json();
    let of = |fields: &[&str]| fields.iter().map(|field| weights[field].clone()).collect::<Vec<Value>>();
    assert_eq!(of(&["packs", "mean_g"]), [json!(1), json!(3.5)]);
    assert_eq!(
        of(&["nominal_g", "t1_g", "below_t1_pct", "giveaway_pct", "giveaway_kg", "verdict", "xbar_r"]),
        vec![json!(null); 7]
    );
    assert_eq!(
        of(&["failures", "histogram"]),
        [json!([]), json!([{"from_g": 3.5, "to_g": 3.6, "packs": 1}])]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_packs_nobody_weighed_is_there_and_a_run_that_is_not_is_unknown() {
    let app = with_weights().await.app();
    let october = get(&app, &format!("{ADDRESS}?date=2026-10-01")).await.json();
    assert_eq!(
        (
            &october["production_date"],
            &october["packs"],
            &october["mean_g"],
            &october["verdict"],
            &october["histogram"],
            &october["xbar_r"]
        ),
        (&json!("2026-10-01"), &json!(0), &json!(null), &json!(null), &json!([]), &json!(null))
    );
    assert_problem(
        &get(&app, &format!("{ADDRESS}?date=2026-10-02")).await,
        404,
        "there is no run `00/7 %` of 2026-10-02",
    );
    for (code, shown) in [("77", "`77`"), ("%F0%9F%90%9F", "`🐟`"), ("..%2F..%2Fmanifest.json", "manifest")]
    {
        assert_problem(&get(&app, &format!("/weights/{code}")).await, 404, shown);
    }
    assert_problem(&get(&app, "/weights/%FF").await, 400, "cannot be read");
    assert_problem(&get(&app, "/weights/8?date=yesterday").await, 422, "`date`");
    assert_problem(&get(&app, "/weights/8?days=7").await, 422, "`days`");
    assert_eq!(get(&app, "/weights").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_without_the_chart_marts_still_tells_the_verdict() {
    let day = [date("2026-11-23")];
    let run = df!["run_number" => ["1"], "production_date" => day, "active" => [true], "complete" => [true], "packs" => [2_i64], "has_sheet" => [false], "has_totals" => [false]];
    let lot = df!["run_number" => ["1"], "production_date" => day, "packs" => [2_i64], "verdict" => ["pass"]];
    let app = Factory::with(vec![(&RUNS, "2026-11", run.unwrap()), (&RUN_WEIGHTS, "2026-11", lot.unwrap())])
        .await
        .app();
    let weights = get(&app, "/weights/1").await.json();
    assert_eq!(
        (&weights["verdict"], &weights["histogram"], &weights["xbar_r"]),
        (&json!("pass"), &json!([]), &json!(null))
    );
}
