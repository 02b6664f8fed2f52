//! `fct_temp_breaches`: readings, breaches and episodes of breaches per date and location.

use api::temperature::TemperatureSummary;
use polars::prelude::*;

use super::{Build, Mart, columns_of, stg_temperature, temperature_episodes};
use crate::frames;
use crate::scope::DayScope;
use crate::sources::TEMPERATURE_LOGS;

/// Temperatures per date and location, also where no reading was outside its limits.
pub const FCT_TEMP_BREACHES: Mart = Mart {
    name: "fct_temp_breaches",
    columns: columns_of::<TemperatureSummary>(),
    grain: &["reading_date", "location"],
    month_of: Some("reading_date"),
    batches: &[],
    tables: &[],
    builds: &[Build::DaysLookingBack(&TEMPERATURE_LOGS, build)],
};

fn build(scope: &DayScope) -> PolarsResult<DataFrame> {
    let breached_at = || col("reading_time").filter(col("degrees_over").is_not_null());
    let believable = || col("temp_celsius").filter(col("sensor_fault").not());
    let days = stg_temperature::build(scope)?
        .lazy()
        .group_by(FCT_TEMP_BREACHES.grain.iter().map(|name| col(*name)).collect::<Vec<_>>())
        .agg([
            len().alias("readings"),
            col("degrees_over").count().alias("breaches"),
            col("sensor_fault").sum().alias("sensor_faults"),
            believable().min().alias("min_temp_celsius"),
            believable().max().alias("max_temp_celsius"),
            col("degrees_over").max().alias("max_degrees_over"),
            breached_at().min().alias("first_breach_at"),
            breached_at().max().alias("last_breach_at"),
        ])
        .sort(FCT_TEMP_BREACHES.grain.to_vec(), SortMultipleOptions::new());
    let episodes = temperature_episodes::build(scope)?
        .lazy()
        .group_by(["reading_date", "location"].map(col))
        .agg([len().alias("episodes"), col("duration_minutes").max().alias("longest_episode_minutes")]);
    let place = || ["reading_date", "location"].map(col);
    // Readings without a location are a place of their own.
    let known_or_not = JoinArgs {
        nulls_equal: true,
        maintain_order: MaintainOrderJoin::Left,
        ..JoinArgs::new(JoinType::Left)
    };
    let days = days
        .join(episodes, place(), place(), known_or_not)
        .with_column(col("episodes").fill_null(lit(0)))
        .collect()?;
    frames::fit(&days, &FCT_TEMP_BREACHES.schema())
}

#[cfg(test)]
mod tests {
    use super::super::small_factory::{at, readings, shown};
    use super::*;

    #[test]
    fn each_location_has_a_row_a_day_also_without_a_breach() {
        let mart = build(&readings(
            &df![
                "log_id" => [1_i64, 2, 3, 4, 5, 6, 7],
                "location" => [Some("Chiller"), Some("Chiller"), Some("Chiller"), Some("Chiller"), Some("Dock"), None, Some("Dock")],
                "reading_time" => [at(2, 8, 20), at(2, 8, 0), at(2, 8, 40), at(3, 8, 0), at(2, 8, 0), at(2, 8, 0), at(2, 9, 0)],
                "temp_celsius" => [Some(6.0), Some(-2.5), Some(4.0), Some(1.0), None, Some(9.0), Some(-127.0)],
                "target_min" => [0.0; 7],
                "target_max" => [5.0; 7],
            ]
            .unwrap(),
        ))
        .unwrap();
        assert_eq!(**mart.schema(), FCT_TEMP_BREACHES.schema());
        assert_eq!(
            shown(&mart, &FCT_TEMP_BREACHES.columns.iter().map(|column| column.name).collect::<Vec<_>>()),
            [
                "2026-11-02 | - | 1 | 1 | 0 | 9 | 9 | 4 | 2026-11-02 08:00:00 | 2026-11-02 08:00:00 | 1 | 0",
                "2026-11-02 | Chiller | 3 | 2 | 0 | -2.5 | 6 | 2.5 | 2026-11-02 08:00:00 | 2026-11-02 08:20:00 | 1 | 20",
                "2026-11-02 | Dock | 2 | 0 | 1 | - | - | - | - | - | 0 | -",
                "2026-11-03 | Chiller | 1 | 0 | 0 | 1 | 1 | - | - | - | 0 | -",
            ]
        );
    }

    #[test]
    fn a_reading_without_a_time_has_no_day_to_count_in() {
        let timeless = df!["log_id" => [1_i64], "temp_celsius" => [9.0], "target_max" => [5.0]];
        assert_eq!(
            build(&readings(&timeless.unwrap())).unwrap(),
            DataFrame::empty_with_schema(&FCT_TEMP_BREACHES.schema())
        );
    }
}
