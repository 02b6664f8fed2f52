//! `temperature-audit`: how often each place was outside its limits.

use chrono::{NaiveDate, NaiveDateTime};

use super::LocationReportQuery;
use crate::{Endpoint, endpoints, row};

row! {
    /// The readings of one location on one date.
    pub struct TemperatureAudit {
        /// The date.
        reading_date: NaiveDate,
        /// Where it was read.
        location: Option<String>,
        /// All readings.
        readings: i64,
        /// Those outside their limits.
        breaches: i64,
        /// Those that are no temperature, but say that something is wrong with the probe. They count in no
        /// other figure.
        sensor_faults: i64,
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
        /// Breaches of readings that are a temperature, %.
        breach_pct: Option<f64>,
    }
}

endpoints! {
    /// The newest date first, then by location.
    pub const TEMPERATURE_AUDIT: Endpoint<LocationReportQuery, Vec<TemperatureAudit>> =
        Endpoint::get("/reports/temperature-audit", "Readings and breaches per date and location");
}
