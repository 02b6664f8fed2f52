//! A busy Monday, of marts by hand: what the answers about the shift that is on are told of.

use chrono::{NaiveDate, TimeDelta};
use polars::prelude::*;
use serde_json::Value;
use warehouse::marts::{
    DESPATCH_LINES, DOWNGRADES, FCT_COMPLIANCE_CHECKS, LINE_MINUTES, PRODUCTS, RECENT_SHIFTS,
    RUN_WEIGHT_POINTS, RUN_WEIGHTS, RUNS, SHIFT_LINES, TEMPERATURE_EPISODES, TEMPERATURE_PLACES,
};

use super::factory::{Factory, date, time, with_settings};

/// A morning and a night shift, a target for one line, and prices.
pub(super) const SETTINGS: &str = r#"
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
[lines.l4]
shift_target_kg = 46
[prices]
currency = "GBP"
[prices.products]
"A" = 20.0
[prices.tiers]
1 = 10.0
"#;

fn today() -> NaiveDate {
    date("2026-11-23")
}

/// Minutes of a run on a line from one time of today until before another, each with so many packs of 200 g
/// that weigh 10 g above their target.
fn minutes(run: &str, line: &str, product: &str, from: &str, to: &str, packs: i64) -> DataFrame {
    let at = |text: &str| time(&format!("2026-11-23T{text}:00"));
    let from = at(from);
    let count = usize::try_from((at(to) - from).num_minutes()).unwrap();
    let starts: Vec<_> = (0..).take(count).map(|minute| from + TimeDelta::minutes(minute)).collect();
    let kg = packs as f64 * 0.2;
    df![
        "run_number" => vec![run; count],
        "production_date" => vec![today(); count],
        "prod_line" => vec![line; count],
        "line_name" => vec![format!("Line {}", &line[1..]); count],
        "product_code" => vec![product; count],
        "packed_on" => vec![today(); count],
        "minute" => &starts,
        "first_pack_at" => starts.iter().map(|start| *start + TimeDelta::seconds(5)).collect::<Vec<_>>(),
        "last_pack_at" => starts.iter().map(|start| *start + TimeDelta::seconds(59)).collect::<Vec<_>>(),
        "stop_after_minutes" => vec![3.0; count],
        "packs" => vec![packs; count],
        "made_kg" => vec![kg; count],
        "giveaway_kg" => vec![packs as f64 * 0.01; count],
        "pack_target_kg" => vec![packs as f64 * 0.19; count],
    ]
    .unwrap()
}

