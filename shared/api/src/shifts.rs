//! What people and hours brought.

use chrono::NaiveDate;

use crate::days::days_query;
use crate::{Endpoint, endpoints, row};

row! {
    /// The people and hours of one shift on one line, and what they made.
    pub struct ShiftProductivity {
        /// The date of the shift.
        shift_date: NaiveDate,
        /// The shift.
        shift_code: Option<String>,
        /// The line's id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// People.
        headcount: Option<i64>,
        /// Hours planned, of all people.
        planned_hours: Option<f64>,
        /// Hours worked, of all people.
        actual_hours: Option<f64>,
        /// Of the hours worked those that were overtime.
        overtime_hours: Option<f64>,
        /// Product that came out, kg.
        output_kg: Option<f64>,
        /// Output per person, kg.
        kg_per_head: Option<f64>,
        /// Output per hour worked, kg.
        kg_per_hour: Option<f64>,
        /// Overtime of the hours worked, %.
        overtime_pct: Option<f64>,
        /// Hours worked of the hours planned, %.
        hours_utilisation_pct: Option<f64>,
        /// What the line can make in a shift, kg.
        max_capacity_kg: Option<f64>,
        /// Packs of the line's runs that began in this shift, rejected ones included, as the weighing system
        /// counted them; where no shift times are known, of the runs of this date and shift; null where the
        /// booked output is not that of these runs.
        packs: Option<i64>,
        /// Those of them that were rejected.
        rejected_packs: Option<i64>,
        /// Hours worked of the hours planned, at most all of them, %.
        availability_pct: Option<f64>,
        /// Output per hour worked, of what the line can make per hour planned, %.
        performance_pct: Option<f64>,
        /// Good packs of all packs, %.
        quality_pct: Option<f64>,
        /// Overall equipment effectiveness: availability, performance and quality multiplied, %.
        oee_pct: Option<f64>,
    }
}

/// How many days a question about shifts covers where nothing else is asked for.
pub const DAYS: u32 = 7;

days_query! {
    /// Which shifts.
    pub struct ShiftQuery<DAYS> {
        /// So many days up to today.
        days,
    }
}

endpoints! {
    /// Labour per date, shift and line, newest first; 7 days where no day is named.
    pub const PRODUCTIVITY: Endpoint<ShiftQuery, Vec<ShiftProductivity>> =
        Endpoint::get("/shifts/productivity", "Output per head and hour of each shift and line, and its OEE");
}
