//! Temperatures, above all those outside their limits.

use chrono::{NaiveDate, NaiveDateTime};

use crate::query::{After, Days, Limit};
use crate::{Format, Get, Whole, query, row};

row! {
    /// A reading outside its limits.
    pub struct Breach {
        /// Where it was read.
        location: Option<String>,
        /// When.
        reading_time: NaiveDateTime,
        /// The reading, °C.
        temp_celsius: f64,
        /// The least allowed, °C.
        target_min: Option<f64>,
        /// The most allowed, °C.
        target_max: Option<f64>,
        /// How far outside, °C.
        degrees_over: f64,
        /// Who or what read it.
        recorded_by: Option<String>,
    }
}

query! {
    /// Which readings.
    pub struct BreachQuery {
        /// The last so many hours.
        hours: Whole<1, 720, 24>,
        /// How many rows at most.
        limit: Limit,
        /// Go on after this row, as the `Link` header of the page before says.
        after: Option<After>,
        /// JSON or CSV.
        format: Option<Format>,
        /// A byte-order mark before CSV, by which Excel knows that it is UTF-8.
        bom: Option<bool>,
    }
}

crate::endpoint! {
    /// Readings outside their limits, newest first.
    pub const BREACHES: Get<BreachQuery, Vec<Breach>> = Get::new("/temperature/breaches", "Readings outside their limits");
}

row! {
    /// The readings of one location on one date.
    pub struct TemperatureSummary {
        /// The date.
        reading_date: NaiveDate,
        /// Where it was read.
        location: Option<String>,
        /// All readings.
        readings: i64,
        /// Those outside their limits.
        breaches: i64,
        /// The lowest reading, °C.
        min_temp_celsius: Option<f64>,
        /// The highest reading, °C.
        max_temp_celsius: Option<f64>,
        /// How far outside the worst one was, °C.
        max_degrees_over: Option<f64>,
        /// When the first one was outside.
        first_breach_at: Option<NaiveDateTime>,
        /// When the last one was outside.
        last_breach_at: Option<NaiveDateTime>,
        /// Episodes of readings in a row that were outside.
        episodes: i64,
        /// How long the longest of them was, from its first reading to its last, minutes.
        longest_episode_minutes: Option<i64>,
    }
}

query! {
    /// Which days.
    pub struct TemperatureQuery {
        /// So many days up to today.
        days: Days<7>,
        /// How many rows at most.
        limit: Limit,
        /// Go on after this row, as the `Link` header of the page before says.
        after: Option<After>,
        /// JSON or CSV.
        format: Option<Format>,
        /// A byte-order mark before CSV, by which Excel knows that it is UTF-8.
        bom: Option<bool>,
    }
}

crate::endpoint! {
    /// Readings, breaches and episodes per date and location, newest first.
    pub const SUMMARY: Get<TemperatureQuery, Vec<TemperatureSummary>> = Get::new("/temperature/summary", "Readings and breaches per date and location");
}

row! {
    /// Readings in a row outside their limits.
    pub struct Episode {
        /// Where.
        location: Option<String>,
        /// When the first of them was read.
        started_at: NaiveDateTime,
        /// When the last of them was read.
        ended_at: NaiveDateTime,
        /// From the first to the last, minutes; 0 for a single reading.
        duration_minutes: i64,
        /// How many readings.
        readings: i64,
        /// The reading that was furthest outside, °C.
        peak_celsius: f64,
        /// How far outside it was, °C.
        max_degrees_over: f64,
    }
}

crate::endpoint! {
    /// Episodes of readings outside their limits, the newest first; one that goes on over midnight is one,
    /// cut only where the days that were asked for begin.
    pub const EPISODES: Get<TemperatureQuery, Vec<Episode>> = Get::new("/temperature/episodes", "Episodes of readings outside their limits");
}
