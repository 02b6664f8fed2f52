//! `temperature_episodes`: consecutive readings outside their limits, as one row.

use api::row;
use chrono::NaiveDate;
use std::collections::BTreeMap;

use domain::episodes::{Episode, Reading, episodes};
use polars::prelude::*;

use super::{Build, Mart, columns_of, stg_temperature};
use crate::frames;
use crate::scope::DayScope;
use crate::sources::TEMPERATURE_LOGS;

row! {
    /// An episode as far as it lies in one day.
    pub struct EpisodeRow {
        /// The id of its first reading.
        first_log_id: i64,
        /// The day that it lies in.
        reading_date: NaiveDate,
        /// Whether no earlier reading of the day was inside the limits.
        is_from_start: bool,
        /// Whether no later reading of the day was inside the limits.
        is_to_end: bool,
        ..episode: api::temperature::Episode,
    }
}

/// Episodes by location. An episode that goes on over midnight is a row on each of its days. `is_to_end` of
/// the earlier row and `is_from_start` of the later one say so.
pub const TEMPERATURE_EPISODES: Mart = Mart {
    name: "temperature_episodes",
    columns: columns_of::<EpisodeRow>(),
    grain: &["first_log_id"],
    month_of: Some("reading_date"),
    batches: &[],
    tables: &[],
    builds: &[Build::Days(&TEMPERATURE_LOGS, build)],
};

/// The rows of the mart. The summary of a day counts them.
pub(super) fn build(scope: &DayScope) -> PolarsResult<DataFrame> {
    let by_time = ["reading_date", "location", "reading_time", "log_id"];
    let known = stg_temperature::build(scope)?.lazy().filter(col("temp_celsius").is_not_null());
    let readings = known.sort(by_time, SortMultipleOptions::new()).collect()?;
    let mut places: Vec<(NaiveDate, Option<String>)> = Vec::new();
    let mut found: Vec<Episode> = Vec::new();
    for (place, readings) in by_place(&readings)? {
        for episode in episodes(readings) {
            places.push((place.0, place.1.map(str::to_owned)));
            found.push(episode);
        }
    }
    let column = |name: &str, value: fn(&Episode) -> f64| {
        Column::new(name.into(), found.iter().map(value).collect::<Vec<_>>())
    };
    let time = |name: &str, value: fn(&Episode) -> chrono::NaiveDateTime| {
        Column::new(name.into(), found.iter().map(value).collect::<Vec<_>>())
    };
    let flag = |name: &str, value: fn(&Episode) -> bool| {
        Column::new(name.into(), found.iter().map(value).collect::<Vec<_>>())
    };
    let whole = |name: &str, value: fn(&Episode) -> i64| {
        Column::new(name.into(), found.iter().map(value).collect::<Vec<_>>())
    };
    let rows = DataFrame::new(
        found.len(),
        vec![
            whole("first_log_id", |episode| episode.first_id),
            Column::new("reading_date".into(), places.iter().map(|place| place.0).collect::<Vec<_>>()),
            Column::new("location".into(), places.iter().map(|place| place.1.as_deref()).collect::<Vec<_>>()),
            time("started_at", |episode| episode.started_at),
            time("ended_at", |episode| episode.ended_at),
            whole("readings", |episode| episode.readings),
            column("peak_celsius", |episode| episode.peak_celsius),
            column("max_degrees_over", |episode| episode.max_degrees_over),
            whole("duration_minutes", Episode::minutes),
            flag("is_from_start", |episode| episode.is_from_start),
            flag("is_to_end", |episode| episode.is_to_end),
        ],
    )?;
    frames::fit(&rows, &TEMPERATURE_EPISODES.schema())
}

type Place<'a> = (NaiveDate, Option<&'a str>);

/// The readings of each location and day, in the order that they come in.
fn by_place(readings: &DataFrame) -> PolarsResult<BTreeMap<Place<'_>, Vec<Reading>>> {
    let (dates, locations) = (readings.column("reading_date")?.date()?, readings.column("location")?.str()?);
    let (ids, times) = (readings.column("log_id")?.i64()?, readings.column("reading_time")?.datetime()?);
    let (temps, over) = (readings.column("temp_celsius")?.f64()?, readings.column("degrees_over")?.f64()?);
    let mut places: BTreeMap<Place, Vec<Reading>> = BTreeMap::new();
    let figures = ids.iter().zip(times.as_datetime_iter()).zip(temps.iter().zip(over.iter()));
    for ((date, location), ((id, time), (temp, degrees_over))) in
        dates.as_date_iter().zip(locations.iter()).zip(figures)
    {
        if let (Some(date), Some(id), Some(time), Some(temp_celsius)) = (date, id, time, temp) {
            places.entry((date, location)).or_default().push(Reading {
                id,
                time,
                temp_celsius,
                degrees_over,
            });
        }
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::super::small_factory::{at, readings, shown};
    use super::*;

    #[test]
    fn readings_in_a_row_are_one_row_and_a_day_cuts_them() {
        let named = df![
            "log_id" => [7_i64, 1, 2, 3, 4, 5, 6, 8],
            "location" => [Some("Dock"), Some("Chiller"), Some("Chiller"), Some("Chiller"), Some("Chiller"), Some("Chiller"), None, Some("Chiller")],
            "reading_time" => [at(2, 8, 3), at(2, 8, 0), at(2, 8, 5), at(2, 8, 10), at(2, 8, 20), at(2, 23, 55), at(2, 9, 0), at(3, 0, 5)],
            // The reading without a temperature tells nothing, not even that it was cool again.
            "temp_celsius" => [Some(4.0), Some(6.0), None, Some(8.0), Some(4.0), Some(5.5), Some(9.0), Some(7.0)],
            "target_max" => [5.0; 8],
        ];
        let mart = build(&readings(&named.unwrap())).unwrap();
        assert_eq!(**mart.schema(), TEMPERATURE_EPISODES.schema());
        let columns = [
            "first_log_id",
            "location",
            "started_at",
            "ended_at",
            "readings",
            "peak_celsius",
            "max_degrees_over",
            "duration_minutes",
            "is_from_start",
            "is_to_end",
        ];
        assert_eq!(
            shown(&mart, &columns),
            [
                "6 | - | 2026-11-02 09:00:00 | 2026-11-02 09:00:00 | 1 | 9 | 4 | 0 | true | true",
                "1 | Chiller | 2026-11-02 08:00:00 | 2026-11-02 08:10:00 | 2 | 8 | 3 | 10 | true | false",
                "5 | Chiller | 2026-11-02 23:55:00 | 2026-11-02 23:55:00 | 1 | 5.5 | 0.5 | 0 | false | true",
                "8 | Chiller | 2026-11-03 00:05:00 | 2026-11-03 00:05:00 | 1 | 7 | 2 | 0 | true | true",
            ]
        );
    }

    #[test]
    fn readings_of_the_same_moment_are_told_apart() {
        let named = df!["log_id" => [1_i64, 2, 3], "reading_time" => [at(2, 8, 0); 3], "temp_celsius" => [9.0, 1.0, 9.0], "target_max" => [5.0; 3]];
        assert_eq!(
            shown(&build(&readings(&named.unwrap())).unwrap(), TEMPERATURE_EPISODES.grain),
            ["1", "3"]
        );
    }

    #[test]
    fn no_readings_make_an_empty_mart() {
        assert_eq!(
            build(&readings(&DataFrame::empty())).unwrap(),
            DataFrame::empty_with_schema(&TEMPERATURE_EPISODES.schema())
        );
    }
}
