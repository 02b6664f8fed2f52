//! What a run is made of, from rows by hand.

use api::Row as _;

use super::super::small_factory::{at, day, no_runs, of_run, products, rejected, rows, shown};
use super::*;
use crate::sources::{
    BATCH_LINEAGE, CASE_VERIFICATION, PROD_LINES, RUN_INPUTS, RUN_NUMBERS, RUN_OUTPUTS, RUN_SHEETS,
    RUN_TOTALS, TRANSACTIONS,
};

#[test]
fn a_run_of_the_contract_is_a_part_of_a_row() {
    // Whether a run is idle depends on the time of the question.
    let fields = [api::runs::Run::FIELDS, api::runs::ActiveRun::FIELDS].concat();
    for field in fields.into_iter().filter(|field| field.name != "idle") {
        let column = RUNS.columns.iter().find(|column| column.name == field.name);
        assert_eq!(column.map(|column| column.shape), Some(field.shape), "{}", field.name);
    }
}

/// A run of 2 November with everything, and one of the same number on the 3rd with nothing.
fn factory() -> RunScope {
    let mut scope = no_runs();
    let (number, date) = (["7", "7"], [day(2), day(3)]);
    let runs = df![
        "run_number" => number,
        "production_date" => date,
        "description" => [Some("SMOKED HADDOCK FILLET"), Some("FISH PIE")],
        "product_code" => [Some("A"), Some("B")],
        "prod_line" => [Some("line 1"), Some("Line 77")],
        "shift_code" => [Some("AM"), None],
        "spec" => [Some("S1"), None],
        "active" => [true, true],
        "complete" => [true, false],
        "created" => [at(2, 5, 0), at(3, 5, 0)],
        "updated" => [Some(at(2, 15, 0)), None],
    ];
    scope.runs = of_run(&RUN_NUMBERS, &runs.unwrap());
    scope.lines =
        rows(&PROD_LINES, &df!["line_id" => ["L1"], "line_name" => ["Line 1"], "active" => [true]].unwrap());
    let products_named = df![
        "plu_number" => [1_i64, 2, 3],
        "product_code" => ["A", "A", "B"],
        "description" => ["OLD", "SALMON PORTION", "WHOLE SEA BASS"],
        "species" => [None, Some("salmon"), Some("seabass")],
        "customer" => [Some("Old customer"), Some("Harbour Foods"), None],
        "active" => [false, true, true],
    ];
    scope.products = products(&products_named.unwrap());
    scope
}

#[test]
fn day_zero_of_an_old_system_is_no_date_that_somebody_filled_in() {
    let mut scope = factory();
    let zero = NaiveDate::from_ymd_opt(1900, 1, 1).unwrap();
    let sheet = df![
        "run_number" => ["7"],
        "production_date" => [day(2)],
        "pack_date" => [zero],
        "started_at" => [zero.and_time(chrono::NaiveTime::MIN)],
        "finished_at" => [at(2, 14, 0)],
    ];
    scope.sheets = of_run(&RUN_SHEETS, &sheet.unwrap());
    let mart = build(&scope).unwrap();
    assert_eq!(
        shown(&mart, &["pack_date", "started_at", "sheet_started_at", "finished_at"]),
        ["- | 2026-11-02 05:00:00 | - | 2026-11-02 14:00:00", "- | 2026-11-03 05:00:00 | - | -"]
    );
}

