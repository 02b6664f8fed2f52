//! What `/stops` and `/shift/hours` answer.

use api::Row;
use api::shift::ShiftHour;
use api::stops::LineStop;
use chrono::NaiveDate;
use polars::prelude::*;
use serde_json::{Value, json};
use warehouse::marts::{LINE_HOURS, LINE_STOPS, RECENT_SHIFTS, RUNS, SHIFT_LINES};

use super::factory::{AS_OF, Factory, assert_problem, date, get, time, with_settings};

/// Two shifts a day, and a target for one line.
const SETTINGS: &str = r#"
[[shifts]]
code = "AM"
start = "06:00"
end = "14:00"
breaks = [["08:00", "08:30"]]
[[shifts]]
code = "N"
start = "22:00"
end = "06:00"
[lines.l2]
shift_target_kg = 900
"#;

/// Of this Monday: a line that has packs until just now, one that stopped at 09:30 in a run that is on, and one
/// whose run ended at 08:45. It is 09:58:30. And the night before, in which the first line made something too.
async fn with_shifts() -> Factory {
    let lines = df![
        "shift_date" => ["2026-11-23", "2026-11-23", "2026-11-23", "2026-11-22"].map(date),
        "shift_code" => ["AM", "AM", "AM", "N"],
        "prod_line" => [Some("L1"), Some("L2"), None, Some("L1")],
        "line_name" => [Some("Line 1"), Some("Line 2"), None, Some("Line 1")],
        "starts_at" => ["2026-11-23T06:00:00", "2026-11-23T06:00:00", "2026-11-23T06:00:00", "2026-11-22T22:00:00"].map(time),
        "ends_at" => ["2026-11-23T14:00:00", "2026-11-23T14:00:00", "2026-11-23T14:00:00", "2026-11-23T06:00:00"].map(time),
        "working_minutes" => [450.0, 450.0, 450.0, 480.0],
        "made_kg" => [100.0, 90.0, 5.0, 300.0],
        "first_pack_at" => ["2026-11-23T06:01:00", "2026-11-23T06:00:00", "2026-11-23T06:00:00", "2026-11-22T22:00:00"].map(time),
        "last_pack_at" => ["2026-11-23T09:57:00", "2026-11-23T09:30:00", "2026-11-23T08:40:00", "2026-11-23T05:40:00"].map(time),
        "last_run_number" => ["1", "2", "3", "4"],
        "last_run_date" => ["2026-11-23", "2026-11-23", "2026-11-23", "2026-11-22"].map(date),
        "stop_after_minutes" => [3.0, 3.0, 3.0, 3.0],
    ];
    let runs = df![
        "run_number" => ["1", "2", "3", "4"],
        "production_date" => ["2026-11-23", "2026-11-23", "2026-11-23", "2026-11-22"].map(date),
        "prod_line" => [Some("L1"), Some("L2"), None, Some("L1")],
        "product_code" => ["A", "B", "C", "D"],
        "sheet_started_at" => ["2026-11-23T05:55:00", "2026-11-23T05:55:00", "2026-11-23T05:55:00", "2026-11-22T21:55:00"].map(time),
        "active" => [true, true, true, true],
        "complete" => [false, false, true, false],
        "finished_at" => [None, None, Some(time("2026-11-23T08:45:00")), None],
    ];
    let stops = df![
        "shift_date" => [date("2026-11-23"); 2],
        "shift_code" => ["AM"; 2],
        "prod_line" => ["L1"; 2],
        "line_name" => ["Line 1"; 2],
        "started_at" => ["2026-11-23T06:30:00", "2026-11-23T07:50:00"].map(time),
        "ended_at" => ["2026-11-23T06:36:00", "2026-11-23T08:40:00"].map(time),
        "minutes" => [6.0, 20.04],
        "kind" => ["within_run", "changeover"],
        "run_before" => [Some("0"), Some("0")],
        "run_after" => ["0", "1"],
        "product_code" => [Some("A"), Some("A")],
    ];
    let hours = df![
        "shift_date" => [date("2026-11-23"); 3],
        "shift_code" => ["AM"; 3],
        "prod_line" => ["L1", "L1", "L2"],
        "line_name" => ["Line 1", "Line 1", "Line 2"],
        "hour_start" => ["2026-11-23T06:00:00", "2026-11-23T09:00:00", "2026-11-23T09:00:00"].map(time),
        "packs" => [200_i64, 40, 60],
        "made_kg" => [60.0, 40.0, 12.0],
        "giveaway_kg" => [0.5, 0.25, 0.0],
        "stops" => [1_i64, 0, 0],
        "stopped_minutes" => [6.0, 0.0, 0.0],
        "longest_stop_minutes" => [6.0, 0.0, 0.0],
        "runs" => [1_i64, 2, 1],
    ];
    // Line 1 made 440 to 490 kg in six mornings; today's does not count.
    let days = [16, 17, 18, 19, 20, 21, 23].map(|day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap());
    let recent = df![
        "shift_date" => days.iter().flat_map(|day| [*day, *day]).collect::<Vec<_>>(),
        "shift_code" => vec!["AM"; 14],
        "prod_line" => vec!["L1"; 14],
        "elapsed_pct" => [50_i64, 100].repeat(7),
        "made_kg" => [440.0, 450.0, 460.0, 470.0, 480.0, 490.0, 1.0].iter().flat_map(|kg| [kg / 2.0, *kg]).collect::<Vec<_>>(),
    ];
    let mut factory = Factory::with(vec![
        (&SHIFT_LINES, "2026-11", lines.unwrap()),
        (&RUNS, "2026-11", runs.unwrap()),
        (&LINE_STOPS, "2026-11", stops.unwrap()),
        (&LINE_HOURS, "2026-11", hours.unwrap()),
        (&RECENT_SHIFTS, "all", recent.unwrap()),
    ])
    .await;
    with_settings(&mut factory, SETTINGS).await;
    factory
}

