//! Temperatures outside their limits.

use chrono::NaiveDateTime;

use crate::query::{After, Limit};
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
    }
}

/// Readings outside their limits, newest first.
pub const BREACHES: Get<BreachQuery, Vec<Breach>> = Get::new("/temperature/breaches", "Readings outside their limits");
