//! `temperature_breaches`: the readings outside their limits.

use api::row;
use api::temperature::Breach;
use chrono::NaiveDate;
use polars::prelude::*;

use super::{Build, Mart, columns_of, stg_temperature};
use crate::frames;
use crate::scope::DayScope;
use crate::sources::TEMPERATURE_LOGS;

row! {
    /// A breach with its reading.
    pub struct BreachRow {
        /// The id of the reading.
        log_id: i64,
        /// The day of the reading.
        reading_date: NaiveDate,
        ..breach: Breach,
    }
}

/// Readings below `target_min` or above `target_max`.
pub const TEMPERATURE_BREACHES: Mart = Mart {
    name: "temperature_breaches",
    columns: columns_of::<BreachRow>(),
    grain: &["log_id"],
    month_of: Some("reading_date"),
    batches: &[],
    tables: &[],
    builds: &[Build::Days(&TEMPERATURE_LOGS, build)],
};

fn build(scope: &DayScope) -> PolarsResult<DataFrame> {
    let breaches =
        stg_temperature::build(scope)?.lazy().filter(col("degrees_over").is_not_null()).collect()?;
    frames::fit(&breaches, &TEMPERATURE_BREACHES.schema())
}

#[cfg(test)]
mod tests {
    use super::super::small_factory::{at, readings, shown};
    use super::*;

    #[test]
    fn only_readings_outside_their_limits_are_breaches() {
        let mart = build(&readings(
            &df![
                "log_id" => [1_i64, 2, 3, 4, 5, 6],
                "location" => [Some("Chiller 1"), Some("Chiller 1"), None, Some("Dock"), Some("Dock"), Some("Dock")],
                "reading_time" => [at(2, 23, 59), at(3, 0, 0), at(3, 1, 0), at(3, 2, 0), at(3, 3, 0), at(3, 4, 0)],
                "temp_celsius" => [Some(5.0), Some(7.5), Some(-3.0), None, Some(90.0), Some(0.0)],
                "target_min" => [Some(0.0), Some(0.0), Some(-1.0), Some(0.0), None, Some(0.0)],
                "target_max" => [Some(5.0), Some(5.0), None, Some(5.0), None, Some(5.0)],
                "recorded_by" => [None, Some("kim"), None, None, None, None],
            ]
            .unwrap(),
        ))
        .unwrap();
        assert_eq!(**mart.schema(), TEMPERATURE_BREACHES.schema());
        assert_eq!(
            shown(&mart, &TEMPERATURE_BREACHES.columns.iter().map(|column| column.name).collect::<Vec<_>>()),
            [
                "2 | 2026-11-03 | Chiller 1 | 2026-11-03 00:00:00 | 7.5 | 0 | 5 | 2.5 | kim",
                "3 | 2026-11-03 | - | 2026-11-03 01:00:00 | -3 | -1 | - | 2 | -"
            ]
        );
    }

    #[test]
    fn no_readings_make_an_empty_mart() {
        let mart = build(&readings(&DataFrame::empty())).unwrap();
        assert_eq!(mart, DataFrame::empty_with_schema(&TEMPERATURE_BREACHES.schema()));
    }
}
