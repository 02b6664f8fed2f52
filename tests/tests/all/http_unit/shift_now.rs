//! What `/shift/now`, `/shift/handover`, `/setpoints` and `/orders/at-risk` answer, of marts by hand.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use lake::{ETag, SettingsInForce};
use polars::prelude::*;
use serde_json::{Value, json};
use warehouse::marts::{
    DESPATCH_LINES, DOWNGRADES, FCT_COMPLIANCE_CHECKS, LINE_MINUTES, PRODUCTS, RECENT_SHIFTS,
    RUN_WEIGHT_POINTS, RUN_WEIGHTS, RUNS, SHIFT_LINES, TEMPERATURE_EPISODES, TEMPERATURE_PLACES,
};
use warehouse::settings::parse;

use super::factory::{AS_OF, Factory, Reply, assert_problem, get};

/// A morning and a night shift, a target for one line, and prices.
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
[lines.l4]
shift_target_kg = 46
[prices]
currency = "GBP"
[prices.products]
"A" = 20.0
[prices.tiers]
1 = 10.0
"#;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn time(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

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
async fn busy() -> Factory {
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

/// Puts settings in force.
pub(super) async fn with_settings(factory: &mut Factory, settings: &str) {
    let values = serde_json::to_value(parse(settings.as_bytes(), None).unwrap()).unwrap();
    factory.manifest.settings = Some(SettingsInForce { version: ETag(settings.len().to_string()), values });
    factory.publish().await;
}

/// Some fields of an object, as they are written.
fn told(object: &Value, fields: &str) -> String {
    let value = |field: &str| match &object[field] {
        Value::String(text) => text.replace("2026-11-23T", ""),
        value => value.to_string(),
    };
    fields.split(' ').map(value).collect::<Vec<_>>().join(" ")
}

fn each(list: &Value, fields: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|object| told(object, fields)).collect()
}

/// Why a field of an object is null.
fn reason(object: &Value, field: &str) -> String {
    let reasons = object["reasons"].as_array().unwrap();
    let of_field: Vec<_> = reasons.iter().filter(|reason| reason["field"] == field).collect();
    of_field.iter().map(|reason| reason["reason"].as_str().unwrap()).collect::<Vec<_>>().join(",")
}

