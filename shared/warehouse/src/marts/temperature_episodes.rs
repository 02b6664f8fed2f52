//! `temperature_episodes`: consecutive readings outside their limits, as one row.

use api::row;
use chrono::NaiveDate;
use domain::episodes::{Episode, episodes};
use domain::probes::{gap_seconds, is_fault};
use polars::prelude::*;

use super::place_days::place_days;
use super::{Build, Mart, columns_of};
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
        /// Whether it begins with the first reading of the day.
        is_from_start: bool,
        /// Whether it ends with the last reading of the day.
        is_to_end: bool,
        /// The longest time without a reading that does not end it, seconds: three usual intervals of the
        /// place, or half an hour.
        #[at_least(1800)]
        gap_seconds: i64,
        ..episode: api::temperature::Episode,
    }
}

/// Episodes by location. An episode that goes on over midnight is a row on each of its days. `is_to_end` of
/// the earlier row and `is_from_start` of the later one say so, if no gap lies between them. `open` looks no
/// further than to the end of the day.
pub const TEMPERATURE_EPISODES: Mart = Mart {
    name: "temperature_episodes",
    columns: columns_of::<EpisodeRow>(),
    grain: &["first_log_id"],
    month_of: Some("reading_date"),
    batches: &[],
    tables: &[],
    builds: &[Build::DaysLookingBack(&TEMPERATURE_LOGS, build)],
};

/// The rows of the mart. The summary of a day counts them.
pub(super) fn build(scope: &DayScope) -> PolarsResult<DataFrame> {
    let mut places: Vec<(NaiveDate, Option<String>, i64)> = Vec::new();
    let mut found: Vec<Episode> = Vec::new();
    let limits = &scope.settings.limits;
    for day in place_days(scope)? {
        let gap_seconds = gap_seconds(day.usual_interval_seconds);
        let readings = day.readings.into_iter();
        let believable = readings.filter(|reading| !is_fault(reading.temp_celsius, limits));
        for episode in episodes(believable, gap_seconds) {
            places.push((day.date, day.location.clone(), gap_seconds));
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
            flag("open", |episode| episode.is_open),
            flag("is_from_start", |episode| episode.is_from_start),
            flag("is_to_end", |episode| episode.is_to_end),
            Column::new("gap_seconds".into(), places.iter().map(|place| place.2).collect::<Vec<_>>()),
        ],
    )?;
    frames::fit(&rows, &TEMPERATURE_EPISODES.schema())
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
            "open",
            "is_from_start",
            "is_to_end",
        ];
        assert_eq!(
            shown(&mart, &columns),
            [
                "6 | - | 2026-11-02 09:00:00 | 2026-11-02 09:00:00 | 1 | 9 | 4 | 0 | true | true | true",
                "1 | Chiller | 2026-11-02 08:00:00 | 2026-11-02 08:10:00 | 2 | 8 | 3 | 10 | false | true | false",
                "5 | Chiller | 2026-11-02 23:55:00 | 2026-11-02 23:55:00 | 1 | 5.5 | 0.5 | 0 | true | false | true",
                "8 | Chiller | 2026-11-03 00:05:00 | 2026-11-03 00:05:00 | 1 | 7 | 2 | 0 | true | true | true",
            ]
        );
    }

    #[test]
    fn a_gap_of_three_usual_intervals_ends_an_episode_and_a_broken_probe_is_in_none() {
        // Every hour; then nothing for half a day, then a probe that is not connected.
        let times =
            [at(2, 1, 0), at(2, 2, 0), at(2, 3, 0), at(2, 4, 0), at(2, 7, 0), at(2, 19, 0), at(2, 20, 0)];
        let named = df![
            "log_id" => [1_i64, 2, 3, 4, 5, 6, 7],
            "reading_time" => times,
            "temp_celsius" => [2.0, 2.0, 2.0, 6.0, 7.0, 6.0, 85.0],
            "target_max" => [5.0; 7],
        ];
        let mart = build(&readings(&named.unwrap())).unwrap();
        assert_eq!(
            shown(
                &mart,
                &["first_log_id", "readings", "duration_minutes", "open", "is_to_end", "gap_seconds"]
            ),
            ["4 | 2 | 180 | true | false | 10800", "6 | 1 | 0 | true | true | 10800"]
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
