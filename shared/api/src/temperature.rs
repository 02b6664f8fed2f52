//! Temperatures, above all those outside their limits.

use chrono::{NaiveDate, NaiveDateTime};

use crate::days::days_query;
use crate::{Endpoint, Whole, endpoints, query, row};

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
        #[at_least(0)]
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
    }
}

row! {
    /// The readings of one location on one date.
    pub struct TemperatureSummary {
        /// The date.
        reading_date: NaiveDate,
        /// Where it was read.
        location: Option<String>,
        /// All readings.
        #[at_least(1)]
        readings: i64,
        /// Those outside their limits.
        #[at_least(0)]
        breaches: i64,
        /// Those that are no temperature, but say that something is wrong with the probe. They count in no
        /// other figure.
        #[at_least(0)]
        sensor_faults: i64,
        /// The lowest reading, °C.
        min_temp_celsius: Option<f64>,
        /// The highest reading, °C.
        max_temp_celsius: Option<f64>,
        /// How far outside the worst one was, °C.
        #[at_least(0)]
        max_degrees_over: Option<f64>,
        /// When the first one was outside.
        first_breach_at: Option<NaiveDateTime>,
        /// When the last one was outside.
        last_breach_at: Option<NaiveDateTime>,
        /// Episodes of readings in a row that were outside.
        #[at_least(0)]
        episodes: i64,
        /// How long the longest of them was, from its first reading to its last, minutes.
        #[at_least(0)]
        longest_episode_minutes: Option<i64>,
    }
}

/// How many days a question about temperatures covers where nothing else is asked for.
pub const DAYS: u32 = 7;

days_query! {
    /// Which days.
    pub struct TemperatureQuery<DAYS> {
        /// So many days up to today.
        days,
    }
}

row! {
    /// Readings in a row outside their limits, without a gap between them.
    pub struct Episode {
        /// Where.
        location: Option<String>,
        /// When the first of them was read.
        started_at: NaiveDateTime,
        /// When the last of them was read.
        ended_at: NaiveDateTime,
        /// From the first to the last, minutes; 0 for a single reading.
        #[at_least(0)]
        duration_minutes: i64,
        /// How many readings.
        #[at_least(1)]
        readings: i64,
        /// The reading that was furthest outside, °C.
        peak_celsius: f64,
        /// How far outside it was, °C.
        max_degrees_over: f64,
        /// Whether no reading inside the limits has come since, so that nobody knows that it is over.
        open: bool,
    }
}

endpoints! {
    /// Readings outside their limits, newest first.
    pub const BREACHES: Endpoint<BreachQuery, Vec<Breach>> =
        Endpoint::get("/temperature/breaches", "Readings outside their limits");

    /// Episodes of readings outside their limits, the newest first; one that goes on over midnight is one,
    /// cut only where the days that were asked for begin or end. It ends where the place was not read for over
    /// three of its usual intervals, and for over half an hour. 7 days where no day is named.
    pub const EPISODES: Endpoint<TemperatureQuery, Vec<Episode>> =
        Endpoint::get("/temperature/episodes", "Episodes of readings outside their limits");

    /// Readings, breaches and episodes per date and location, newest first; 7 days where no day is named.
    pub const SUMMARY: Endpoint<TemperatureQuery, Vec<TemperatureSummary>> =
        Endpoint::get("/temperature/summary", "Readings and breaches per date and location");
}
