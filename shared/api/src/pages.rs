//! The pages of the dashboard that answers link to.

use chrono::NaiveDate;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The page of a run, from the dashboard's own address on: `#/run/007208?date=2026-11-23`.
pub fn run_link(number: &str, date: Option<NaiveDate>) -> String {
    let number = utf8_percent_encode(number, NON_ALPHANUMERIC);
    match date {
        Some(date) => format!("#/run/{number}?date={date}"),
        None => format!("#/run/{number}"),
    }
}
