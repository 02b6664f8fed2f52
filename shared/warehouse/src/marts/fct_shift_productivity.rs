//! `fct_shift_productivity`: what the people and hours of a shift on a line brought.

use std::collections::BTreeMap;
use std::ops::Add;

use polars::prelude::*;

use super::prod_line::Lines;
use super::shift_oee::{Hours, Packs, ShiftOutput, oee};
use super::{Build, Mart, date, known, number, text, whole};
use crate::frames;
use crate::scope::DayScope;
use crate::sources::SHIFTS;

/// Labour per date, shift and line. A shift without a date is in no row. Each figure is a ratio of sums over the bookings that know both sides of it, and
/// unknown where its divisor is nothing: a shift that is still going has people and planned hours, but no output per head yet.
///
/// The OEE is that of the line's own capacity, which is stated for a shift of the hours planned, and of the packs of the line's runs of that date and shift.
pub const FCT_SHIFT_PRODUCTIVITY: Mart = Mart {
    name: "fct_shift_productivity",
    columns: &[
        date("shift_date").always(),
        text("shift_code"),
        text("prod_line"),
        text("line_name"),
        whole("headcount"),
        number("planned_hours"),
        number("actual_hours"),
        number("overtime_hours"),
        number("output_kg"),
        number("kg_per_head"),
        number("kg_per_hour"),
        number("overtime_pct"),
        number("hours_utilisation_pct"),
        number("max_capacity_kg"),
        whole("packs"),
        whole("rejected_packs"),
        number("availability_pct"),
        number("performance_pct"),
        number("quality_pct"),
        number("oee_pct"),
    ],
    grain: &["shift_date", "shift_code", "prod_line"],
    month_of: Some("shift_date"),
    tables: &["shifts", "prod_lines", "run_numbers", "run_totals"],
    builds: &[Build::Days(&SHIFTS, build)],
};

/// The bookings of one row.
#[derive(Default)]
struct Group<'a> {
    line_name: Option<&'a str>,
    headcount: Option<i64>,
    planned_hours: Option<f64>,
    actual_hours: Option<f64>,
    overtime_hours: Option<f64>,
    output_kg: Option<f64>,
    kg_per_head: Ratio,
    kg_per_hour: Ratio,
    overtime: Ratio,
    utilisation: Ratio,
    worked: Hours,
    made: Hours,
    capacity_kg: Option<f64>,
    packs: Option<Packs>,
}

impl Group<'_> {
    fn add_hours(&mut self, planned: Option<f64>, worked: Option<f64>, output_kg: Option<f64>) {
        let (Some(planned), Some(worked)) = (planned, worked) else { return };
        for hours in [Some(&mut self.worked), output_kg.map(|_| &mut self.made)].into_iter().flatten() {
            hours.planned += planned;
            hours.worked += worked;
            hours.output_kg = both(hours.output_kg, output_kg, Add::add);
        }
    }
}

fn build(scope: &DayScope) -> PolarsResult<DataFrame> {
    // In one order, so that sums come out the same however the rows lay.
    let shifts = scope.rows.clone().lazy().filter(col("shift_date").is_not_null()).sort(["shift_id"], SortMultipleOptions::new()).collect()?;
    let (known_lines, outputs) = (Lines::of(&scope.lines)?, ShiftOutput::of(&scope.runs, &scope.lines)?);
    let (lines, line_names) = known_lines.resolve_all(shifts.column("line_id")?.str()?);
    let numbers = |name| shifts.column(name)?.f64();
    let (dates, codes) = (shifts.column("shift_date")?.date()?.physical(), shifts.column("shift_code")?.str()?);
    let heads = shifts.column("headcount")?.i64()?;
    let (planned_hours, actual_hours) = (numbers("planned_hours")?, numbers("actual_hours")?);
    let (overtime_hours, outputs_kg) = (numbers("overtime_hours")?, numbers("output_kg")?);

    let mut groups = BTreeMap::<_, Group>::new();
    for row in 0..shifts.height() {
        let (date, code, line) = (dates.get(row), known(codes.get(row)), lines[row]);
        let group = groups.entry((date, code, line)).or_default();
        let (headcount, planned, actual) = (heads.get(row), planned_hours.get(row), actual_hours.get(row));
        let (overtime, output) = (overtime_hours.get(row), outputs_kg.get(row));
        group.line_name = line_names[row];
        group.headcount = both(group.headcount, headcount, i64::saturating_add);
        group.planned_hours = both(group.planned_hours, planned, Add::add);
        group.actual_hours = both(group.actual_hours, actual, Add::add);
        group.overtime_hours = both(group.overtime_hours, overtime, Add::add);
        group.output_kg = both(group.output_kg, output, Add::add);
        group.kg_per_head.add(output, headcount.map(|heads| heads as f64));
        group.kg_per_hour.add(output, actual);
        group.overtime.add(overtime, actual);
        group.utilisation.add(actual, planned);
        group.add_hours(planned, actual, output);
        group.capacity_kg = outputs.capacity_kg(line);
        group.packs = outputs.packs(date, code, line);
    }

    let texts = |text: fn(&Group) -> Option<String>| groups.values().map(text).collect::<Vec<_>>();
    let figures = |figure: fn(&Group) -> Option<f64>| groups.values().map(figure).collect::<Vec<_>>();
    let oees: Vec<_> = groups.values().map(|group| oee(&group.worked, &group.made, group.capacity_kg, group.packs)).collect();
    let rows = df![
        "shift_date" => groups.keys().map(|key| key.0).collect::<Vec<_>>(),
        "shift_code" => groups.keys().map(|key| key.1).collect::<Vec<_>>(),
        "prod_line" => groups.keys().map(|key| key.2).collect::<Vec<_>>(),
        "line_name" => texts(|group| group.line_name.map(str::to_owned)),
        "headcount" => groups.values().map(|group| group.headcount).collect::<Vec<_>>(),
        "planned_hours" => figures(|group| group.planned_hours),
        "actual_hours" => figures(|group| group.actual_hours),
        "overtime_hours" => figures(|group| group.overtime_hours),
        "output_kg" => figures(|group| group.output_kg),
        "kg_per_head" => figures(|group| group.kg_per_head.value()),
        "kg_per_hour" => figures(|group| group.kg_per_hour.value()),
        "overtime_pct" => figures(|group| group.overtime.pct()),
        "hours_utilisation_pct" => figures(|group| group.utilisation.pct()),
        "max_capacity_kg" => figures(|group| group.capacity_kg),
        "packs" => groups.values().map(|group| group.packs.map(|packs| packs.made)).collect::<Vec<_>>(),
        "rejected_packs" => groups.values().map(|group| group.packs.map(|packs| packs.rejected)).collect::<Vec<_>>(),
        "availability_pct" => oees.iter().map(|oee| oee.availability_pct).collect::<Vec<_>>(),
        "performance_pct" => oees.iter().map(|oee| oee.performance_pct).collect::<Vec<_>>(),
        "quality_pct" => oees.iter().map(|oee| oee.quality_pct).collect::<Vec<_>>(),
        "oee_pct" => oees.iter().map(|oee| oee.oee_pct).collect::<Vec<_>>(),
    ]?;
    frames::fit(&rows, &FCT_SHIFT_PRODUCTIVITY.schema())
}

