//! What a shift's figures are made of, from bookings by hand.

use std::sync::Arc;

use chrono::{NaiveDateTime, NaiveTime};
use domain::settings::{FactorySettings, ShiftDate, ShiftTimes, WEEK};

use super::super::small_factory::{at, day, days_of, rows, runs, shown};
use super::*;
use crate::sources::PROD_LINES;

const FIGURES: [&str; 9] = [
    "headcount",
    "planned_hours",
    "actual_hours",
    "overtime_hours",
    "output_kg",
    "kg_per_head",
    "kg_per_hour",
    "overtime_pct",
    "hours_utilisation_pct",
];

fn built(named: PolarsResult<DataFrame>, columns: &[&str]) -> Vec<String> {
    rated(named, Ok(DataFrame::empty()), columns)
}

/// Shifts with the runs of their days; line 1 can make 4,000 kg in a shift.
fn rated(named: PolarsResult<DataFrame>, of_days: PolarsResult<DataFrame>, columns: &[&str]) -> Vec<String> {
    rated_by(&[], named, of_days, columns)
}

/// The same where the factory has told us its shift times.
fn rated_by(
    times: &[ShiftTimes],
    named: PolarsResult<DataFrame>,
    of_days: PolarsResult<DataFrame>,
    columns: &[&str],
) -> Vec<String> {
    let mut scope = days_of(&SHIFTS, &named.unwrap());
    scope.settings = Arc::new(FactorySettings { shifts: times.to_vec(), ..FactorySettings::default() });
    let lines = df![
        "line_id" => ["L1", "L2"],
        "line_name" => ["Line 1", "Line 2"],
        "max_capacity_kg" => [Some(4000.0), None],
        "active" => [true, true],
    ];
    scope.lines = rows(&PROD_LINES, &lines.unwrap());
    scope.runs = runs(&of_days.unwrap());
    let mart = build(&scope).unwrap();
    assert_eq!(**mart.schema(), FCT_SHIFT_PRODUCTIVITY.schema());
    shown(&mart, columns)
}

#[test]
fn a_row_is_a_date_shift_and_line_whatever_the_erp_calls_the_line() {
    let shifts = df![
        "shift_id" => [1_i64, 2, 3, 4, 5, 6, 7],
        "shift_date" => [Some(day(2)), Some(day(2)), Some(day(2)), Some(day(2)), Some(day(3)), None, Some(day(2))],
        "shift_code" => [Some("AM"), Some("AM "), Some("PM"), Some("AM"), Some("AM"), Some("AM"), None],
        "line_id" => [Some("L1"), Some("line 1"), Some("L1"), Some("Line 77"), Some("L2"), Some("L1"), None],
        "headcount" => [10_i64, 1, 2, 3, 4, 5, 6],
    ];
    assert_eq!(
        built(shifts, &["shift_date", "shift_code", "prod_line", "line_name", "headcount"]),
        [
            "2026-11-02 | - | - | - | 6",
            "2026-11-02 | AM | L1 | Line 1 | 11",
            "2026-11-02 | AM | Line 77 | Line 77 | 3",
            "2026-11-02 | PM | L1 | Line 1 | 2",
            "2026-11-03 | AM | L2 | Line 2 | 4",
        ]
    );
}

#[test]
fn figures_are_ratios_of_sums_over_the_bookings_that_know_both_sides() {
    let shifts = df![
        "shift_id" => [1_i64, 2, 3],
        "shift_date" => [day(2); 3],
        "headcount" => [Some(10_i64), Some(30), None],
        "planned_hours" => [Some(80.0), Some(240.0), Some(8.0)],
        "actual_hours" => [Some(100.0), None, Some(60.0)],
        "overtime_hours" => [Some(20.0), None, Some(0.0)],
        "output_kg" => [Some(4000.0), Some(4000.0), None],
    ];
    // Heads: 8000 / 40. Hours: 4000 / 100, since the output of the 60 hours is not known. Overtime: 20 / 160.
    // Utilisation: 160 / 88.
    assert_eq!(
        built(shifts, &FIGURES),
        [format!("- | 328 | - | - | - | 200 | 40 | 12.5 | {}", 160.0 / 88.0 * 100.0)]
    );
}

#[test]
fn a_sum_with_an_unknown_part_is_unknown_wherever_the_part_stands() {
    for outputs_kg in [[Some(4000.0_f64), None], [None, Some(4000.0)]] {
        let shifts = df![
            "shift_id" => [1_i64, 2],
            "shift_date" => [day(2); 2],
            "headcount" => [10_i64, 10],
            "output_kg" => outputs_kg,
        ];
        assert_eq!(built(shifts, &["headcount", "output_kg", "kg_per_head"]), ["20 | - | 400"]);
    }
}

