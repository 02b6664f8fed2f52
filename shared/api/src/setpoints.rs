//! How heavy packs should be.

use chrono::NaiveDate;

use crate::query::Whole;
use crate::{Endpoint, endpoints, query, row};

row! {
    /// How heavy the packs of a run that is on are, or those of a product on a line, and how heavy they should be.
    pub struct Setpoint {
        /// The line: its id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// The run, if it is on; null for all runs of the days together.
        run_number: Option<String>,
        /// The production date of that run.
        production_date: Option<NaiveDate>,
        /// The product's code.
        product_code: Option<String>,
        /// The product's description.
        product: Option<String>,
        /// Packs that are placed on the market.
        #[at_least(0)]
        packs: i64,
        /// The nominal quantity, g.
        nominal_g: Option<f64>,
        /// Their mean weight, g.
        mean_g: Option<f64>,
        /// Their spread within subgroups of five, which the drift of a line is no part of, g.
        #[at_least(0)]
        sigma_g: Option<f64>,
        /// The lowest mean at which a lot of this size fails the three packers' rules once in 10,000 lots, g.
        recommended_mean_g: Option<f64>,
        /// How far the mean lies above that; negative below it, g.
        over_g: Option<f64>,
        /// The pace: of a run, over its last 15 minutes that are not a stop's; of several, over all of theirs.
        #[at_least(0)]
        packs_per_hour: Option<f64>,
        /// What the recommended mean would save at this pace, kg per hour; negative where packs are too light.
        saving_kg_per_hour: Option<f64>,
        /// The same in money.
        saving_money_per_hour: Option<f64>,
        /// Packs of the lot: of a run, those that its sheet asks for or that it has, if they are more; of several, the
        /// median of those that are complete.
        #[at_least(0)]
        lot_size: Option<i64>,
        /// Why there is no recommendation: null where there is one.
        reason: Option<String>,
    }
}

query! {
    /// Which setpoints.
    pub struct SetpointQuery {
        /// Those of products over runs of the last so many production dates, up to today.
        days: Whole<1, 31, 1>,
        /// Only on this line: its id or its name.
        line: Option<String>,
    }
}

endpoints! {
    /// For each run that is on, and for each product on each line over the days: what most can be saved first.
    /// The spread is taken to be normal. The method stands in the project's `docs/methods.md`.
    pub const SETPOINTS: Endpoint<SetpointQuery, Vec<Setpoint>> =
        Endpoint::get("/setpoints", "How heavy packs are, and how heavy they should be");
}
