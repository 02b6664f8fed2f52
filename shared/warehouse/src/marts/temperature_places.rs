//! `temperature_places`: what the readings of a place and day tell of its probe.

use api::row;
use chrono::{NaiveDate, NaiveDateTime};
use domain::probes::is_fault;
use domain::settings::Limits;
use polars::prelude::*;

use super::place_days::{PlaceDay, place_days};
use super::{Build, Mart, columns_of};
use crate::frames;
use crate::scope::DayScope;
use crate::sources::TEMPERATURE_LOGS;

row! {
    /// A place on a day on which it was read.
    pub struct PlaceDayRow {
        /// The day.
        reading_date: NaiveDate,
        /// The place.
        location: Option<String>,
        /// How often it was usually read on this day and the two days before, seconds; null where the
        /// readings are too few to tell.
        #[at_least(1)]
        usual_interval_seconds: Option<i64>,
        /// When it was read for the last time that day.
        last_reading_at: NaiveDateTime,
        /// When it was last inside its limits that day; null where it never was.
        last_good_at: Option<NaiveDateTime>,
        /// The last reading, °C.
        last_celsius: f64,
        /// Since when that day all readings were the same as the last.
        same_since: NaiveDateTime,
        /// How many readings these are.
        #[at_least(1)]
        same_readings: i64,
        /// Whether they are all readings of the day.
        is_same_all_day: bool,
    }
}

/// The facts from which follows whether a probe is silent or stuck. That depends on the time at which
/// somebody asks, so no mart can hold it.
pub const TEMPERATURE_PLACES: Mart = Mart {
    name: "temperature_places",
    columns: columns_of::<PlaceDayRow>(),
    grain: &["reading_date", "location"],
    month_of: Some("reading_date"),
    batches: &[],
    tables: &[],
    builds: &[Build::DaysLookingBack(&TEMPERATURE_LOGS, build)],
};

fn build(scope: &DayScope) -> PolarsResult<DataFrame> {
    let days = place_days(scope)?.into_iter();
    let rows: Vec<PlaceDayRow> = days.filter_map(|day| row(day, &scope.settings.limits)).collect();
    let times = |value: fn(&PlaceDayRow) -> Option<NaiveDateTime>| rows.iter().map(value).collect::<Vec<_>>();
    let frame = df![
        "reading_date" => rows.iter().map(|row| row.reading_date).collect::<Vec<_>>(),
        "location" => rows.iter().map(|row| row.location.as_deref()).collect::<Vec<_>>(),
        "usual_interval_seconds" => rows.iter().map(|row| row.usual_interval_seconds).collect::<Vec<_>>(),
        "last_reading_at" => times(|row| Some(row.last_reading_at)),
        "last_good_at" => times(|row| row.last_good_at),
        "last_celsius" => rows.iter().map(|row| row.last_celsius).collect::<Vec<_>>(),
        "same_since" => times(|row| Some(row.same_since)),
        "same_readings" => rows.iter().map(|row| row.same_readings).collect::<Vec<_>>(),
        "is_same_all_day" => rows.iter().map(|row| row.is_same_all_day).collect::<Vec<_>>(),
    ]?;
    frames::fit(&frame, &TEMPERATURE_PLACES.schema())
}

fn row(day: PlaceDay, limits: &Limits) -> Option<PlaceDayRow> {
    let last = *day.readings.last()?;
    let is_same = |temp: f64| temp == last.temp_celsius;
    let same: Vec<_> =
        day.readings.iter().rev().take_while(|reading| is_same(reading.temp_celsius)).collect();
    let is_good = |temp: f64, over: Option<f64>| over.is_none() && !is_fault(temp, limits);
    let good = day.readings.iter().rev().find(|reading| is_good(reading.temp_celsius, reading.degrees_over));
    Some(PlaceDayRow {
        reading_date: day.date,
        usual_interval_seconds: day.usual_interval_seconds,
        last_reading_at: last.time,
        last_good_at: good.map(|reading| reading.time),
        last_celsius: last.temp_celsius,
        same_since: same.last()?.time,
        same_readings: i64::try_from(same.len()).ok()?,
        is_same_all_day: same.len() == day.readings.len(),
        location: day.location,
    })
}

#[cfg(test)]
mod tests {
    use super::super::small_factory::{at, readings, shown};
    use super::*;

    #[test]
    fn a_place_tells_when_it_was_read_last_when_it_was_good_and_since_when_nothing_changed() {
        let named = df![
            "log_id" => [1_i64, 2, 3, 4, 5, 6, 7],
            "location" => [Some("Chill"), Some("Chill"), Some("Chill"), Some("Chill"), Some("Chill"), None, Some("Dock")],
            "reading_time" => [at(2, 8, 0), at(2, 8, 5), at(2, 8, 10), at(2, 8, 20), at(2, 8, 30), at(2, 9, 0), at(2, 9, 0)],
            // A reading without a temperature tells nothing of its probe.
            "temp_celsius" => [Some(2.0), Some(6.0), Some(2.5), Some(-127.0), Some(-127.0), Some(4.0), None],
            "target_max" => [5.0; 7],
        ];
        let mart = build(&readings(&named.unwrap())).unwrap();
        assert_eq!(**mart.schema(), TEMPERATURE_PLACES.schema());
        assert_eq!(
            shown(&mart, &TEMPERATURE_PLACES.columns.iter().map(|column| column.name).collect::<Vec<_>>()),
            [
                "2026-11-02 | - | - | 2026-11-02 09:00:00 | 2026-11-02 09:00:00 | 4 | 2026-11-02 09:00:00 | 1 | true",
                "2026-11-02 | Chill | 300 | 2026-11-02 08:30:00 | 2026-11-02 08:10:00 | -127 | 2026-11-02 08:20:00 | 2 | false",
            ]
        );
    }

    #[test]
    fn how_often_a_place_is_read_is_known_from_this_day_and_the_two_before() {
        let ids: Vec<i64> = (0..9).collect();
        // A person reads at eight in the morning and in the evening, and then only on the seventh.
        let times: Vec<_> =
            (2..6).flat_map(|day| [at(day, 8, 0), at(day, 20, 0)]).chain([at(8, 8, 0)]).collect();
        let all = df!["log_id" => ids, "reading_time" => times, "temp_celsius" => [2.0; 9]].unwrap();
        let usual =
            |scope: &DayScope| shown(&build(scope).unwrap(), &["reading_date", "usual_interval_seconds"]);
        let expect = [
            "2026-11-02 | -",
            "2026-11-03 | 43200",
            "2026-11-04 | 43200",
            "2026-11-05 | 43200",
            "2026-11-08 | -",
        ];
        assert_eq!(usual(&readings(&all)), expect);
        // The same where only the last days are made again.
        let scope = DayScope { before: readings(&all.head(Some(4))).rows, ..readings(&all.tail(Some(5))) };
        assert_eq!(usual(&scope), expect[2..]);
    }

    #[test]
    fn no_readings_make_an_empty_mart() {
        let empty = DataFrame::empty_with_schema(&TEMPERATURE_PLACES.schema());
        assert_eq!(build(&readings(&DataFrame::empty())).unwrap(), empty);
    }
}
