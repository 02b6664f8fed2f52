//! `weekly-cumulative`: how far a line has come in its week.

use chrono::NaiveDate;

use super::WeekReportQuery;
use crate::{Endpoint, endpoints, row};

row! {
    /// The complete runs of one line on one date, and of its week up to that date.
    pub struct WeeklyYield {
        /// The Monday that its week begins on.
        week_start: NaiveDate,
        /// The production date.
        production_date: NaiveDate,
        /// The line's id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// Complete runs of that date.
        runs: i64,
        /// Fish that went in on that date, kg.
        input_kg: Option<f64>,
        /// Product that came out on that date, kg.
        total_kg: Option<f64>,
        /// Fish that went in since Monday, kg.
        cumulative_input_kg: Option<f64>,
        /// Product that came out since Monday, kg.
        cumulative_kg: Option<f64>,
        /// Output of input since Monday, over the runs whose input is known, %.
        cumulative_yield_pct: Option<f64>,
    }
}

endpoints! {
    /// The newest date first, then by line. A week counts from its Monday also where only its end was asked
    /// for.
    pub const WEEKLY_CUMULATIVE: Endpoint<WeekReportQuery, Vec<WeeklyYield>> =
        Endpoint::get("/reports/weekly-cumulative", "Product of each line since Monday, date by date");
}
