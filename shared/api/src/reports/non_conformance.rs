//! `non-conformance`: what is raised how often, and how fast it is closed.

use chrono::NaiveDate;

use super::NonConformanceReportQuery;
use crate::{Endpoint, endpoints, row};

row! {
    /// The quality records of one type and severity.
    pub struct NonConformanceCount {
        /// What kind they are.
        nc_type: Option<String>,
        /// `critical`, `major` or `minor`.
        severity: Option<String>,
        /// All that were raised, whatever their status.
        raised: i64,
        /// Those that are open.
        open: i64,
        /// Those that are investigated.
        investigating: i64,
        /// Those that are closed.
        closed: i64,
        /// Closed of raised, %.
        closure_rate_pct: Option<f64>,
        /// From the date raised to the date closed, the mean over the closed ones, days.
        avg_days_to_close: Option<f64>,
        /// When the oldest one that is not closed was raised.
        oldest_open_date: Option<NaiveDate>,
    }
}

endpoints! {
    /// Critical ones first, and of one severity the most frequent. Records without a date are in no row.
    pub const NON_CONFORMANCE: Endpoint<NonConformanceReportQuery, Vec<NonConformanceCount>> =
        Endpoint::get("/reports/non-conformance", "Quality records per type and severity, and how they were closed");
}