#[tokio::test(flavor = "multi_thread")]
async fn stops_that_ended_come_with_those_of_which_nobody_knows_the_end() {
    let app = with_shifts().await.app();
    let answer = get(&app, "/stops").await;
    assert_eq!(
        answer.json(),
        json!([
            {"prod_line": "L2", "line_name": "Line 2", "started_at": "2026-11-23T09:30:00", "ended_at": null, "minutes": 28.5, "kind": "open",
             "run_before": "2", "run_after": null, "product_code": "B", "shift_date": "2026-11-23", "shift_code": "AM"},
            // Its run was finished five minutes later. Since then the line is idle.
            {"prod_line": null, "line_name": null, "started_at": "2026-11-23T08:40:00", "ended_at": "2026-11-23T08:45:00", "minutes": 5.0, "kind": "open",
             "run_before": "3", "run_after": null, "product_code": "C", "shift_date": "2026-11-23", "shift_code": "AM"},
            {"prod_line": "L1", "line_name": "Line 1", "started_at": "2026-11-23T07:50:00", "ended_at": "2026-11-23T08:40:00", "minutes": 20.0, "kind": "changeover",
             "run_before": "0", "run_after": "1", "product_code": "A", "shift_date": "2026-11-23", "shift_code": "AM"},
            {"prod_line": "L1", "line_name": "Line 1", "started_at": "2026-11-23T06:30:00", "ended_at": "2026-11-23T06:36:00", "minutes": 6.0, "kind": "within_run",
             "run_before": "0", "run_after": "0", "product_code": "A", "shift_date": "2026-11-23", "shift_code": "AM"},
            // The night's shift is over, and it began yesterday. The stop is of today.
            {"prod_line": "L1", "line_name": "Line 1", "started_at": "2026-11-23T05:40:00", "ended_at": "2026-11-23T06:00:00", "minutes": 20.0, "kind": "open",
             "run_before": "4", "run_after": null, "product_code": "D", "shift_date": "2026-11-22", "shift_code": "N"},
        ])
    );
    assert_eq!(answer.header("x-data-as-of"), Some(AS_OF));
    assert_eq!(get(&app, "/stops?line=line%202").await.each("minutes"), [28.5]);
    assert_eq!(get(&app, "/stops?shift=n").await.each("minutes"), [20.0]);
    assert_eq!(get(&app, "/stops?to=2026-11-22").await.json(), json!([]));
    assert_problem(&get(&app, "/stops?days=0").await, 422, "`days`");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_is_held_against_its_share_of_what_the_factory_says_or_else_of_what_is_usual() {
    let app = with_shifts().await.app();
    let answer = get(&app, "/shift/hours?line=L1").await;
    let figures = |hour: &Value| {
        let names =
            ["hour_start", "packs", "made_kg", "target_kg", "delta_kg", "stops", "stopped_minutes", "runs"];
        names.map(|name| hour[name].to_string().replace('"', "").replace("2026-11-23T", "")).join(" ")
    };
    let told: Vec<_> = answer.json().as_array().unwrap().iter().map(figures).collect();
    // Usual are 465 kg in 450 minutes: 62 in an hour, half of that in the hour of the break, and what has passed
    // of this hour.
    assert_eq!(
        told,
        [
            "09:00:00 40 40.0 60.5 -20.5 0 0.0 2",
            "08:00:00 0 0.0 31.0 -31.0 0 0.0 0",
            "07:00:00 0 0.0 62.0 -62.0 0 0.0 0",
            "06:00:00 200 60.0 62.0 -2.0 1 6.0 1"
        ]
    );
    // The settings write the line's id in another case.
    let line_2 = get(&app, "/shift/hours?line=L2").await;
    assert_eq!(line_2.each("target_kg"), [117.0, 60.0, 120.0, 120.0]);
    assert_eq!(
        (line_2.each("stopped_minutes"), line_2.each("stops")),
        (vec![json!(28.5), json!(0.0), json!(0.0), json!(0.0)], vec![json!(1), json!(0), json!(0), json!(0)])
    );
    // Nobody says what packs of no line should be.
    assert_eq!(get(&app, "/shift/hours").await.each("target_kg").iter().filter(|kg| kg.is_null()).count(), 4);
    // The night before, by its date or its code.
    for query in ["date=2026-11-22", "shift=N", "date=2026-11-22&shift=n"] {
        let night = get(&app, &format!("/shift/hours?{query}")).await;
        assert_eq!(night.each("hour_start").first(), Some(&json!("2026-11-23T05:00:00")), "{query}");
        assert_eq!(
            (night.each("stopped_minutes")[0].clone(), night.each("hour_start").len()),
            (json!(20.0), 8),
            "{query}"
        );
    }
    assert_eq!(get(&app, "/shift/hours?date=2026-11-24").await.json(), json!([]));
    assert_problem(&get(&app, "/shift/hours?date=today").await, 422, "`date`");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_factory_without_shift_times_has_no_shifts_and_no_error() {
    let mut factory = with_shifts().await;
    factory.manifest.settings = None;
    factory.publish().await;
    let app = factory.app();
    assert_eq!(get(&app, "/shift/hours").await.json(), json!([]));
    // What the marts hold was made by shift times that are no longer in force: the next job takes it away.
    assert_eq!(get(&app, "/stops").await.each("kind").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn hours_and_stops_are_rows_of_a_table_too() {
    let app = with_shifts().await.app();
    for (path, fields) in [("/shift/hours", ShiftHour::FIELDS), ("/stops", LineStop::FIELDS)] {
        let csv = get(&app, &format!("{path}?format=csv")).await;
        let header: Vec<_> = fields.iter().map(|field| field.name).collect();
        assert_eq!(csv.text.lines().next(), Some(header.join(",").as_str()), "{path}");
        assert!(csv.text.lines().count() > 3, "{path}");
    }
}
