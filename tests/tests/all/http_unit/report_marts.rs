//! Small marts of which every report has rows. They hold the last thirty days and one row each of 24 October,
//! which is the 31st day.

use chrono::{NaiveDate, NaiveDateTime};
use polars::prelude::*;
use warehouse::marts::{
    DESPATCH_LINES, FCT_SHIFT_PRODUCTIVITY, FCT_TEMP_BREACHES, PRODUCTS, RUN_BATCHES, RUNS,
    STG_NON_CONFORMANCE,
};

use super::factory::Factory;

pub(super) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn time(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

/// Four complete runs of November, one that is on, and one of 24 October, which is 31 days ago.
fn runs() -> DataFrame {
    let dates =
        ["2026-11-23", "2026-11-23", "2026-11-19", "2026-11-17", "2026-11-23", "2026-10-24"].map(date);
    let starts = [
        "2026-11-23T06:00:00",
        "2026-11-23T08:30:00",
        "2026-11-19T06:00:00",
        "2026-11-17T06:00:00",
        "2026-11-23T10:00:00",
        "2026-10-24T06:00:00",
    ];
    df![
        "run_number" => ["1", "2", "3", "4", "5", "6"],
        "production_date" => dates,
        "prod_line" => [Some("L1"), Some("L1"), Some("L2"), Some("L2"), Some("L1"), Some("L1")],
        "line_name" => [Some("Line 1"), Some("Line 1"), Some("Line 2"), Some("Line 2"), Some("Line 1"), Some("Line 1")],
        "shift_code" => ["AM", "PM", "AM", "AM", "PM", "AM"],
        "product_code" => ["COD", "BREADED", "COD", "HAKE", "COD", "COD"],
        "product" => ["COD LOIN", "BREADED COD", "COD LOIN", "HAKE LOIN", "COD LOIN", "COD LOIN"],
        "customer" => [Some("Harbour Foods"), None, None, None, None, None],
        "species" => [Some("cod"), Some("cod"), Some("cod"), Some("hake"), Some("cod"), Some("cod")],
        "active" => [true; 6],
        "complete" => [true, true, true, true, false, true],
        "started_at" => starts.map(time),
        "finished_at" => [Some(time("2026-11-23T08:00:00")), None, None, None, None, None],
        "input_kg" => [Some(200.0), Some(100.0), Some(100.0), None, Some(100.0), Some(100.0)],
        "actual_kg" => [Some(180.06), Some(60.0), Some(80.0), Some(60.0), Some(1.0), Some(1.0)],
        "target_kg" => [Some(200.0), None, None, None, None, None],
        "yield_pct" => [Some(90.03), Some(60.0), Some(80.0), None, Some(1.0), Some(1.0)],
        "packs" => [4_i64, 0, 0, 0, 1, 1],
        "weighed_packs" => [3_i64, 0, 0, 0, 1, 1],
        "pack_giveaway_g" => [Some(30.0), None, None, None, Some(100.0), Some(100.0)],
        "pack_target_g" => [Some(1000.0), None, None, None, Some(200.0), Some(200.0)],
        "giveaway_pct" => [Some(3.0), None, None, None, Some(50.0), Some(50.0)],
        "has_sheet" => [true; 6],
        "has_totals" => [false; 6],
    ]
    .unwrap()
}

fn batches() -> DataFrame {
    df![
        "run_number" => ["1", "1", "3"],
        "production_date" => [date("2026-11-23"), date("2026-11-23"), date("2026-11-19")],
        "batch_code" => [Some("B1"), None, Some("B2")],
        "supplier" => [Some("North Sea Fish"), None, None],
        "vessel_name" => [Some("Dawn"), None, None],
        "catch_area" => [Some("FAO 27"), None, None],
        "catch_method" => [Some("line"), None, None],
        "certified" => [Some("MSC"), None, None],
        "country_origin" => [Some("NO"), None, None],
        "landing_date" => [Some(date("2026-11-21")), None, None],
        "batch_species" => [Some("Cod"), None, None],
        "grade" => [Some("Premium"), None, None],
        "input_kg" => [Some(150.04), Some(50.0), Some(100.0)],
    ]
    .unwrap()
}

fn temperatures() -> DataFrame {
    df![
        "reading_date" => ["2026-11-23", "2026-11-23", "2026-10-24"].map(date),
        "location" => [Some("Dock"), Some("Chill 1"), Some("Dock")],
        "readings" => [96_i64, 90, 90],
        "breaches" => [0_i64, 2, 1],
        "sensor_faults" => [0_i64, 10, 0],
        "min_temp_celsius" => [0.5, -1.25, 0.0],
        "max_temp_celsius" => [1.0, 6.3, 6.0],
        "max_degrees_over" => [None, Some(6.3 - 5.0), Some(1.0)],
        "first_breach_at" => [None, Some(time("2026-11-23T08:00:00")), None],
        "last_breach_at" => [None, Some(time("2026-11-23T09:30:00")), None],
        "episodes" => [0_i64, 1, 1],
        "longest_episode_minutes" => [None, Some(90_i64), Some(0)],
    ]
    .unwrap()
}

fn shifts() -> DataFrame {
    df![
        "shift_date" => ["2026-11-23", "2026-11-20", "2026-10-24"].map(date),
        "shift_code" => ["AM", "AM", "AM"],
        "prod_line" => ["L1", "L1", "L1"],
        "line_name" => ["Line 1", "Line 1", "Line 1"],
        "headcount" => [10_i64, 10, 10],
        "planned_hours" => [80.0, 80.0, 1.0],
        "actual_hours" => [60.0, 70.0, 1.0],
        "overtime_hours" => [0.0, 1.0, 1.0],
        "output_kg" => [700.04, 600.0, 1.0],
        "max_capacity_kg" => [1000.0, 1000.0, 1.0],
        "packs" => [Some(300_i64), None, Some(1)],
        "rejected_packs" => [Some(20_i64), None, Some(1)],
    ]
    .unwrap()
}

fn records() -> DataFrame {
    df![
        "nc_id" => [1_i64, 2, 3, 4],
        "nc_date" => ["2026-11-20", "2026-11-21", "2026-11-22", "2026-10-24"].map(date),
        "nc_type" => ["bones", "bones", "label", "bones"],
        "severity" => ["major", "major", "critical", "major"],
        "status" => ["closed", "open", "investigating", "open"],
        "days_to_close" => [Some(2_i64), None, None, None],
    ]
    .unwrap()
}

fn orders() -> DataFrame {
    df![
        "despatch_id" => [1_i64, 2, 3, 4],
        "despatched_on" => ["2026-11-22", "2026-11-23", "2026-11-23", "2026-10-24"].map(date),
        "order_number" => ["SO-1", "SO-1", "SO-2", "SO-1"],
        "customer" => ["Harbour Foods", "Harbour Foods", "Cosmos", "Harbour Foods"],
        "product_code" => ["COD", "COD", "NOTHING", "COD"],
        "qty_cases" => [3_i64, 4, 1, 1],
        "qty_kg" => [30.0, 60.04, 5.0, 1.0],
        "despatch_date" => [Some(date("2026-11-22")), Some(date("2026-11-23")), None, Some(date("2026-10-24"))],
        "delivery_date" => [Some(date("2026-11-23")), Some(date("2026-11-24")), None, None],
        "status" => ["delivered", "loaded", "pending", "delivered"],
    ]
    .unwrap()
}

/// Products. Of two with one code, the one that is made now counts.
fn products() -> DataFrame {
    df![
        "plu_number" => [1_i64, 2, 3],
        "product_code" => ["COD", "COD", "BREADED"],
        "description" => ["OLD COD", "COD LOIN", "BREADED COD"],
        "allergens" => [Some("milk"), Some("Fish"), Some("gluten, fish")],
        "active" => [false, true, true],
    ]
    .unwrap()
}

/// A factory with all of these marts.
pub(super) async fn factory() -> Factory {
    let split = |frame: DataFrame| (frame.head(Some(frame.height() - 1)), frame.tail(Some(1)));
    let mut parts = vec![(&PRODUCTS, "all", products()), (&RUN_BATCHES, "2026-11", batches())];
    for (mart, frame) in [
        (&RUNS, runs()),
        (&FCT_TEMP_BREACHES, temperatures()),
        (&FCT_SHIFT_PRODUCTIVITY, shifts()),
        (&STG_NON_CONFORMANCE, records()),
        (&DESPATCH_LINES, orders()),
    ] {
        let (november, october) = split(frame);
        parts.extend([(mart, "2026-11", november), (mart, "2026-10", october)]);
    }
    Factory::with(parts).await
}