fn with_children() -> RunScope {
    let mut scope = factory();
    let sheet = df![
        "run_number" => ["7"],
        "production_date" => [day(2)],
        "target_qty_kg" => [160.0],
        "baskets" => [3_i64],
        "start_label" => [1010_i64],
        "end_label" => [1030_i64],
        "pack_date" => [day(3)],
        "shelf_life_adjustment" => [1_i64],
        "started_at" => [at(2, 6, 0)],
        "finished_at" => [at(2, 14, 0)],
        "recorded_by" => ["kim"],
    ];
    scope.sheets = of_run(&RUN_SHEETS, &sheet.unwrap());
    let totals = df![
        "run_number" => ["7"],
        "production_date" => [day(2)],
        "total_packs" => [5_i64],
        "total_weight" => [121.0],
        "avg_weight" => [201.0],
        "min_weight" => [199.0],
        "max_weight" => [203.0],
        "std_dev" => [1.5],
        "giveaway" => [-0.5],
        "giveaway_pct" => [9.0],
        "reject_count" => [2_i64],
        "downtime_mins" => [15_i64],
    ];
    scope.totals = of_run(&RUN_TOTALS, &totals.unwrap());
    let (number, date) = (["7"; 3], [day(2); 3]);
    let inputs = df!["input_id" => [1_i64, 2, 3], "run_number" => number, "production_date" => date, "qty_kg" => [100.0, 70.0, -10.0]];
    scope.inputs = of_run(&RUN_INPUTS, &inputs.unwrap());
    let outputs = df!["output_id" => [1_i64, 2, 3], "run_number" => number, "production_date" => date, "qty_kg" => [100.0, 25.0, -5.0]];
    scope.outputs = of_run(&RUN_OUTPUTS, &outputs.unwrap());
    let packs = df![
        "trans_no" => [1_i64, 2, 3],
        "run_number" => number,
        "production_date" => date,
        "net_weight" => [Some(206.0), Some(210.0), Some(999.0)],
        "target_weight" => [Some(200.0), Some(200.0), None],
    ];
    scope.packs = of_run(&TRANSACTIONS, &packs.unwrap());
    scope
}

fn built(scope: &RunScope, columns: &[&str]) -> Vec<String> {
    let mart = build(scope).unwrap();
    assert_eq!(**mart.schema(), RUNS.schema());
    shown(&mart, columns)
}

#[test]
fn what_a_run_is_comes_from_its_own_row_the_lines_and_the_products() {
    let columns = [
        "run_number",
        "production_date",
        "prod_line",
        "line_name",
        "shift_code",
        "product_code",
        "product",
        "customer",
    ];
    assert_eq!(
        built(&factory(), &columns),
        [
            "7 | 2026-11-02 | L1 | Line 1 | AM | A | SALMON PORTION | Harbour Foods",
            "7 | 2026-11-03 | Line 77 | Line 77 | - | B | WHOLE SEA BASS | -"
        ]
    );
    let columns = ["species", "product_type", "spec", "active", "complete", "created", "updated"];
    assert_eq!(
        built(&factory(), &columns),
        [
            "haddock | smoked | S1 | true | true | 2026-11-02 05:00:00 | 2026-11-02 15:00:00",
            "seabass | whole | - | true | false | 2026-11-03 05:00:00 | -"
        ]
    );
}

#[test]
fn a_run_of_no_known_product_goes_by_its_own_description() {
    let mut scope = factory();
    scope.products = products(&DataFrame::empty());
    assert_eq!(
        built(&scope, &["product", "species", "product_type", "customer"]),
        ["SMOKED HADDOCK FILLET | haddock | smoked | -", "FISH PIE | - | - | -"]
    );
}

#[test]
fn the_figures_are_those_of_the_runs_own_children() {
    let columns =
        ["input_kg", "actual_kg", "target_kg", "waste_kg", "yield_pct", "waste_pct", "efficiency_pct"];
    assert_eq!(
        built(&with_children(), &columns),
        ["160 | 120 | 160 | 40 | 75 | 25 | 75", "- | - | - | - | - | - | -"]
    );
    let columns = ["packs", "weighed_packs", "pack_giveaway_g", "pack_target_g", "giveaway_pct"];
    assert_eq!(built(&with_children(), &columns), ["3 | 2 | 16 | 400 | 4", "0 | 0 | - | - | -"]);
}