async fn now(factory: &Factory) -> (Reply, Value) {
    let answer = get(&factory.app(), "/shift/now").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let json = answer.json();
    (answer, json)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_line_says_what_it_does_what_it_made_and_where_it_lands() {
    let (answer, now) = now(&busy().await).await;
    assert_eq!(answer.header("x-data-as-of"), Some(AS_OF));
    assert_eq!(
        told(&now["shift"], "date code starts_at ends_at elapsed_pct working_minutes_left"),
        "2026-11-23 AM 06:00:00 14:00:00 46.3 241.5"
    );
    let lines = &now["lines"];
    assert_eq!(
        each(lines, "prod_line line_name status since run_number product_code"),
        [
            "L1 Line 1 running 06:00:05 1 A",
            "L2 Line 2 stopped 09:29:59 2 B",
            "L3 Line 3 stopped 07:00:00 3 C",
            "L4 Line 4 idle null null null",
            "L5 Line 5 running 08:00:00 5 A"
        ]
    );
    // 208.5 of 450 minutes have passed.
    assert_eq!(
        each(lines, "made_kg packs expected_kg target_kg target_source"),
        [
            "416.0 2080 215.5 465.0 usual",
            "204.0 1020 417.0 900.0 settings",
            "0.0 0 null null null",
            "0.0 0 21.3 46.0 settings",
            "null null null null null"
        ]
    );
    assert_eq!(
        each(lines, "giveaway_kg giveaway_pct giveaway_money"),
        ["20.8 5.3 416.0", "10.2 5.3 102.0", "0.0 null 0.0", "0.0 null 0.0", "null null null"]
    );
    assert_eq!(
        each(lines, "stops stopped_minutes longest_stop_minutes"),
        ["0 0.0 0.0", "2 38.6 28.5", "1 148.5 148.5", "0 0.0 0.0", "null null null"]
    );
    assert_eq!(
        each(lines, "critical major warning rejected_rows"),
        ["1 0 1 2", "0 1 0 0", "0 0 0 0", "0 0 0 0", "0 0 0 0"]
    );
    let [line_1, line_2, line_3, line_4, line_5] = [0, 1, 2, 3, 4].map(|line| &lines[line]);
    assert_eq!(told(line_1, "landing packs_per_min kg_per_min best_packs_per_min"), "ahead 9.67 1.93 10.0");
    // Nothing has come from line 1 for 31 seconds.
    // 49 kg in packs of 200 g in 241.5 minutes; the best of line 2 is 9 packs a minute, its need 14.4.
    assert_eq!(told(line_1, "needed_packs_per_min"), "1.01");
    assert_eq!(
        (told(line_2, "needed_packs_per_min best_packs_per_min"), reason(line_2, "needed_packs_per_min")),
        ("null 9.0".to_owned(), "out_of_reach".to_owned())
    );
    assert_eq!(
        (told(line_2, "landing"), reason(line_2, "projected_kg")),
        ("unknown".to_owned(), "few_shifts".to_owned())
    );
    assert_eq!(told(line_2, "packs_per_min"), "6.0", "that of the time before the stop");
    let band =
        ["projected_low_kg", "projected_kg", "projected_high_kg"].map(|name| line_1[name].as_f64().unwrap());
    assert!(band[0] > 465.0 && band[0] <= band[1] && band[1] <= band[2], "{band:?}");
    for (line, field, expect) in [
        (line_1, "yield_pct", "no_yield"),
        (line_3, "target_kg", "few_shifts"),
        (line_3, "packs_per_min", "no_packs"),
        (line_4, "giveaway_pct", "no_packs"),
        (line_5, "made_kg", "no_data"),
        (line_5, "packs_per_min", "no_data"),
        (line_5, "giveaway_kg", "no_data"),
    ] {
        assert_eq!(reason(line, field), expect, "{field}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_add_up_and_a_sum_is_unknown_if_a_part_is() {
    let (_, now) = now(&busy().await).await;
    let totals = &now["totals"];
    assert_eq!(
        told(
            totals,
            "lines_running lines_stopped lines_idle made_kg target_kg packs giveaway_kg critical major warning rejected_rows"
        ),
        "2 2 1 null null null null 1 1 1 2"
    );
    assert_eq!(
        (reason(totals, "made_kg"), reason(totals, "target_kg")),
        ("line_unknown".to_owned(), "line_unknown".to_owned())
    );
    assert_eq!(told(totals, "landing"), "unknown");
    // The night before is over: it lands at what it made.
    assert_eq!(told(&now["previous"]["shift"], "date code"), "2026-11-22 N");
    assert_eq!(
        told(
            &now["previous"]["totals"],
            "made_kg packs projected_kg giveaway_kg giveaway_pct lines_running lines_idle"
        ),
        "300.0 1500 300.0 15.0 5.3 0 2"
    );
    assert_eq!(now["currency"], "GBP");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_to_act_on_first_comes_first_in_plain_words() {
    let (_, now) = now(&busy().await).await;
    assert_eq!(
        each(&now["attention"], "kind line since text link"),
        [
            "finding L1 09:40:00 run 1: the lot fails #/run/1?date=2026-11-23",
            "lot L2 null Line 2: the lot of run 2 fails, whatever is packed from now on #/run/2?date=2026-11-23",
            "stop L3 07:00:00 Line 3 has a run on and has made nothing yet in this shift, for 149 min #/run/3?date=2026-11-23",
            "stop L2 09:29:59 Line 2 has stood still for 29 min, since 09:29 #/run/2?date=2026-11-23",
            "order null null order SO-1 of Harbour Foods leaves today and will be 50 kg short of B null",
            "finding L2 null run 2: 17 labels are missing #/run/2?date=2026-11-23"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn between_shifts_the_next_one_is_told_and_without_shift_times_nothing() {
    let mut factory = busy().await;
    with_settings(&mut factory, &SETTINGS.replace("end = \"14:00\"", "end = \"09:30\"")).await;
    let (_, between) = now(&factory).await;
    assert_eq!(
        (&between["shift"], &between["totals"], &between["lines"]),
        (&json!(null), &json!(null), &json!([]))
    );
    assert_eq!(told(&between["next"], "date code starts_at"), "2026-11-23 N 22:00:00");
    assert_eq!(reason(&between, "shift"), "between_shifts");
    assert_eq!(told(&between["previous"]["shift"], "date code"), "2026-11-23 AM");
    assert_eq!(each(&between["attention"], "kind run"), ["lot 2", "order null"]);
    with_settings(&mut factory, "").await;
    let (_, without) = now(&factory).await;
    assert_eq!(
        (&without["shift"], &without["next"], &without["previous"]),
        (&json!(null), &json!(null), &json!(null))
    );
    assert_eq!(reason(&without, "shift"), "no_shift_times");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_price_is_known_of_has_no_money_and_early_in_a_shift_nothing_lands() {
    let mut factory = busy().await;
    let without = SETTINGS.split("[prices]").next().unwrap();
    with_settings(&mut factory, without).await;
    let (_, told_without) = now(&factory).await;
    assert_eq!(
        (told_without["currency"].clone(), reason(&told_without["lines"][0], "giveaway_money")),
        (json!(null), "no_price".to_owned())
    );
    // The shift began 28.5 minutes ago.
    with_settings(
        &mut factory,
        &SETTINGS.replace(
            "start = \"06:00\"\nend = \"14:00\"\nbreaks = [[\"08:00\", \"08:30\"]]",
            "start = \"09:30\"\nend = \"17:30\"",
        ),
    )
    .await;
    let (_, early) = now(&factory).await;
    let line =
        early["lines"].as_array().unwrap().iter().find(|line| line["prod_line"] == "L3").unwrap().clone();
    assert_eq!(
        (told(&line, "landing"), reason(&line, "projected_kg")),
        ("unknown".to_owned(), "too_early".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sheet_for_the_next_manager_tells_losses_findings_runs_places_and_orders() {
    let factory = busy().await;
    let answer = get(&factory.app(), "/shift/handover").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let sheet = answer.json();
    assert_eq!(
        (told(&sheet["shift"], "code elapsed_pct"), &sheet["over"]),
        ("AM 46.3".to_owned(), &json!(false))
    );
    assert_eq!(
        each(&sheet["lines"], "prod_line made_kg delta_kg"),
        ["L1 416.0 -49.0", "L2 204.0 -696.0", "L3 0.0 null", "L4 0.0 -46.0", "L5 null null"]
    );
    // Nobody knows what line 3 would have made. Line 2 is to make 900 kg in 450 minutes, of 10 GBP each.
    assert_eq!(
        each(&sheet["losses"], "kind prod_line kg minutes money text"),
        [
            "stop L3 null 148.5 null Line 3 has stood still for 149 min, since 07:00",
            "stop L2 57.0 28.5 570.33 Line 2 has stood still for 29 min, since 09:29",
            "downgrade null 25.0 null 50.0 run 1: 25.0 kg went down a tier (light portion)"
        ]
    );
    assert_eq!(each(&sheet["findings"], "finding_id severity"), ["f1 CRITICAL", "f3 MAJOR", "f2 WARNING"]);
    assert_eq!(
        each(&sheet["runs"], "run_number prod_line target_kg packs"),
        ["1 L1 700.0 2080", "2 L2 600.0 1020", "3 L3 null 0", "5 L5 null 77"]
    );
    assert_eq!(
        told(&sheet["runs"][1]["forecast"], "expected_packs pass_probability status"),
        "3158 0.0 lost"
    );
    assert_eq!(told(&sheet["runs"][0]["forecast"], "expected_packs status"), "3684 on_course");
    assert_eq!(
        each(
            &sheet["temperatures"],
            "location last_celsius breaches longest_breach_minutes max_degrees_over open"
        ),
        ["Dock 9.0 1 20 4.0 true", "Chill 2.0 0 0 null false"]
    );
    assert_eq!(
        each(&sheet["orders"], "order_number ordered_kg projected_kg short_kg status covering_runs"),
        ["SO-1 650.0 600.0 50.0 short 2", "SO-2 100.0 100.0 0.0 covered_when_run_ends 1"]
    );
    let night = get(&factory.app(), "/shift/handover?date=2026-11-22").await.json();
    assert_eq!(
        (told(&night["shift"], "code elapsed_pct"), &night["over"]),
        ("N 100.0".to_owned(), &json!(true))
    );
    for query in ["date=2026-11-24", "shift=PM", "date=2026-11-23&shift=N"] {
        let none = get(&factory.app(), &format!("/shift/handover?{query}")).await;
        assert_problem(&none, 404, "no shift of this date and code");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn setpoints_of_runs_come_before_those_of_products() {
    let factory = busy().await;
    let answer = get(&factory.app(), "/setpoints").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let rows = answer.json();
    assert_eq!(
        each(&rows, "prod_line run_number product_code packs nominal_g mean_g lot_size"),
        [
            "L1 1 A 2080 190.0 200.0 3684",
            "L2 2 B 1020 190.0 186.0 3158",
            "L1 null A 2080 190.0 200.0 null",
            "L2 null B 1020 190.0 186.0 null",
        ]
    );
    let run = &rows[0];
    let number = |name: &str| run[name].as_f64().unwrap();
    // R-bar of 5 g in subgroups of five is a spread of 5 / 2.326 g.
    assert!((number("sigma_g") - 2.15).abs() < 0.011, "{run}");
    assert!(number("recommended_mean_g") >= 190.0 && number("recommended_mean_g") < 191.0, "{run}");
    assert!((number("packs_per_hour") - 580.0).abs() < 1.0, "{run}");
    assert!(
        (number("saving_kg_per_hour") - number("over_g") * number("packs_per_hour") / 1000.0).abs() < 0.06,
        "{run}"
    );
    assert!((number("saving_money_per_hour") - number("saving_kg_per_hour") * 20.0).abs() < 1.1, "{run}");
    assert!(rows[1]["saving_kg_per_hour"].as_f64().unwrap() < 0.0, "packs that are too light: {}", rows[1]);
    assert_eq!(get(&factory.app(), "/setpoints?line=line%202").await.each("product_code"), ["B", "B"]);
    // Of runs that are complete, the median tells how large a lot is.
    let both = get(&factory.app(), "/setpoints?days=2").await.json();
    assert!(
        each(&both, "run_number product_code lot_size reason")
            .contains(&"null D 1500 its nominal quantity is unknown".to_owned()),
        "{both}"
    );
    assert_eq!(told(&rows[2], "reason"), "no run of it is complete yet");
    let lot = get(&factory.app(), "/weights/2").await.json();
    assert_eq!(told(&lot["forecast"], "expected_packs status pass_probability"), "3158 lost 0.0");
    assert_eq!(get(&factory.app(), "/weights/8").await.json()["forecast"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_told_by_their_days_of_despatch() {
    let factory = busy().await;
    let ask = |query: &str| {
        let (app, address) = (factory.app(), format!("/orders/at-risk{query}"));
        async move { get(&app, &address).await }
    };
    assert_eq!(ask("").await.each("order_number"), ["SO-1", "SO-2"]);
    assert_eq!(ask("?days=1").await.each("order_number"), ["SO-1"]);
    assert_eq!(ask("?customer=pier").await.each("order_number"), ["SO-2"]);
    let csv = ask("?format=csv").await.text;
    assert!(csv.contains("SO-1,Harbour Foods,B,2026-11-23,650.0,0.0,600.0,50.0,short,2"), "{csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn stops_are_the_same_however_their_days_are_named() {
    let factory = busy().await;
    let stops = async |query: &str| get(&factory.app(), &format!("/stops?{query}")).await.json();
    let both = stops("from=2026-11-22&to=2026-11-23").await;
    assert_eq!(
        each(&both, "prod_line started_at kind"),
        ["L2 09:29:59 open", "L3 07:00:00 open", "L1 05:40:00 open"]
    );
    for query in ["from=2026-11-22", "days=2", "from=2026-11-22&before=2026-11-24"] {
        assert_eq!(stops(query).await, both, "{query}");
    }
}