/// What is known of both, added up; a sum of nothing is unknown, not 0.
fn both<T: Copy>(sum: Option<T>, value: Option<T>, add: fn(T, T) -> T) -> Option<T> {
    sum.zip(value).map(|(sum, value)| add(sum, value)).or(sum).or(value)
}

/// A ratio of sums over the bookings that know both sides.
#[derive(Default)]
struct Ratio {
    numerator: f64,
    denominator: f64,
}

impl Ratio {
    fn add(&mut self, numerator: Option<f64>, denominator: Option<f64>) {
        if let (Some(numerator), Some(denominator)) = (numerator, denominator) {
            self.numerator += numerator;
            self.denominator += denominator;
        }
    }

    fn value(&self) -> Option<f64> {
        let value = self.numerator / self.denominator;
        (self.denominator > 0.0 && value.is_finite()).then_some(value)
    }

    fn pct(&self) -> Option<f64> {
        domain::yields::ratio_pct(self.numerator, self.denominator)
    }
}

#[cfg(test)]
mod tests {
    use super::super::small_factory::{day, days_of, rows, runs, shown};
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
        let mut scope = days_of(&SHIFTS, &named.unwrap());
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
        // Heads: 8000 / 40. Hours: 4000 / 100, since the output of the 60 hours is not known. Overtime: 20 / 160. Utilisation: 160 / 88.
        assert_eq!(built(shifts, &FIGURES), [format!("40 | 328 | 160 | 20 | 8000 | 200 | 40 | 12.5 | {}", 160.0 / 88.0 * 100.0)]);
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
    fn a_shift_that_is_still_going_has_people_and_a_plan() {
        let shifts = df!["shift_id" => [1_i64], "shift_date" => [day(2)], "headcount" => [12_i64], "planned_hours" => [96.0]];
        assert_eq!(built(shifts, &FIGURES), ["12 | 96 | - | - | - | - | - | - | -"]);
    }

    const OEE: [&str; 7] = ["max_capacity_kg", "packs", "rejected_packs", "availability_pct", "performance_pct", "quality_pct", "oee_pct"];

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
        // 60 of 80 hours; 2400 kg in 60 hours of a line of 4000 in 80; 950 good of 1000.
        assert_eq!(rated(one_shift("line 1"), of_days, &OEE), ["4000 | 1000 | 50 | 75 | 80 | 95 | 57"]);
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
        assert_eq!(rated(one_shift("L1"), of_days(1, 2), &OEE), ["4000 | 1 | 2 | 75 | 80 | - | -"], "more rejected than there are");
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
        // Available: 120 of 100 hours, no more than all of them. Fast: 2000 kg in 100 hours of a line of 4000 in 80.
        assert_eq!(built(shifts, &["availability_pct", "performance_pct"]), ["100 | 40"]);
    }

    #[test]
    fn no_shifts_make_an_empty_mart() {
        assert_eq!(built(Ok(DataFrame::empty()), &["shift_date"]), [""; 0]);
    }
}
