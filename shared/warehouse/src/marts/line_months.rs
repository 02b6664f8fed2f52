//! `line_months`: the complete runs of each line and month, added up. They tell what a line made in all its
//! time, without opening every month of `runs`.

use std::collections::BTreeMap;

use api::row;
use chrono::{Datelike, NaiveDate};
use domain::species::Species;
use domain::yields::{KeptSums, YieldSum};
use polars::prelude::*;

use super::{Build, Mart, RUN_TABLES, RunRow, columns_of, rows};
use crate::frames;

row! {
    /// The complete runs of one month, line, shift and species.
    pub struct LineMonthRow {
        /// The first day of the month.
        month: NaiveDate,
        /// The line's id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// The shift.
        shift_code: Option<String>,
        /// The species, by the run's description, else by its product.
        #[one_of(Species::NAMES)]
        species: Option<String>,
        /// Complete runs.
        #[at_least(1)]
        runs: i64,
        /// Fish that went in, kg. Null where that of a run is unknown.
        input_kg: Option<f64>,
        /// Product that came out, kg. Null where that of a run is unknown.
        total_kg: Option<f64>,
        /// Runs of which nobody knows how much went in.
        #[at_least(0)]
        unknown_inputs: i64,
        /// Runs of which nobody knows how much came out.
        #[at_least(0)]
        unknown_outputs: i64,
        /// Runs with inputs of which nobody knows how much went in, or how much of it came out.
        #[at_least(0)]
        unknown_wastes: i64,
        /// Fish that went into the runs that have a yield, kg.
        yield_input_kg: Option<f64>,
        /// Product that came out of these, kg.
        yield_output_kg: Option<f64>,
        /// The first production date.
        first_date: NaiveDate,
        /// The last production date.
        last_date: NaiveDate,
    }
}

/// Sums of complete runs per month, line, shift and species: what a question about yields may name. The mart
/// is one part, since it grows by only a few rows a month.
pub const LINE_MONTHS: Mart = Mart {
    name: "line_months",
    columns: columns_of::<LineMonthRow>(),
    grain: &["month", "prod_line", "line_name", "shift_code", "species"],
    month_of: None,
    batches: &[],
    tables: &[RUN_TABLES],
    builds: &[Build::Months(build)],
};

/// The runs of one row.
struct RunsOfMonth {
    sum: YieldSum,
    first_date: NaiveDate,
    last_date: NaiveDate,
}

fn build(runs: &DataFrame) -> PolarsResult<DataFrame> {
    let mut complete: Vec<RunRow> = rows(runs)?;
    complete.retain(|run| run.complete);
    // In a fixed order, since a sum of floats depends on the order.
    complete.sort_by(|one, other| {
        (one.production_date, &one.run_number).cmp(&(other.production_date, &other.run_number))
    });
    let mut groups = BTreeMap::<_, RunsOfMonth>::new();
    for run in &complete {
        let date = run.production_date;
        let month = date.with_day(1).unwrap_or(date);
        let key = (month, &run.prod_line, &run.line_name, &run.shift_code, &run.species);
        let sum = YieldSum::default();
        let group = groups.entry(key).or_insert(RunsOfMonth { sum, first_date: date, last_date: date });
        group.sum.add(&run.kg());
        group.last_date = date;
    }
    let keys = || groups.keys();
    let sums = || groups.values();
    let kept: Vec<KeptSums> = sums().map(|group| group.sum.kept()).collect();
    let figures =
        |figure: fn(&KeptSums) -> Option<f64>| kept.iter().map(figure).collect::<Vec<Option<f64>>>();
    let months = df![
        "month" => keys().map(|key| key.0).collect::<Vec<_>>(),
        "prod_line" => keys().map(|key| key.1.as_deref()).collect::<Vec<_>>(),
        "line_name" => keys().map(|key| key.2.as_deref()).collect::<Vec<_>>(),
        "shift_code" => keys().map(|key| key.3.as_deref()).collect::<Vec<_>>(),
        "species" => keys().map(|key| key.4.as_deref()).collect::<Vec<_>>(),
        "runs" => kept.iter().map(|kept| kept.runs).collect::<Vec<_>>(),
        "input_kg" => figures(|kept| kept.input_kg),
        "total_kg" => figures(|kept| kept.total_kg),
        "unknown_inputs" => kept.iter().map(|kept| kept.unknown_inputs).collect::<Vec<_>>(),
        "unknown_outputs" => kept.iter().map(|kept| kept.unknown_outputs).collect::<Vec<_>>(),
        "unknown_wastes" => kept.iter().map(|kept| kept.unknown_wastes).collect::<Vec<_>>(),
        "yield_input_kg" => figures(|kept| kept.yield_input_kg),
        "yield_output_kg" => figures(|kept| kept.yield_output_kg),
        "first_date" => sums().map(|group| group.first_date).collect::<Vec<_>>(),
        "last_date" => sums().map(|group| group.last_date).collect::<Vec<_>>(),
    ]?;
    frames::fit(&months, &LINE_MONTHS.schema())
}

#[cfg(test)]
mod tests {
    use super::super::small_factory::{day, runs, shown};
    use super::*;

    #[test]
    fn complete_runs_are_added_up_per_line_shift_and_species() {
        let of_month = df![
            "run_number" => ["1", "2", "3", "4", "5", "6", "7"],
            "production_date" => [day(3), day(2), day(2), day(9), day(2), day(4), day(4)],
            "complete" => [true, true, true, true, false, true, true],
            "prod_line" => [Some("L1"), Some("L1"), Some("L1"), None, Some("L1"), Some("L2"), Some("L2")],
            "line_name" => [Some("Line 1"), Some("Line 1"), Some("Line 1"), None, Some("Line 1"), None, None],
            "shift_code" => [Some("AM"), Some("AM"), Some("PM"), None, Some("AM"), None, None],
            "species" => [Some("cod"), Some("cod"), Some("cod"), None, Some("cod"), None, None],
            "has_inputs" => [true, false, true, false, true, true, true],
            "has_outputs" => [true, true, true, false, true, true, true],
            "input_kg" => [Some(100.0), None, Some(0.0), None, Some(1e6), None, Some(50.0)],
            "actual_kg" => [Some(90.0), Some(40.0), Some(7.0), None, Some(1e6), Some(3.0), Some(45.0)],
        ];
        let mart = build(&runs(&of_month.unwrap())).unwrap();
        assert_eq!(**mart.schema(), LINE_MONTHS.schema());
        assert_eq!(
            shown(&mart, &LINE_MONTHS.columns.iter().map(|column| column.name).collect::<Vec<_>>()),
            [
                "2026-11-01 | - | - | - | - | 1 | - | - | 0 | 0 | 0 | - | - | 2026-11-09 | 2026-11-09",
                "2026-11-01 | L1 | Line 1 | AM | cod | 2 | 100 | 130 | 0 | 0 | 0 | 100 | 90 | 2026-11-02 | 2026-11-03",
                "2026-11-01 | L1 | Line 1 | PM | cod | 1 | 0 | 7 | 0 | 0 | 0 | - | - | 2026-11-02 | 2026-11-02",
                "2026-11-01 | L2 | - | - | - | 2 | - | 48 | 1 | 0 | 1 | 50 | 45 | 2026-11-04 | 2026-11-04",
            ]
        );
    }

    #[test]
    fn without_complete_runs_there_is_no_row() {
        assert_eq!(build(&runs(&DataFrame::empty())).unwrap().height(), 0);
    }
}
