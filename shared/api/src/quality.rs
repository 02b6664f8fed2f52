//! Quality records: what was raised, and how much of it is closed.

use chrono::NaiveDate;

use crate::query::Days;
use crate::{Endpoint, endpoints, query, row};

row! {
    /// The quality records of one type and severity that were raised on one date.
    pub struct QualitySummary {
        /// The date that they were raised on.
        nc_date: NaiveDate,
        /// What kind they are.
        nc_type: Option<String>,
        /// `critical`, `major` or `minor`.
        severity: Option<String>,
        /// All records, whatever their status.
        #[at_least(1)]
        total: i64,
        /// Those that are open.
        #[at_least(0)]
        open: i64,
        /// Those that are investigated.
        #[at_least(0)]
        investigating: i64,
        /// Those that are closed.
        #[at_least(0)]
        closed: i64,
        /// Closed of all, %.
        #[within(0, 100)]
        closure_rate_pct: f64,
        /// From the date raised to the date closed, the mean over the closed ones, days.
        avg_days_to_close: Option<f64>,
    }
}

query! {
    /// Which records.
    pub struct QualityQuery {
        /// So many days up to today.
        days: Days<30>,
    }
}

endpoints! {
    /// Quality records per date, type and severity, newest first. Those without a date are in no row.
    pub const SUMMARY: Endpoint<QualityQuery, Vec<QualitySummary>> =
        Endpoint::get("/quality/summary", "Quality records per date, type and severity");
}
