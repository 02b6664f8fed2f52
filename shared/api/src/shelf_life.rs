//! What is getting old in the house.

use chrono::NaiveDate;

use crate::query::NoQuery;
use crate::{Endpoint, endpoints, row};

row! {
    /// A complete run of which something is left, or may be, nine days old or more.
    pub struct ExpiringRun {
        /// The run's number.
        run_number: String,
        /// The run's production date.
        production_date: NaiveDate,
        /// The product's code.
        product_code: Option<String>,
        /// What it is.
        description: Option<String>,
        /// The date that it was packed on.
        pack_date: NaiveDate,
        /// Days since it was packed.
        day_number: i64,
        /// The last day it may be used: the product's own shelf life from packing, or nine days where nobody
        /// noted one, and those that rubber clock or superchill add.
        use_by: NaiveDate,
        /// Days until then; negative once it is past.
        days_to_use_by: i64,
        /// Whether that day is past.
        past_use_by: bool,
        /// The first day on which what is left has to be frozen.
        freeze_down_on: NaiveDate,
        /// `approaching` from day 9 on, `last_day` on day 12, `freeze_down` from day 13 on.
        status: String,
        /// What is left of it: made, less what was loaded or delivered, kg; null where something of unknown
        /// weight was, or where nobody knows what was made.
        qty_kg: Option<f64>,
        /// Orders that were loaded or delivered without a weight.
        #[at_least(0)]
        despatches_without_weight: i64,
        /// Outputs that are booked without a weight.
        #[at_least(0)]
        outputs_without_weight: i64,
        /// Rows of the run that were rejected and that the ERP has not mended yet: figures lack them.
        #[at_least(0)]
        rejected_rows: i64,
    }
}

endpoints! {
    /// Runs from their ninth to their thirtieth day of which something is left, the oldest first. The days
    /// are the factory's. A run of which an unknown weight was made or despatched is listed, since something
    /// may be left of it.
    pub const EXPIRING: Endpoint<NoQuery, Vec<ExpiringRun>> =
        Endpoint::get("/shelf-life/expiring", "Stock that has to be sold or frozen, most urgent first");
}