#[test]
fn nothing_is_divided_by_nothing() {
    let shifts = |divisor: Option<i64>| {
        df![
            "shift_id" => [1_i64],
            "shift_date" => [day(2)],
            "headcount" => [divisor],
            "planned_hours" => [divisor.map(|hours| hours as f64)],
            "actual_hours" => [divisor.map(|hours| hours as f64)],
            "overtime_hours" => [0.0],
            "output_kg" => [500.0],
        ]
    };
    assert_eq!(built(shifts(Some(0)), &FIGURES), ["0 | 0 | 0 | 0 | 500 | - | - | - | -"]);
    assert_eq!(built(shifts(None), &FIGURES), ["- | - | - | 0 | 500 | - | - | - | -"]);
}

#[test]
fn a_booking_whose_divisor_is_0_counts_in_neither_sum_of_a_ratio() {
    let shifts = df![
        "shift_id" => [1_i64, 2],
        "shift_date" => [day(2); 2],
        "headcount" => [10_i64, 0],
        "planned_hours" => [80.0, 0.0],
        "actual_hours" => [100.0, 0.0],
        "overtime_hours" => [20.0, 4.0],
        "output_kg" => [4000.0, 500.0],
    ];
    assert_eq!(built(shifts, &FIGURES), ["10 | 80 | 100 | 24 | 4500 | 400 | 40 | 20 | 125"]);
}

#[test]
fn a_shift_that_is_still_going_has_people_and_a_plan() {
    let shifts = df!["shift_id" => [1_i64], "shift_date" => [day(2)], "headcount" => [12_i64], "planned_hours" => [96.0]];
    assert_eq!(built(shifts, &FIGURES), ["12 | 96 | - | - | - | - | - | - | -"]);
}

const OEE: [&str; 7] = [
    "max_capacity_kg",
    "packs",
    "rejected_packs",
    "availability_pct",
    "performance_pct",
    "quality_pct",
    "oee_pct",
];

/// A shift of line 1 on 2 November: 80 hours planned, 60 worked, 2,400 kg.
fn one_shift(line: &str) -> PolarsResult<DataFrame> {
    df![
        "shift_id" => [1_i64],
        "shift_date" => [day(2)],
        "shift_code" => ["AM"],
        "line_id" => [line],
        "planned_hours" => [80.0],
        "actual_hours" => [60.0],
        "output_kg" => [2400.0],
    ]
}

#[test]
fn a_line_is_rated_by_its_hours_its_capacity_and_the_packs_of_the_shifts_own_runs() {
    let of_days = df![
        "run_number" => ["1", "2", "3", "4", "5", "6", "7", "8"],
        "production_date" => [day(2), day(2), day(3), day(2), day(2), day(2), day(2), day(2)],
        "shift_code" => [Some("AM"), Some("AM"), Some("AM"), Some("PM"), Some("AM"), Some("AM"), Some("AM"), None],
        "prod_line" => [Some("L1"), Some("L1"), Some("L1"), Some("L1"), Some("L2"), Some("L1"), Some("L1"), Some("L1")],
        "total_packs" => [Some(700_i64), Some(300), Some(1), Some(1), Some(1), None, Some(50), Some(1)],
        "reject_count" => [Some(20_i64), Some(30), Some(1), Some(1), Some(1), Some(9), None, Some(1)],
    ];
    // Availability: 60 of 80 hours. Performance: 2400 kg in 60 hours, where the line can make 4000 kg in 80.
    // Quality: 950 good packs of 1000.
    assert_eq!(rated(one_shift("line 1"), of_days, &OEE), ["4000 | 1000 | 50 | 75 | 80 | 95 | 57"]);
}