#[test]
fn sheet_and_totals_are_shown_as_they_are() {
    let sheet = [
        "baskets",
        "start_label",
        "end_label",
        "pack_date",
        "shelf_life_adjustment",
        "recorded_by",
        "started_at",
        "sheet_started_at",
        "finished_at",
        "has_sheet",
    ];
    assert_eq!(
        built(&with_children(), &sheet),
        [
            "3 | 1010 | 1030 | 2026-11-03 | 1 | kim | 2026-11-02 06:00:00 | 2026-11-02 06:00:00 | 2026-11-02 14:00:00 | true",
            "- | - | - | - | - | - | 2026-11-03 05:00:00 | - | - | false"
        ]
    );
    let totals = [
        "total_packs",
        "total_weight_kg",
        "avg_weight_g",
        "min_weight_g",
        "max_weight_g",
        "std_dev_g",
        "total_giveaway_kg",
        "total_giveaway_pct",
        "reject_count",
        "downtime_minutes",
        "has_totals",
    ];
    assert_eq!(
        built(&with_children(), &totals),
        [
            "5 | 121 | 201 | 199 | 203 | 1.5 | -0.5 | 9 | 2 | 15 | true",
            "- | - | - | - | - | - | - | - | - | - | false"
        ]
    );
}

#[test]
fn whatever_is_booked_to_a_run_last_tells_when_it_was_last_worked_on() {
    let last = |change: &dyn Fn(&mut RunScope)| {
        let mut scope = factory();
        change(&mut scope);
        built(&scope, &["last_activity_at"])
    };
    let row = |source, stamps: &[(&str, NaiveDateTime)]| {
        let key = df!["run_number" => ["7"], "production_date" => [day(2)]].unwrap();
        let stamp = |(name, at): &(&str, NaiveDateTime)| Column::new((*name).into(), [*at]);
        of_run(source, &key.hstack(&stamps.iter().map(stamp).collect::<Vec<_>>()).unwrap())
    };
    assert_eq!(last(&|_| ()), ["-", "-"]);
    let by_pack = last(&|scope| scope.packs = row(&TRANSACTIONS, &[("trans_date", at(2, 9, 0))]));
    assert_eq!(by_pack, ["2026-11-02 09:00:00", "-"]);
    let latest = last(&|scope| {
        scope.packs = row(&TRANSACTIONS, &[("trans_date", at(2, 9, 0))]);
        scope.inputs = row(&RUN_INPUTS, &[("updated_at", at(2, 8, 0))]);
        scope.outputs = row(&RUN_OUTPUTS, &[("updated_at", at(2, 10, 0))]);
        scope.lineage = row(&BATCH_LINEAGE, &[("updated_at", at(2, 11, 0))]);
        // A scan has a time of its own, which counts whenever the row was touched.
        scope.cases = row(&CASE_VERIFICATION, &[("scan_time", at(2, 7, 0)), ("updated_at", at(2, 13, 0))]);
    });
    assert_eq!(latest, ["2026-11-02 11:00:00", "-"]);
}

#[test]
fn the_weighing_systems_totals_stand_in_for_outputs_and_packs() {
    let mut scope = with_children();
    scope.outputs = of_run(&RUN_OUTPUTS, &DataFrame::empty());
    scope.packs = of_run(&TRANSACTIONS, &DataFrame::empty());
    let columns = ["actual_kg", "yield_pct", "packs", "pack_giveaway_g", "giveaway_pct"];
    assert_eq!(built(&scope, &columns)[0], "121 | 75.625 | 0 | - | 9");
}

/// The scope with one booking more in a table.
fn with_booking(bookings: &DataFrame, id: &str, qty_kg: Option<f64>) -> DataFrame {
    let one = df![id => [9_i64], "run_number" => ["7"], "production_date" => [day(2)], "qty_kg" => [qty_kg]];
    frames::stack([bookings.clone(), one.unwrap()], bookings.schema()).unwrap()
}

