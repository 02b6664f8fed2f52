//! `giveaway`: which products leave which line heavier than they need to.

use super::RunReportQuery;
use crate::{Endpoint, endpoints, row};

row! {
    /// The packs of one product on one line, of complete runs. Only packs whose net and target weight are
    /// both known.
    pub struct ProductGiveaway {
        /// The product's code.
        product_code: Option<String>,
        /// The product's description; null where runs without a code made several products.
        product: Option<String>,
        /// The line's id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// Runs that have such packs.
        runs: i64,
        /// These packs.
        packs: i64,
        /// What they had to weigh, kg.
        target_kg: f64,
        /// What they weigh, kg.
        net_kg: f64,
        /// What they weigh more than they had to, kg.
        giveaway_kg: f64,
        /// The same of what they had to weigh, %.
        giveaway_pct: Option<f64>,
    }
}

endpoints! {
    /// The most given away first.
    pub const GIVEAWAY: Endpoint<RunReportQuery, Vec<ProductGiveaway>> =
        Endpoint::get("/reports/giveaway", "Weight given away per product and line");
}
