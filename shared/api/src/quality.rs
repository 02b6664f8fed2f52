//! Quality records: what was raised, and how much of it is closed.

use chrono::NaiveDate;

use crate::days::days_query;
use crate::{Endpoint, endpoints, row};

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

/// How many days a question about quality records covers where nothing else is asked for.
pub const DAYS: u32 = 30;

days_query! {
    /// Which records.
    pub struct QualityQuery<DAYS> {
        /// So many days up to today.
        days,
    }
}

endpoints! {
    /// Quality records per date, type and severity, newest first; 30 days where no day is named. Those
    /// without a date are in no row.
    pub const SUMMARY: Endpoint<QualityQuery, Vec<QualitySummary>> =
        Endpoint::get("/quality/summary", "Quality records per date, type and severity");
}