#[test]
fn a_sum_with_an_unknown_part_is_unknown_and_the_unweighed_rows_are_counted() {
    let columns = [
        "input_kg",
        "inputs_without_weight",
        "actual_kg",
        "outputs_without_weight",
        "waste_kg",
        "yield_pct",
        "efficiency_pct",
    ];
    let mut scope = with_children();
    scope.inputs = with_booking(&scope.inputs, "input_id", None);
    let shown = built(&scope, &columns);
    assert_eq!(shown, ["- | 1 | 120 | 0 | - | - | 75", "- | 0 | - | 0 | - | - | -"]);
    let mut scope = with_children();
    scope.outputs = with_booking(&scope.outputs, "output_id", None);
    assert_eq!(built(&scope, &columns)[0], "160 | 0 | - | 1 | - | - | -", "whatever the scales say");
    scope.totals = of_run(&RUN_TOTALS, &DataFrame::empty());
    assert_eq!(built(&scope, &columns)[0], "160 | 0 | - | 1 | - | - | -");
}

#[test]
fn bookings_that_add_up_to_less_than_nothing_are_no_quantity() {
    let columns = ["has_inputs", "input_kg", "has_outputs", "actual_kg", "yield_pct"];
    let mut scope = with_children();
    scope.inputs = with_booking(&scope.inputs, "input_id", Some(-161.0));
    assert_eq!(built(&scope, &columns)[0], "true | - | true | 120 | -");
    let mut scope = with_children();
    scope.outputs = with_booking(&scope.outputs, "output_id", Some(-121.0));
    let shown = built(&scope, &columns);
    assert_eq!(shown, ["true | 160 | true | - | -", "false | - | false | - | -"]);
}

#[test]
fn rejected_rows_are_counted_in_the_run_of_their_date() {
    let mut scope = factory();
    let bad = ("run_inputs", Some("1"), "`qty_kg` is `x`, not a number");
    scope.rejected = rejected(&[bad, ("SI_OCM_TRANS", None, "key `TransNo` is NULL")]);
    assert_eq!(built(&scope, &["production_date", "rejected_rows"]), ["2026-11-02 | 2", "2026-11-03 | 0"]);
}

#[test]
fn quantities_that_nobody_wrote_down_are_unknown_and_not_zero() {
    let mut scope = with_children();
    let unknown = |frame: &DataFrame| {
        frame.clone().lazy().with_column(lit(NULL).cast(DataType::Float64).alias("qty_kg")).collect().unwrap()
    };
    (scope.inputs, scope.outputs) = (unknown(&scope.inputs), unknown(&scope.outputs));
    scope.totals = of_run(&RUN_TOTALS, &DataFrame::empty());
    assert_eq!(built(&scope, &["input_kg", "actual_kg", "waste_kg", "yield_pct"])[0], "- | - | - | -");
}

#[test]
fn no_runs_make_an_empty_mart() {
    assert_eq!(built(&no_runs(), &["run_number"]), [""; 0]);
}

#[test]
fn a_run_is_idle_after_a_day_without_a_booking_and_not_before_its_day() {
    let at = |text: &str| text.parse::<NaiveDateTime>().unwrap();
    let check = |date: &str, started: Option<&str>, booked: Option<&str>, expect| {
        let run = RunRow {
            production_date: date.parse().unwrap(),
            started_at: started.map(at),
            last_activity_at: booked.map(at),
            ..RunRow::default()
        };
        assert_eq!(run.is_idle(at("2026-11-20T14:00:00")), expect, "{date} {started:?} {booked:?}");
    };
    check("2024-11-20", Some("2024-11-20T06:00:00"), Some("2024-11-20T13:00:00"), true);
    check("2024-11-20", Some("2024-11-20T06:00:00"), Some("2026-11-20T13:00:00"), false);
    check("2026-11-19", None, Some("2026-11-19T14:00:00"), false);
    check("2026-11-19", None, Some("2026-11-19T13:59:59"), true);
    check("2026-11-20", Some("2026-11-20T06:00:00"), None, false);
    check("2026-11-20", None, None, false);
    check("2026-11-18", None, None, true);
    check("2026-11-25", Some("2026-11-10T06:00:00"), None, false);
    check("2024-11-20", Some("2024-11-20T06:00:00"), Some("2099-01-01T00:00:00"), false);
}
