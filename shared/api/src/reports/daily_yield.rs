//! `daily-yield`: what came out of what went in, per date, shift, line, product and customer.

use chrono::NaiveDate;

use super::RunReportQuery;
use crate::{Endpoint, endpoints, row};

row! {
    /// The complete runs of one date, shift, line, product and customer.
    pub struct DailyProductYield {
        /// The production date.
        production_date: NaiveDate,
        /// The shift.
        shift_code: Option<String>,
        /// The line's id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// The product's code.
        product_code: Option<String>,
        /// The product's description; null where runs without a code made several products.
        product: Option<String>,
        /// Who buys it.
        customer: Option<String>,
        /// The species, if it is that of all these runs.
        species: Option<String>,
        /// Complete runs.
        runs: i64,
        /// Fish that went in, kg.
        input_kg: Option<f64>,
        /// What the run sheets asked for, kg.
        target_kg: Option<f64>,
        /// Product that came out, kg.
        total_kg: Option<f64>,
        /// Input less output of the runs with inputs, kg; null where that of one is unknown.
        waste_kg: Option<f64>,
        /// Output of input, over the runs whose input is known, %.
        yield_pct: Option<f64>,
        /// Waste of input, over the same runs, %.
        waste_pct: Option<f64>,
        /// Output of target, over the runs that have a target, %.
        efficiency_pct: Option<f64>,
        /// Weight above target that was given away, % of target.
        giveaway_pct: Option<f64>,
    }
}

endpoints! {
    /// The newest date first, then by line.
    pub const DAILY_YIELD: Endpoint<RunReportQuery, Vec<DailyProductYield>> =
        Endpoint::get("/reports/daily-yield", "Yield of complete runs per date, shift, line, product and customer");
}
