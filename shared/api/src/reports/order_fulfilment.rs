//! `order-fulfilment`: how much of each order has left, and how much has arrived.

use chrono::NaiveDate;

use super::OrderReportQuery;
use crate::{Endpoint, endpoints, row};

row! {
    /// What one order holds of one product.
    pub struct OrderLine {
        /// The order's number.
        order_number: Option<String>,
        /// Who ordered.
        customer: Option<String>,
        /// The product's code.
        product_code: Option<String>,
        /// The product's description.
        product: Option<String>,
        /// The first day on which some of it leaves.
        despatch_date: Option<NaiveDate>,
        /// The last day on which some of it arrives.
        delivery_date: Option<NaiveDate>,
        /// Cases; null where those of a line are unknown.
        cases: Option<i64>,
        /// All of it, kg; null where a line has no weight.
        qty_kg: Option<f64>,
        /// What has not left, kg; null where a line of it has no weight.
        pending_kg: Option<f64>,
        /// What is on its way, kg; null where a line of it has no weight.
        loaded_kg: Option<f64>,
        /// What has arrived, kg; null where a line of it has no weight.
        delivered_kg: Option<f64>,
        /// Delivered of all, %.
        fulfilled_pct: Option<f64>,
        /// `pending`, `loaded` or `delivered` where that is true of all of it, else `partial`.
        status: String,
    }
}

endpoints! {
    /// The newest day of despatch first, then by order and product. What has no such day counts by the day of
    /// its last change.
    pub const ORDER_FULFILMENT: Endpoint<OrderReportQuery, Vec<OrderLine>> =
        Endpoint::get("/reports/order-fulfilment", "What of each order has left and arrived");
}
