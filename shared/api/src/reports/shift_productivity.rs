//! `shift-productivity`: what the same shift on the same line brought over some days.

use super::ShiftReportQuery;
use crate::{Endpoint, endpoints, row};

row! {
    /// The shifts of one code on one line. Each figure is a ratio of sums over the shifts that know both
    /// sides of it.
    pub struct ShiftTotals {
        /// The shift.
        shift_code: Option<String>,
        /// The line's id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// How many shifts.
        shifts: i64,
        /// People, added up over the shifts.
        headcount: Option<i64>,
        /// Hours planned, of all people.
        planned_hours: Option<f64>,
        /// Hours worked, of all people.
        actual_hours: Option<f64>,
        /// Of the hours worked those that were overtime.
        overtime_hours: Option<f64>,
        /// Product that came out, kg.
        output_kg: Option<f64>,
        /// Output per person and shift, kg.
        kg_per_head: Option<f64>,
        /// Output per hour worked, kg.
        kg_per_hour: Option<f64>,
        /// Overtime of the hours worked, %.
        overtime_pct: Option<f64>,
        /// Hours worked of the hours planned, %.
        hours_utilisation_pct: Option<f64>,
        /// The same, at most all of them, %.
        availability_pct: Option<f64>,
        /// Output per hour worked, of what the line can make per hour planned, %.
        performance_pct: Option<f64>,
        /// Good packs of all packs, %.
        quality_pct: Option<f64>,
        /// Overall equipment effectiveness: availability, performance and quality multiplied, %.
        oee_pct: Option<f64>,
    }
}

endpoints! {
    /// By line, then by shift.
    pub const SHIFT_PRODUCTIVITY: Endpoint<ShiftReportQuery, Vec<ShiftTotals>> =
        Endpoint::get("/reports/shift-productivity", "Output per head and hour, and OEE, per shift code and line");
}
