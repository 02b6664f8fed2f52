//! What is getting old in the house.

use chrono::NaiveDate;

use crate::query::{After, Limit};
use crate::{Format, Get, query, row};

row! {
    /// A complete run of which something is left, nine days old or more.
    pub struct ExpiringRun {
        /// The run's number.
        run_number: String,
        /// The product's code.
        product_code: Option<String>,
        /// What it is.
        description: Option<String>,
        /// The date that it was packed on.
        pack_date: NaiveDate,
        /// Days since it was packed.
        day_number: i64,
        /// The last day it may be used: nine days from packing, and those that rubber clock or superchill
        /// add.
        use_by: NaiveDate,
        /// The first day on which what is left has to be frozen.
        freeze_down_on: NaiveDate,
        /// `approaching` from day 9 on, `last_day` on day 12, `freeze_down` from day 13 on.
        status: String,
        /// What is left of it: made, less what was loaded or delivered, kg.
        qty_kg: f64,
    }
}

query! {
    /// How it is wanted.
    pub struct ExpiringQuery {
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
    /// Runs from their ninth to their thirtieth day of which something is left, the oldest first. The days
    /// are the factory's.
    pub const EXPIRING: Get<ExpiringQuery, Vec<ExpiringRun>> = Get::new("/shelf-life/expiring", "Stock that has to be sold or frozen, most urgent first");
}
