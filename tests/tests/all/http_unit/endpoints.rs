//! What each endpoint answers.

use chrono::{NaiveDate, NaiveDateTime};
use polars::prelude::*;
use serde_json::json;
use warehouse::marts::{FCT_COMPLIANCE_CHECKS, LINE_MONTHS, RUN_INPUTS, RUN_OUTPUTS, RUN_WEIGHTS, RUNS};

use super::factory::{AS_OF, Factory, assert_problem, get};

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn time(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_empty_before_the_first_job_then_ok_then_stale() {
    let mut factory = Factory::new();
    let health = get(&factory.app(), "/health").await;
    let expect = json!({"status": "empty", "tables": 0, "marts": 0, "data_as_of": null, "age_seconds": null, "old_after_seconds": 300, "stale_after_seconds": 900, "watermarks": {}, "reconciled_at": null, "version": "0.1.0"});
    assert_eq!((health.status.as_u16(), health.json(), health.header("x-data-as-of")), (200, expect, None));

    factory.put(&RUNS, "2026-11", runs()).await;
    factory.manifest.tables.get_mut("run_numbers").unwrap().watermark =
        Some("2026-11-23 09:57:00".to_owned());
    factory.publish().await;
    let health = get(&factory.app(), "/health").await;
    let answer = health.json();
    assert_eq!(
        (&answer["status"], &answer["age_seconds"], &answer["marts"]),
        (&json!("ok"), &json!(90), &json!(1))
    );
    assert_eq!(answer["tables"], json!(RUNS.tables().count()));
    assert_eq!(
        (&answer["watermarks"]["RunNumber"], &answer["watermarks"]["SI_OCM_PLU"]),
        (&json!("2026-11-23 09:57:00"), &json!(null))
    );
    assert_eq!(health.header("x-data-as-of"), Some(AS_OF));

    factory.set_now("2026-11-23T10:13:30Z");
    assert_eq!(get(&factory.app(), "/health").await.json()["status"], "ok");
    factory.set_now("2026-11-23T10:13:31Z");
    assert_eq!(get(&factory.app(), "/health").await.json()["status"], "stale");
}

/// Runs of November. On the 23rd line L1 has two, one of them without inputs, and L2 has one that is on. On
/// the 22nd there is one whose line nobody knows, and on the 2nd an old one.
fn runs() -> DataFrame {
    df![
        "run_number" => ["1", "2", "3", "4", "5"],
        "production_date" => ["2026-11-23", "2026-11-23", "2026-11-23", "2026-11-22", "2026-11-02"].map(date),
        "prod_line" => [Some("L1"), Some("L1"), Some("L2"), None, Some("L1")],
        "line_name" => [Some("Line 1"), Some("Line 1"), Some("Line 2"), None, Some("Line 1")],
        "shift_code" => [Some("AM"), Some("PM"), Some("AM"), Some("AM"), Some("AM")],
        "species" => [Some("cod"), Some("salmon"), Some("cod"), None, Some("cod")],
        "active" => [true, true, true, false, true],
        "complete" => [true, true, false, true, true],
        "started_at" => ["2026-11-23T06:00:00", "2026-11-23T07:00:00", "2026-11-23T08:00:00", "2026-11-22T06:00:00", "2026-11-02T06:00:00"].map(time),
        "input_kg" => [Some(300.0), None, Some(50.0), None, Some(100.0)],
        "actual_kg" => [Some(267.46), Some(100.0), Some(20.0), None, Some(50.0)],
        "target_kg" => [Some(300.0), None, Some(40.0), None, None],
        "yield_pct" => [Some(89.153), None, Some(40.0), None, Some(50.0)],
        "efficiency_pct" => [Some(89.153), None, Some(50.0), None, None],
        "packs" => [3_i64, 0, 2, 0, 0],
        "pack_giveaway_g" => [Some(30.0), None, None, None, None],
        "pack_target_g" => [Some(1000.0), None, None, None, None],
        "giveaway_pct" => [Some(3.0), Some(50.0), None, None, Some(2.5)],
        "total_weight_kg" => [None, Some(100.0), None, None, Some(51.25)],
        "total_giveaway_pct" => [None, Some(50.0), None, None, Some(2.5)],
        "total_giveaway_kg" => [None, Some(30.0), None, None, Some(1.25)],
        "has_sheet" => [true, false, false, false, false],
        "has_totals" => [false, true, false, false, true],
    ]
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daily_yield_is_a_ratio_of_sums_over_complete_runs_that_know_both_sides() {
    let app = Factory::with(vec![(&RUNS, "2026-11", runs())]).await.app();
    let daily = get(&app, "/yield/daily").await;
    let line = json!({
        "production_date": "2026-11-23", "prod_line": "L1", "line_name": "Line 1", "runs": 2, "input_kg": 300.0, "target_kg": 300.0, "total_kg": 367.5,
        "waste_kg": 32.5, "yield_pct": 89.2, "waste_pct": 10.8, "efficiency_pct": 89.2, "giveaway_pct": 3.0
    });
    let unknown = json!({
        "production_date": "2026-11-22", "prod_line": null, "line_name": null, "runs": 1, "input_kg": null, "target_kg": null, "total_kg": null,
        "waste_kg": null, "yield_pct": null, "waste_pct": null, "efficiency_pct": null, "giveaway_pct": null
    });
    assert_eq!(daily.json(), json!([line, unknown]));
    assert_eq!(daily.header("x-data-as-of"), Some(AS_OF));
    // No run of that day has packs, so the weighing system's own sums are all that is known.
    assert_eq!(
        get(&app, "/yield/daily?from=2026-11-02&to=2026-11-02").await.each("giveaway_pct"),
        [json!(2.5)]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_total_yield_is_a_ratio_of_sums_over_all_lines_and_judged_before_it_is_rounded() {
    let app = Factory::with(vec![(&RUNS, "2026-11", runs())]).await.app();
    let total = get(&app, "/yield/total").await;
    let expect = json!({
        "from": "2026-11-17", "to": "2026-11-23", "runs": 3, "input_kg": 300.0, "target_kg": 300.0, "total_kg": 367.5, "waste_kg": 32.5,
        "yield_pct": 89.2, "waste_pct": 10.8, "efficiency_pct": 89.2, "giveaway_pct": 3.0, "low_yield_pct": 90.0, "is_low": true,
        "dates": [
            {"production_date": "2026-11-23", "runs": 2, "input_kg": 300.0, "total_kg": 367.5, "waste_kg": 32.5, "yield_pct": 89.2, "is_low": true},
            {"production_date": "2026-11-22", "runs": 1, "input_kg": null, "total_kg": null, "waste_kg": null, "yield_pct": null, "is_low": null},
        ]
    });
    assert_eq!((total.json(), total.header("x-data-as-of")), (expect, Some(AS_OF)));
    let figures = async |query: &str| {
        let total = get(&app, &format!("/yield/total?{query}")).await.json();
        ["runs", "total_kg", "yield_pct", "is_low"].map(|name| total[name].clone())
    };
    assert_eq!(
        figures("from=2026-11-02&line=line%201").await,
        [json!(3), json!(417.5), json!(79.4), json!(true)]
    );
    assert_eq!(figures("days=2&shift=pm").await, [json!(1), json!(100.0), json!(null), json!(null)]);
    assert_eq!(figures("to=2026-01-01").await, [json!(0), json!(null), json!(null), json!(null)]);
    assert_problem(&get(&app, "/yield/total?limit=5").await, 422, "`limit`");

    // Two lines of one date weigh by their input. A run whose output nobody knows counts on neither side.
    let runs = |inputs: [f64; 3], outputs: [Option<f64>; 3]| {
        df![
            "run_number" => ["1", "2", "3"], "production_date" => [date("2026-11-20"); 3], "prod_line" => ["L1", "L2", "L2"],
            "active" => [true; 3], "complete" => [true; 3], "input_kg" => inputs, "actual_kg" => outputs, "packs" => [0_i64; 3],
            "has_sheet" => [false; 3], "has_totals" => [false; 3],
        ]
    };
    for (inputs, outputs, yield_pct, is_low) in [
        ([900.0, 100.0, 500.0], [Some(810.0), Some(40.0), None], 85.0, true),
        ([900.0, 100.0, 0.0], [Some(809.6), Some(90.0), None], 90.0, true),
        ([900.0, 100.0, 0.0], [Some(810.0), Some(90.0), None], 90.0, false),
    ] {
        let app = Factory::with(vec![(&RUNS, "2026-11", runs(inputs, outputs).unwrap())]).await.app();
        let total = get(&app, "/yield/total").await.json();
        for sum in [&total, &total["dates"][0]] {
            assert_eq!(
                (&sum["yield_pct"], &sum["is_low"]),
                (&json!(yield_pct), &json!(is_low)),
                "{outputs:?}"
            );
        }
        assert_eq!(get(&app, "/yield/daily").await.each("runs"), [json!(1), json!(2)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn yields_are_filtered_by_days_line_shift_and_species() {
    let app = Factory::with(vec![(&RUNS, "2026-11", runs())]).await.app();
    let check = async |query: &str, runs: &[i64]| {
        assert_eq!(get(&app, &format!("/yield/daily?{query}")).await.each("runs"), runs, "{query}");
    };
    check("days=1", &[2]).await;
    check("days=2", &[2, 1]).await;
    check("days=22", &[2, 1, 1]).await;
    check("days=21", &[2, 1]).await;
    check("from=2026-11-22", &[2, 1]).await;
    check("to=2026-11-22", &[1, 1]).await;
    check("from=2026-11-22&to=2031-01-01", &[2, 1]).await;
    // The last day counts, the day before which a window ends does not: windows side by side share no row.
    check("from=2026-11-22&before=2026-11-23", &[1]).await;
    check("before=2026-11-23", &[1, 1]).await;
    check("from=2026-11-22T00:00:00&before=2026-11-24T00:00:00.0000000", &[2, 1]).await;
    check("from=2026-11-22&before=2026-11-22", &[]).await;
    check("before=0001-01-01", &[]).await;
    check("from=9999-01-01", &[]).await;
    check("from=1564-08-16&to=1600-01-01", &[]).await;
    check("line=l1", &[2]).await;
    check("line=LINE+1", &[2]).await;
    check("line=L", &[]).await;
    check("shift=pm", &[1]).await;
    check("species=Cod", &[1]).await;
    check("line=Line%202", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_s_yield_covers_all_dates_unless_a_window_is_given() {
    let months = df![
        "month" => [date("2026-11-01"); 3],
        "prod_line" => [Some("L1"), Some("L1"), None],
        "line_name" => [Some("Line 1"), Some("Line 1"), None],
        "shift_code" => [Some("AM"), Some("PM"), Some("AM")],
        "species" => [Some("cod"), Some("salmon"), None],
        "runs" => [2_i64, 1, 1],
        "input_kg" => [Some(400.0), None, None],
        "total_kg" => [Some(317.46), Some(100.0), None],
        "yield_input_kg" => [Some(400.0), None, None],
        "yield_output_kg" => [Some(317.46), None, None],
        "first_date" => ["2026-11-02", "2026-11-23", "2026-11-22"].map(date),
        "last_date" => ["2026-11-23", "2026-11-23", "2026-11-22"].map(date),
    ];
    let marts = vec![(&RUNS, "2026-11", runs()), (&LINE_MONTHS, "all", months.unwrap())];
    let app = Factory::with(marts).await.app();
    let all = get(&app, "/yield/by-line").await;
    let line = json!({
        "prod_line": "L1", "line_name": "Line 1", "runs": 3, "input_kg": 400.0, "total_kg": 417.5, "waste_kg": 82.5, "yield_pct": 79.4, "waste_pct": 20.6,
        "first_date": "2026-11-02", "last_date": "2026-11-23"
    });
    assert_eq!((&all.json()[0], all.each("prod_line")), (&line, vec![json!("L1"), json!(null)]));
    assert_eq!(get(&app, "/yield/by-line?days=7").await.each("runs"), [2, 1]);
    // A lake of an older version has no sums per month.
    let mut old = Factory::new();
    old.put(&RUNS, "2026-11", runs()).await;
    old.publish().await;
    let of_old = old.app();
    for query in ["", "?line=l1", "?shift=pm", "?species=Cod", "?line=L9"] {
        let address = format!("/yield/by-line{query}");
        assert_eq!(get(&app, &address).await.json(), get(&of_old, &address).await.json(), "{address}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_that_contradict_themselves_are_refused_by_name() {
    let app = Factory::with(vec![(&RUNS, "2026-11", runs())]).await.app();
    let check = async |query: &str, parameter: &str| {
        let reply = get(&app, &format!("/yield/daily?{query}")).await;
        assert_problem(&reply, 422, &format!("`{parameter}`"));
        assert_eq!(reply.json()["parameter"], parameter);
    };
    check("from=2026-11-24&to=2026-11-23", "from").await;
    check("days=7&from=2026-11-01", "days").await;
    check("days=7&before=2026-11-01", "days").await;
    check("from=2026-11-24&before=2026-11-23", "from").await;
    check("to=2026-11-22&before=2026-11-23", "before").await;
    check("from=2026-11-22T06:00:00", "from").await;
    check("days=0", "days").await;
    check("days=366", "days").await;
    check("to=2026-02-30", "to").await;
    check("lime=L1", "lime").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn active_runs_are_those_not_complete_of_any_month_the_latest_first() {
    let old = df![
        "run_number" => ["9"],
        "production_date" => [date("2026-09-01")],
        "active" => [true],
        "complete" => [false],
        "packs" => [0_i64],
        "has_sheet" => [false],
        "has_totals" => [false],
    ];
    let app = Factory::with(vec![(&RUNS, "2026-11", runs()), (&RUNS, "2026-09", old.unwrap())]).await.app();
    let active = get(&app, "/runs/active").await;
    assert_eq!(active.each("run_number"), ["3", "9"]);
    let fields: Vec<_> = active.json()[0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(fields.len(), 20);
    assert_eq!(
        (&active.json()[0]["actual_kg"], &active.json()[0]["started_at"]),
        (&json!(20.0), &json!("2026-11-23T08:00:00"))
    );
    assert_eq!(active.each("efficiency_pct"), [json!(50.0), json!(null)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_without_a_booking_for_a_day_is_idle_by_the_age_of_the_data() {
    let time = |text: &str| Some(text.parse::<chrono::NaiveDateTime>().unwrap());
    // The data are of 09:58:30.
    let runs = df![
        "run_number" => ["1", "2", "3"],
        "production_date" => [date("2024-11-01"), date("2024-11-01"), date("2026-11-23")],
        "active" => [true; 3],
        "complete" => [false; 3],
        "last_activity_at" => [time("2026-11-22T09:58:30"), time("2026-11-22T09:58:29"), None],
    ];
    let factory = Factory::with(vec![(&RUNS, "2024-11", runs.unwrap())]).await;
    let check = async |expect: [bool; 3]| {
        let mut idle = get(&factory.app(), "/runs/active?limit=3").await.each("idle");
        idle.sort_by_key(serde_json::Value::as_bool);
        let mut expect = expect.map(serde_json::Value::from);
        expect.sort_by_key(serde_json::Value::as_bool);
        assert_eq!(idle, expect);
        for wanted in [false, true] {
            let some = get(&factory.app(), &format!("/runs/active?idle={wanted}")).await.each("idle");
            assert_eq!(some.len(), expect.iter().filter(|idle| **idle == json!(wanted)).count());
        }
    };
    check([false, true, false]).await;
    assert_eq!(get(&factory.app(), "/runs/active?idle=true").await.each("run_number"), ["2"]);
    // A pipeline that stands still makes no run idle.
    factory.set_now("2026-12-23T10:00:00Z");
    check([false, true, false]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_found_by_its_number_in_any_case_and_shown_as_the_erp_writes_it() {
    let day = [date("2026-11-23")];
    let runs =
        df!["run_number" => ["Ab-7"], "production_date" => day, "active" => [true], "complete" => [true]];
    let app = Factory::with(vec![(&RUNS, "2026-11", runs.unwrap())]).await.app();
    for asked in ["Ab-7", "aB-7", "%20AB-7%20"] {
        let run = get(&app, &format!("/runs/{asked}")).await;
        assert_eq!((run.status.as_u16(), &run.json()["run"]["run_number"]), (200, &json!("Ab-7")), "{asked}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_shown_with_all_that_belongs_to_it() {
    let day = date("2026-11-23");
    let inputs = df![
        "input_id" => [2_i64, 1, 3],
        "run_number" => ["1", "1", "2"],
        "production_date" => [day; 3],
        "batch_code" => ["B2", "B1", "B3"],
        "qty_kg" => [100.04, 200.0, 1.0],
    ];
    let outputs = df!["output_id" => [1_i64], "run_number" => ["1"], "production_date" => [day], "tier" => [1_i64], "qty_kg" => [267.46]];
    let weights = df![
        "run_number" => ["1"], "production_date" => [day], "packs" => [3_i64], "mean_g" => [343.333_333], "verdict" => ["pass"],
    ];
    let checks = df![
        "check" => ["low_yield", "low_yield"], "severity" => ["WARNING", "WARNING"], "run_number" => ["1", "2"], "production_date" => [day; 2],
        "measured" => [89.153_3, 1.0], "limit" => [90.0, 90.0], "detail" => ["low", "low"], "detected_on" => [day; 2],
    ];
    let factory = Factory::with(vec![
        (&RUNS, "2026-11", runs()),
        (&RUN_INPUTS, "2026-11", inputs.unwrap()),
        (&RUN_OUTPUTS, "2026-11", outputs.unwrap()),
        (&RUN_WEIGHTS, "2026-11", weights.unwrap()),
        (&FCT_COMPLIANCE_CHECKS, "run-2026-11", checks.unwrap()),
    ])
    .await;
    let app = factory.app();
    let run = get(&app, "/runs/1").await.json();
    assert_eq!(
        (&run["run"]["production_date"], &run["run"]["complete"], &run["run"]["actual_kg"]),
        (&json!("2026-11-23"), &json!(true), &json!(267.5))
    );
    assert_eq!((&run["totals"], &run["sheet"]["target_qty_kg"]), (&json!(null), &json!(300.0)));
    assert_eq!(
        (&run["run"]["started_at"], &run["sheet"]["started_at"]),
        (&json!("2026-11-23T06:00:00"), &json!(null)),
        "when the ERP made the run, since the sheet does not tell"
    );
    let inputs: Vec<_> = run["inputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|input| (&input["batch_code"], &input["qty_kg"]))
        .collect();
    assert_eq!(inputs, [(&json!("B1"), &json!(200.0)), (&json!("B2"), &json!(100.0))]);
    assert_eq!((&run["state"], &run["is_low"]), (&json!("complete"), &json!(true)));
    assert_eq!((&run["outputs"][0]["qty_kg"], &run["weights"]["mean_g"]), (&json!(267.5), &json!(343.33)));
    assert_eq!((run["checks"].as_array().unwrap().len(), &run["checks"][0]["measured"]), (1, &json!(89.15)));

    // What is made so far of what went in is no yield yet.
    let unfinished = get(&app, "/runs/3").await.json();
    assert_eq!((&unfinished["run"]["yield_pct"], &unfinished["is_low"]), (&json!(40.0), &json!(null)));
    let other = get(&app, "/runs/2?date=2026-11-23").await.json();
    assert_eq!(
        (&other["sheet"], &other["weights"], &other["outputs"]),
        (&json!(null), &json!(null), &json!([]))
    );
    assert_eq!(
        (&other["totals"]["giveaway_kg"], &other["totals"]["giveaway_pct"]),
        (&json!(30.0), &json!(50.0))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_recurs_means_the_newest_run_unless_a_date_is_given() {
    let again = df![
        "run_number" => ["1"], "production_date" => [date("2026-10-01")], "active" => [true], "complete" => [true], "packs" => [0_i64],
        "has_sheet" => [false], "has_totals" => [false],
    ];
    let app = Factory::with(vec![(&RUNS, "2026-11", runs()), (&RUNS, "2026-10", again.unwrap())]).await.app();
    assert_eq!(get(&app, "/runs/1").await.json()["run"]["production_date"], "2026-11-23");
    assert_eq!(get(&app, "/runs/1?date=2026-10-01").await.json()["run"]["production_date"], "2026-10-01");
    for date in ["2026-10-02", "0001-01-01", "1564-08-16", "9999-12-31"] {
        assert_problem(
            &get(&app, &format!("/runs/1?date={date}")).await,
            404,
            &format!("there is no run `1` of {date}"),
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_number_that_is_unknown_is_not_found_whatever_it_is_made_of() {
    let app = Factory::with(vec![(&RUNS, "2026-11", runs())]).await.app();
    for (code, shown) in [
        ("77", "`77`"),
        ("00%2F7%20x", "`00/7 x`"),
        ("%F0%9F%90%9F", "`🐟`"),
        ("%0D%0Ax", "`x`"),
        ("..%2F..%2Fmanifest.json", "manifest"),
    ] {
        assert_problem(&get(&app, &format!("/runs/{code}")).await, 404, shown);
    }
    assert_problem(&get(&app, "/runs/%FF").await, 400, "cannot be read");
}
