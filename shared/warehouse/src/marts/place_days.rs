//! The readings of each place and day in their order, for the marts that look at readings in a row.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate, NaiveDateTime};
use domain::episodes::Reading;
use domain::probes::usual_interval_seconds;
use polars::prelude::*;

use super::{LOOKS_BACK_DAYS, stg_temperature};
use crate::scope::DayScope;

/// The readings of one place on one day that have a temperature, also one that cannot be.
pub(super) struct PlaceDay {
    pub(super) date: NaiveDate,
    /// `None` is a place of its own.
    pub(super) location: Option<String>,
    /// At least one, in the order of time.
    pub(super) readings: Vec<Reading>,
    /// How often the place was usually read on this day and the days before.
    pub(super) usual_interval_seconds: Option<i64>,
}

type Place = (NaiveDate, Option<String>);

/// The places that were read on the days of the scope: by date, then by location.
pub(super) fn place_days(scope: &DayScope) -> PolarsResult<Vec<PlaceDay>> {
    let limits = &scope.settings.limits;
    let of_days = by_place(&stg_temperature::judged(&scope.rows, limits)?)?;
    let before = by_place(&stg_temperature::judged(&scope.before, limits)?)?;
    let mut times: BTreeMap<Option<&str>, Vec<NaiveDateTime>> = BTreeMap::new();
    // Both come by date, but a day of the scope may lie before one that only another looks back to.
    for ((_, location), readings) in before.iter().chain(&of_days) {
        times.entry(location.as_deref()).or_default().extend(readings.iter().map(|reading| reading.time));
    }
    for times in times.values_mut() {
        times.sort_unstable();
    }
    let usual = |(date, location): &Place| {
        let times = times.get(&location.as_deref()).map_or(&[][..], Vec::as_slice);
        let first = date.checked_sub_days(Days::new(LOOKS_BACK_DAYS)).unwrap_or(*date);
        let from = times.partition_point(|time| time.date() < first);
        let to = times.partition_point(|time| time.date() <= *date);
        usual_interval_seconds(times[from..to].iter().copied())
    };
    let intervals: Vec<_> = of_days.keys().map(usual).collect();
    let places = of_days.into_iter().zip(intervals);
    Ok(places
        .map(|(((date, location), readings), usual_interval_seconds)| PlaceDay {
            date,
            location,
            readings,
            usual_interval_seconds,
        })
        .collect())
}

/// The readings of each place and day that have a temperature.
fn by_place(judged: &DataFrame) -> PolarsResult<BTreeMap<Place, Vec<Reading>>> {
    let by_time = SortMultipleOptions::new();
    let readings = judged.sort(["reading_time", "log_id"], by_time)?;
    let (dates, locations) = (readings.column("reading_date")?.date()?, readings.column("location")?.str()?);
    let (ids, times) = (readings.column("log_id")?.i64()?, readings.column("reading_time")?.datetime()?);
    let (temps, over) = (readings.column("temp_celsius")?.f64()?, readings.column("degrees_over")?.f64()?);
    let mut places: BTreeMap<Place, Vec<Reading>> = BTreeMap::new();
    let figures = ids.iter().zip(times.as_datetime_iter()).zip(temps.iter().zip(over.iter()));
    for ((date, location), ((id, time), (temp, degrees_over))) in
        dates.as_date_iter().zip(locations.iter()).zip(figures)
    {
        if let (Some(date), Some(id), Some(time), Some(temp_celsius)) = (date, id, time, temp) {
            let reading = Reading { id, time, temp_celsius, degrees_over };
            places.entry((date, location.map(str::to_owned))).or_default().push(reading);
        }
    }
    Ok(places)
}
