//! Orders that have to leave, and whether there will be enough.

use chrono::NaiveDate;
use domain::named::named_enum;

use crate::query::Whole;
use crate::{Endpoint, endpoints, query, row};

named_enum! {
    /// Whether there is enough for an order.
    "order coverage" Coverage {
        /// It is in stock.
        Covered = "covered",
        /// It is as soon as runs end that are on.
        CoveredWhenRunEnds = "covered_when_run_ends",
        /// It is not.
        Short = "short",
    }
}

row! {
    /// A line of an order that has not been loaded yet.
    pub struct PendingOrder {
        /// The order.
        order_number: Option<String>,
        /// Who buys it.
        customer: Option<String>,
        /// The product's code.
        product_code: Option<String>,
        /// When it has to leave.
        despatch_date: Option<NaiveDate>,
        /// How much is ordered, kg.
        ordered_kg: Option<f64>,
        /// What there is of it in stock for this line, kg; null where nobody knows what is left of a run.
        in_stock_kg: Option<f64>,
        /// What runs that are on will have for it, kg.
        projected_kg: Option<f64>,
        /// What lacks, kg.
        #[at_least(0)]
        short_kg: Option<f64>,
        /// `covered`: it is in stock; `covered_when_run_ends`: runs that are on make the rest; `short`; null where
        /// nobody knows.
        #[one_of(Coverage::NAMES)]
        status: Option<String>,
        /// The runs that are on and make something of it, separated by commas.
        covering_runs: Option<String>,
    }
}

query! {
    /// Which orders.
    pub struct AtRiskQuery {
        /// Those that leave on the next so many days, from today on. Those that should have left are there too.
        days: Whole<1, 31, 3>,
        /// Only of this customer.
        customer: Option<String>,
    }
}

endpoints! {
    /// Lines of orders that are `pending`, the first to leave first. Stock is what complete runs of the last 30
    /// days have left, up to the last day of their shelf life. A run that is on will have what its sheet asks
    /// for, or what it has made if that is more. Both are given to the orders by their days of despatch.
    pub const AT_RISK: Endpoint<AtRiskQuery, Vec<PendingOrder>> =
        Endpoint::get("/orders/at-risk", "Orders that have to leave: in stock, on a line, or short");
}