#[test]
fn packs_of_runs_that_did_not_make_the_booked_output_tell_no_quality() {
    let of_night = |kg: f64, began: Option<NaiveDateTime>| {
        df![
            "run_number" => ["1"], "production_date" => [day(2)], "shift_code" => ["AM"], "prod_line" => ["L1"],
            "total_packs" => [1000_i64], "reject_count" => [0_i64], "total_weight_kg" => [kg],
            "sheet_started_at" => [began], "started_at" => [began.unwrap_or(at(1, 5, 0))], "created" => [at(1, 5, 0)],
        ]
    };
    let known = "4000 | 1000 | 0 | 75 | 80 | 100 | 60";
    let unknown = "4000 | - | - | 75 | 80 | - | -";
    let morning = Some(at(2, 6, 0));
    assert_eq!(rated(one_shift("L1"), of_night(2400.0, morning), &OEE), [known]);
    assert_eq!(rated(one_shift("L1"), of_night(2430.0, morning), &OEE), [known], "weighing differs a little");
    assert_eq!(rated(one_shift("L1"), of_night(1500.0, morning), &OEE), [unknown]);
    let night_before = Some(at(1, 23, 0));
    assert_eq!(rated(one_shift("L1"), of_night(2400.0, night_before), &OEE), [unknown]);
    // A planner made the run the day before. When it began is not known.
    assert_eq!(rated(one_shift("L1"), of_night(2400.0, None), &OEE), [known]);
}

/// A shift from one hour to another, each day.
fn shift_times(code: &str, from: u32, to: u32, date: ShiftDate) -> ShiftTimes {
    let [start, end] = [from, to].map(|hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap());
    ShiftTimes { code: code.to_owned(), start, end, date, days: WEEK.to_vec(), breaks: Vec::new() }
}

/// Three shifts round the clock; the night belongs to the day on which it starts.
fn round_the_clock() -> [ShiftTimes; 3] {
    [("AM", 6, 14), ("PM", 14, 22), ("Night", 22, 6)]
        .map(|(code, from, to)| shift_times(code, from, to, ShiftDate::Start))
}

/// The nights of 1 to 3 November, of 2,000 kg each.
fn nights() -> PolarsResult<DataFrame> {
    df![
        "shift_id" => [1_i64, 2, 3],
        "shift_date" => [day(1), day(2), day(3)],
        "shift_code" => ["NIGHT"; 3],
        "line_id" => ["L1"; 3],
        "output_kg" => [2000.0; 3],
    ]
}

/// Runs of line 1 of 1,000 kg and 100 packs, each with its date, when its sheet says that it began and
/// ended, and its rejected packs.
fn of_sheets(of: &[(u32, Option<NaiveDateTime>, Option<NaiveDateTime>, i64)]) -> PolarsResult<DataFrame> {
    df![
        "run_number" => (1..=of.len()).map(|run| run.to_string()).collect::<Vec<_>>(),
        "production_date" => of.iter().map(|run| day(run.0)).collect::<Vec<_>>(),
        "shift_code" => vec!["night"; of.len()],
        "prod_line" => vec!["L1"; of.len()],
        "sheet_started_at" => of.iter().map(|run| run.1).collect::<Vec<_>>(),
        "finished_at" => of.iter().map(|run| run.2).collect::<Vec<_>>(),
        "total_packs" => vec![100_i64; of.len()],
        "reject_count" => of.iter().map(|run| run.3).collect::<Vec<_>>(),
        "total_weight_kg" => vec![1000.0; of.len()],
    ]
}

const PACKS: [&str; 4] = ["shift_date", "packs", "rejected_packs", "quality_pct"];

#[test]
fn runs_of_a_night_count_in_its_shift_whichever_day_they_are_dated_with() {
    // The first night's runs are dated with the day on which it ends, the second night's with the days on
    // which they began, the third night's with the day on which it starts.
    let runs = || {
        of_sheets(&[
            (2, Some(at(1, 22, 0)), Some(at(2, 2, 0)), 1),
            (2, Some(at(2, 2, 0)), Some(at(2, 6, 0)), 2),
            (2, Some(at(2, 22, 5)), Some(at(3, 1, 0)), 10),
            (3, Some(at(3, 1, 5)), Some(at(3, 5, 0)), 20),
            (3, Some(at(3, 23, 0)), Some(at(4, 1, 0)), 0),
            (3, Some(at(4, 1, 0)), Some(at(4, 3, 0)), 100),
        ])
    };
    assert_eq!(
        rated_by(&round_the_clock(), nights(), runs(), &PACKS),
        ["2026-11-01 | 200 | 3 | 98.5", "2026-11-02 | 200 | 30 | 85", "2026-11-03 | 200 | 100 | 50"]
    );
    let unknown = ["2026-11-01 | - | - | -", "2026-11-02 | - | - | -", "2026-11-03 | - | - | -"];
    assert_eq!(rated(nights(), runs(), &PACKS), unknown, "nobody has told when shifts end");
    // A factory whose nights belong to the day on which they end books them there.
    let dated_by_end = [shift_times("night", 22, 6, ShiftDate::End)];
    assert_eq!(
        rated_by(&dated_by_end, nights(), runs(), &PACKS),
        ["2026-11-01 | - | - | -", "2026-11-02 | 200 | 3 | 98.5", "2026-11-03 | 200 | 30 | 85"]
    );
}

