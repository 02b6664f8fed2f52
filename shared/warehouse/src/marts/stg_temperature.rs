//! `stg_temperature`: the readings with their day, and how far each lies outside its limits.

use api::row;
use chrono::{NaiveDate, NaiveDateTime};
use domain::probes::is_fault;
use domain::rules::degrees_over;
use domain::settings::Limits;
use domain::single_precision::as_stored;
use polars::prelude::*;

use super::{Build, Mart, columns_of};
use crate::frames;
use crate::scope::DayScope;
use crate::sources::TEMPERATURE_LOGS;

row! {
    /// A reading.
    pub struct ReadingRow {
        /// The id of the reading.
        log_id: i64,
        /// The day of the reading.
        reading_date: NaiveDate,
        /// Where it was read.
        location: Option<String>,
        /// When it was read.
        reading_time: NaiveDateTime,
        /// The reading, °C.
        temp_celsius: Option<f64>,
        /// The least allowed, °C.
        target_min: Option<f64>,
        /// The most allowed, °C.
        target_max: Option<f64>,
        /// How far outside, °C; null inside the limits, and where the reading is no temperature.
        #[at_least(0)]
        degrees_over: Option<f64>,
        /// Whether the reading is no temperature, but says that something is wrong with its probe.
        sensor_fault: bool,
        /// Who or what read it.
        recorded_by: Option<String>,
    }
}

/// Temperature readings by the day of their time. One without a time has no day to stand under: staging alone
/// holds it.
pub const STG_TEMPERATURE: Mart = Mart {
    name: "stg_temperature",
    columns: columns_of::<ReadingRow>(),
    grain: &["log_id"],
    month_of: Some("reading_date"),
    batches: &[],
    tables: &[],
    builds: &[Build::Days(&TEMPERATURE_LOGS, build)],
};

/// The rows of the model. Other marts of temperatures start from them.
pub(super) fn build(scope: &DayScope) -> PolarsResult<DataFrame> {
    judged(&scope.rows, &scope.settings.limits)
}

/// Rows of staging as rows of the model.
pub(super) fn judged(rows: &DataFrame, sensor: &Limits) -> PolarsResult<DataFrame> {
    let timed = rows.clone().lazy().filter(col("reading_time").is_not_null());
    let mut readings = timed.with_column(col("reading_time").dt().date().alias("reading_date")).collect()?;
    for name in ["temp_celsius", "target_min", "target_max"] {
        // An older version kept in staging what widening had made of single precision.
        let said: Vec<_> = readings.column(name)?.f64()?.iter().map(|value| value.map(as_stored)).collect();
        readings.with_column(Column::new(name.into(), said))?;
    }
    let number = |name| readings.column(name)?.f64();
    let temps: Vec<_> = number("temp_celsius")?.iter().collect();
    let limits = number("target_min")?.iter().zip(number("target_max")?.iter());
    let believable = temps.iter().map(|temp| temp.filter(|temp| !is_fault(*temp, sensor)));
    let over: Vec<_> = believable
        .zip(limits)
        .map(|(temp, (min, max))| temp.and_then(|temp| degrees_over(temp, min, max)))
        .collect();
    let faults: Vec<_> = temps.iter().map(|temp| temp.is_some_and(|temp| is_fault(temp, sensor))).collect();
    readings.with_column(Column::new("degrees_over".into(), over))?;
    readings.with_column(Column::new("sensor_fault".into(), faults))?;
    frames::fit(&readings, &STG_TEMPERATURE.schema())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::settings::FactorySettings;

    use super::super::small_factory::{at, readings, shown};
    use super::*;

    #[test]
    fn each_reading_is_judged_by_its_own_limits() {
        let named = df![
            "log_id" => [1_i64, 2, 3, 4],
            "reading_time" => [Some(at(2, 23, 59)), Some(at(3, 0, 0)), Some(at(3, 1, 0)), None],
            "temp_celsius" => [Some(5.0), Some(5.5), None, Some(90.0)],
            "target_min" => [Some(0.0), None, Some(0.0), None],
            "target_max" => [5.0; 4],
        ];
        let model = build(&readings(&named.unwrap())).unwrap();
        assert_eq!(**model.schema(), STG_TEMPERATURE.schema());
        let columns = ["log_id", "reading_date", "temp_celsius", "degrees_over"];
        assert_eq!(
            shown(&model, &columns),
            ["1 | 2026-11-02 | 5 | -", "2 | 2026-11-03 | 5.5 | 0.5", "3 | 2026-11-03 | - | -"]
        );
    }

    #[test]
    fn single_precision_breaks_no_limit_and_a_broken_probe_neither() {
        let named = df![
            "log_id" => [1_i64, 2, 3, 4, 5],
            "reading_time" => [at(2, 8, 0); 5],
            "temp_celsius" => [4.3_f32.into(), 4.3, 4.4_f32.into(), 85.0, -127.0],
            "target_min" => [0.0; 5],
            "target_max" => [4.3, 4.3_f32.into(), 4.3_f32.into(), 4.3, 4.3],
        ];
        let model = build(&readings(&named.unwrap())).unwrap();
        let over: Vec<_> = model.column("degrees_over").unwrap().f64().unwrap().iter().collect();
        assert_eq!(over, [None, None, Some(4.4 - 4.3), None, None]);
        assert_eq!(
            shown(&model, &["temp_celsius", "target_max", "sensor_fault"]),
            [
                "4.3 | 4.3 | false",
                "4.3 | 4.3 | false",
                "4.4 | 4.3 | false",
                "85 | 4.3 | true",
                "-127 | 4.3 | true"
            ]
        );
    }

    #[test]
    fn what_no_temperature_can_be_is_what_the_factory_says() {
        let named = df![
            "log_id" => [1_i64, 2, 3],
            "reading_time" => [at(2, 8, 0); 3],
            "temp_celsius" => [50.0, 40.0, -31.0],
            "target_max" => [5.0; 3],
        ];
        let limits = Limits { sensor_min_c: -30.0, sensor_max_c: 40.0, ..Limits::default() };
        let settings = Arc::new(FactorySettings { limits, ..FactorySettings::default() });
        let model = build(&DayScope { settings, ..readings(&named.unwrap()) }).unwrap();
        assert_eq!(
            shown(&model, &["temp_celsius", "degrees_over", "sensor_fault"]),
            ["50 | - | true", "40 | 35 | false", "-31 | - | true"]
        );
    }
}