/// This Monday, read at 09:58:30. Line 1 packs since the shift started, 2 kg a minute, and never made more than
/// 490 kg. Line 2 stopped at 09:30 in a run that is on. Line 3 has a run on and has made nothing. Line 4 has a target and
/// no run. Nobody knows when the packs of line 5 were made.
pub(super) async fn busy() -> Factory {
    let mut packed = minutes("1", "L1", "A", "06:00", "08:00", 10);
    packed.vstack_mut(&minutes("1", "L1", "A", "08:30", "09:58", 10)).unwrap();
    packed.vstack_mut(&minutes("2", "L2", "B", "06:10", "08:00", 6)).unwrap();
    packed.vstack_mut(&minutes("2", "L2", "B", "08:30", "09:30", 6)).unwrap();
    let mut night = minutes("8", "L1", "D", "05:00", "05:41", 10);
    night.with_column(Column::new("production_date".into(), vec![date("2026-11-22"); 41])).unwrap();
    packed.vstack_mut(&night).unwrap();
    let lines = df![
        "shift_date" => [today(), today(), date("2026-11-16"), date("2026-11-20"), date("2026-10-20"), date("2026-11-22")],
        "shift_code" => ["AM", "AM", "AM", "AM", "AM", "N"],
        "prod_line" => ["L1", "L2", "L4", "L2", "L1", "L1"],
        "line_name" => ["Line 1", "Line 2", "Line 4", "Line 2", "Line 1", "Line 1"],
        "starts_at" => ["2026-11-23T06:00:00", "2026-11-23T06:00:00", "2026-11-16T06:00:00", "2026-11-20T06:00:00", "2026-10-20T06:00:00", "2026-11-22T22:00:00"].map(time),
        "ends_at" => ["2026-11-23T14:00:00", "2026-11-23T14:00:00", "2026-11-16T14:00:00", "2026-11-20T14:00:00", "2026-10-20T14:00:00", "2026-11-23T06:00:00"].map(time),
        "working_minutes" => [450.0; 6],
        "packs" => [2080_i64, 1020, 100, 100, 100, 1500],
        "made_kg" => [416.0, 204.0, 20.0, 20.0, 20.0, 300.0],
        "giveaway_kg" => [20.8, 10.2, 0.0, 0.0, 0.0, 15.0],
        "pack_target_kg" => [395.2, 193.8, 20.0, 20.0, 20.0, 285.0],
        "first_pack_at" => ["2026-11-23T06:00:05", "2026-11-23T06:10:05", "2026-11-16T06:00:00", "2026-11-20T06:00:00", "2026-10-20T06:00:00", "2026-11-22T22:00:00"].map(time),
        "last_pack_at" => ["2026-11-23T09:57:59", "2026-11-23T09:29:59", "2026-11-16T13:00:00", "2026-11-20T13:00:00", "2026-10-20T13:00:00", "2026-11-23T05:40:00"].map(time),
        "last_run_number" => ["1", "2", "4", "9", "9", "8"],
        "last_run_date" => [today(), today(), date("2026-11-16"), date("2026-11-20"), date("2026-10-20"), date("2026-11-22")],
        "stop_after_minutes" => [3.0; 6],
        "stops" => [0_i64, 1, 0, 0, 0, 0],
        "stopped_minutes" => [0.0, 10.08, 0.0, 0.0, 0.0, 0.0],
        "longest_stop_minutes" => [0.0, 10.08, 0.0, 0.0, 0.0, 0.0],
        // The best pace of line 1 is older than 30 days.
        "best_packs_per_min" => [10.0, 6.0, 1.0, 9.0, 500.0, 4.0],
    ];
    let runs = df![
        "run_number" => ["1", "2", "3", "5", "8"],
        "production_date" => [today(), today(), today(), today(), date("2026-11-22")],
        "prod_line" => ["L1", "L2", "L3", "L5", "L1"],
        "line_name" => ["Line 1", "Line 2", "Line 3", "Line 5", "Line 1"],
        "product_code" => ["A", "B", "C", "A", "D"],
        "product" => ["COD LOIN", "HAKE", "COD", "COD LOIN", "SOLE"],
        "species" => [Some("cod"), Some("hake"), Some("cod"), Some("cod"), Some("sole")],
        "active" => [true; 5],
        "complete" => [false, false, false, false, true],
        "packs" => [2080_i64, 1020, 0, 77, 1500],
        "target_kg" => [Some(700.0), Some(600.0), None, None, Some(300.0)],
        "actual_kg" => [Some(416.0), Some(204.0), None, Some(15.4), Some(300.0)],
        "has_inputs" => [true, true, false, false, true],
        "has_outputs" => [true, true, false, true, true],
        "input_kg" => [Some(900.0), Some(900.0), None, None, Some(400.0)],
        "last_activity_at" => [Some(time("2026-11-23T09:57:59")), Some(time("2026-11-23T09:29:59")), None, Some(time("2026-11-23T09:00:00")), None],
        "sheet_started_at" => [Some(time("2026-11-23T05:55:00")), Some(time("2026-11-23T06:05:00")), Some(time("2026-11-23T07:00:00")), Some(time("2026-11-23T08:00:00")), Some(time("2026-11-22T22:00:00"))],
        "started_at" => [Some(time("2026-11-23T05:55:00")), Some(time("2026-11-23T06:05:00")), Some(time("2026-11-23T07:00:00")), Some(time("2026-11-23T08:00:00")), Some(time("2026-11-22T22:00:00"))],
        "rejected_rows" => [2_i64, 0, 0, 0, 0],
        "finished_at" => [None, None, None, None, Some(time("2026-11-23T05:45:00"))],
    ];
    // Line 1 made 440 to 490 kg in six mornings, evenly.
    let days = [16, 17, 18, 19, 20, 21].map(|day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap());
    let share = |kg: f64| (0..=20).map(move |step| kg * f64::from(step) / 20.0);
    let recent = df![
        "shift_date" => days.iter().flat_map(|day| vec![*day; 21]).collect::<Vec<_>>(),
        "shift_code" => vec!["AM"; 126],
        "prod_line" => vec!["L1"; 126],
        "elapsed_pct" => (0..=20_i64).map(|step| step * 5).collect::<Vec<_>>().repeat(6),
        "made_kg" => [440.0, 450.0, 460.0, 470.0, 480.0, 490.0].into_iter().flat_map(share).collect::<Vec<_>>(),
    ];
    let findings = df![
        "detected_on" => [today(), today(), today(), date("2026-11-01")],
        "check" => ["lot_fails", "low_yield", "label_gap", "lot_fails"],
        "severity" => ["CRITICAL", "WARNING", "MAJOR", "CRITICAL"],
        "run_number" => [Some("1"), Some("1"), Some("2"), Some("1")],
        "production_date" => [Some(today()), Some(today()), Some(today()), Some(date("2026-11-01"))],
        "prod_line" => [Some("L1"), Some("L1"), Some("L2"), Some("L1")],
        "detail" => ["the lot fails", "the yield is low", "17 labels are missing", "an old one"],
        "detected_at" => [Some(time("2026-11-23T09:40:00")), None, None, None],
        "finding_id" => ["f1", "f2", "f3", "f4"],
    ];
    let products =
        df!["product_code" => ["A", "B", "C"], "tier" => [Some(1_i64), Some(1), None], "active" => [true; 3]];
    let orders = df![
        "despatch_id" => [1_i64, 2],
        "despatched_on" => [today(), date("2026-11-25")],
        "despatch_date" => [Some(today()), Some(date("2026-11-25"))],
        "order_number" => ["SO-1", "SO-2"],
        "customer" => ["Harbour Foods", "Pier"],
        "product_code" => ["B", "A"],
        "qty_kg" => [Some(650.0), Some(100.0)],
        "status" => ["pending", "pending"],
    ];
    // Line 2 packs as it should at its end, and packed too little before.
    let lots = df![
        "run_number" => ["1", "2", "8"],
        "production_date" => [today(), today(), date("2026-11-22")],
        "packs" => [2080_i64, 1020, 1500],
        "nominal_g" => [Some(190.0), Some(190.0), None],
        "mean_g" => [Some(200.0), Some(186.0), Some(200.0)],
        "below_t1" => [Some(0_i64), Some(400), None],
        "below_t2" => [Some(0_i64), Some(3), None],
    ];
    let points = df![
        "run_number" => ["1", "1", "2", "2"],
        "production_date" => [today(); 4],
        "subgroup" => [1_i64, 2, 1, 2],
        "mean_g" => [200.0, 200.0, 186.0, 190.0],
        "range_g" => [5.0, 5.0, 7.0, 7.0],
        "weighed_at" => [time("2026-11-23T09:00:00"); 4],
    ];
    let downgrades = df![
        "downgrade_id" => [1_i64, 2],
        "logged_at" => [time("2026-11-23T07:00:00"), time("2026-11-23T05:00:00")],
        "run_number" => ["1", "1"],
        "production_date" => [today(); 2],
        "reason" => [Some("light_portion"), Some("visual")],
        "qty_kg" => [Some(25.0), Some(999.0)],
        "lost_money" => [Some(50.0), Some(9.0)],
    ];
    let places = df![
        "reading_date" => [today(), today()],
        "location" => [Some("Chill"), Some("Dock")],
        "usual_interval_seconds" => [Some(300_i64), Some(300)],
        "last_reading_at" => [time("2026-11-23T09:55:00"), time("2026-11-23T09:55:00")],
        "last_good_at" => [Some(time("2026-11-23T09:55:00")), None],
        "last_celsius" => [2.0, 9.0],
        "same_since" => [time("2026-11-23T09:55:00"); 2],
        "same_readings" => [1_i64, 1],
        "is_same_all_day" => [false, false],
    ];
    let episodes = df![
        "first_log_id" => [7_i64],
        "reading_date" => [today()],
        "location" => [Some("Dock")],
        "started_at" => [time("2026-11-23T09:35:00")],
        "ended_at" => [time("2026-11-23T09:55:00")],
        "readings" => [5_i64],
        "peak_celsius" => [9.0],
        "max_degrees_over" => [4.0],
        "open" => [true],
        "is_from_start" => [false],
        "is_to_end" => [true],
        "gap_seconds" => [1800_i64],
    ];
    let mut factory = Factory::with(vec![
        (&SHIFT_LINES, "2026-11", lines.unwrap()),
        (&LINE_MINUTES, "2026-11", packed),
        (&RUNS, "2026-11", runs.unwrap()),
        (&RECENT_SHIFTS, "all", recent.unwrap()),
        (&FCT_COMPLIANCE_CHECKS, "2026-11", findings.unwrap()),
        (&PRODUCTS, "all", products.unwrap()),
        (&DESPATCH_LINES, "2026-11", orders.unwrap()),
        (&RUN_WEIGHTS, "2026-11", lots.unwrap()),
        (&RUN_WEIGHT_POINTS, "2026-11", points.unwrap()),
        (&DOWNGRADES, "2026-11", downgrades.unwrap()),
        (&TEMPERATURE_PLACES, "2026-11", places.unwrap()),
        (&TEMPERATURE_EPISODES, "2026-11", episodes.unwrap()),
    ])
    .await;
    with_settings(&mut factory, SETTINGS).await;
    factory
}

/// Some fields of an object, as they are written.
pub(super) fn told(object: &Value, fields: &str) -> String {
    let value = |field: &str| match &object[field] {
        Value::String(text) => text.replace("2026-11-23T", ""),
        value => value.to_string(),
    };
    fields.split(' ').map(value).collect::<Vec<_>>().join(" ")
}

pub(super) fn each(list: &Value, fields: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|object| told(object, fields)).collect()
}

/// Why a field of an object is null.
pub(super) fn reason(object: &Value, field: &str) -> String {
    let reasons = object["reasons"].as_array().unwrap();
    let of_field: Vec<_> = reasons.iter().filter(|reason| reason["field"] == field).collect();
    of_field.iter().map(|reason| reason["reason"].as_str().unwrap()).collect::<Vec<_>>().join(",")
}