#[test]
fn a_run_over_the_end_of_its_shift_counts_only_if_the_booked_output_is_all_that_its_runs_made() {
    let quality = |output_kg: Option<f64>, ended: Option<NaiveDateTime>| {
        let night = df![
            "shift_id" => [1_i64],
            "shift_date" => [day(2)],
            "shift_code" => ["NIGHT"],
            "line_id" => ["L1"],
            "output_kg" => [output_kg],
        ];
        let runs =
            of_sheets(&[(2, Some(at(2, 23, 0)), Some(at(3, 2, 0)), 0), (3, Some(at(3, 2, 0)), ended, 10)]);
        rated_by(&round_the_clock(), night, runs, &["quality_pct"]).remove(0)
    };
    let (within, over) = (Some(at(3, 6, 0)), Some(at(3, 6, 30)));
    for (output_kg, ended, expect) in [
        (Some(2000.0), within, "95"),
        (Some(2000.0), over, "95"),
        (Some(1900.0), within, "-"),
        (Some(1900.0), over, "-"),
        // Nothing is booked yet, or not all of it.
        (None, within, "95"),
        (None, over, "-"),
        (None, None, "-"),
    ] {
        assert_eq!(quality(output_kg, ended), expect, "{output_kg:?} {ended:?}");
    }
}

#[test]
fn a_run_whose_time_tells_no_shift_counts_by_its_own_date_and_code() {
    // One has no sheet, one has a sheet of another week, one began before the shifts of the day.
    let runs = || {
        of_sheets(&[
            (2, None, None, 1),
            (2, Some(at(12, 23, 0)), Some(at(12, 23, 30)), 2),
            (3, Some(at(3, 4, 0)), Some(at(3, 5, 0)), 3),
            (3, Some(at(3, 23, 0)), Some(at(4, 5, 0)), 4),
        ])
    };
    let until_two = [shift_times("NIGHT", 22, 2, ShiftDate::Start)];
    assert_eq!(
        rated_by(&until_two, nights(), runs(), &PACKS),
        ["2026-11-01 | - | - | -", "2026-11-02 | 200 | 3 | 98.5", "2026-11-03 | 200 | 7 | 96.5"]
    );
}

#[test]
fn a_factor_that_is_not_known_takes_the_oee_with_it_alone() {
    let of_days = |made: i64, rejected: i64| {
        df![
            "run_number" => ["1"], "production_date" => [day(2)], "shift_code" => ["AM"], "prod_line" => ["L1"], "total_packs" => [made],
            "reject_count" => [rejected],
        ]
    };
    assert_eq!(built(one_shift("L1"), &OEE), ["4000 | - | - | 75 | 80 | - | -"]);
    assert_eq!(rated(one_shift("L1"), of_days(0, 0), &OEE), ["4000 | 0 | 0 | 75 | 80 | - | -"]);
    assert_eq!(
        rated(one_shift("L1"), of_days(1, 2), &OEE),
        ["4000 | 1 | 2 | 75 | 80 | - | -"],
        "more rejected than there are"
    );
    assert_eq!(built(one_shift("L2"), &OEE), ["- | - | - | 75 | - | - | -"]);
    assert_eq!(built(one_shift("Line 77"), &OEE), ["- | - | - | 75 | - | - | -"]);
}

#[test]
fn the_capacity_counts_once_however_many_bookings_a_shift_has() {
    let shifts = df![
        "shift_id" => [1_i64, 2, 3, 4],
        "shift_date" => [day(2); 4],
        "shift_code" => ["AM"; 4],
        "line_id" => ["L1"; 4],
        "planned_hours" => [Some(40.0), Some(40.0), Some(20.0), None],
        "actual_hours" => [Some(50.0), Some(50.0), Some(20.0), Some(8.0)],
        "output_kg" => [Some(1000.0), Some(1000.0), None, Some(100.0)],
    ];
    // Availability: 120 of 100 hours are no more than all of them. Performance: 2000 kg in 100 hours, where
    // the line can make 4000 kg in 80.
    assert_eq!(built(shifts, &["availability_pct", "performance_pct"]), ["100 | 40"]);
}

#[test]
fn no_shifts_make_an_empty_mart() {
    assert_eq!(built(Ok(DataFrame::empty()), &["shift_date"]), [""; 0]);
}
