//! The production reports, each a list of flat rows under a path of its own. One file per report: its row and
//! its endpoint.
//!
//! A report covers 30 days up to today unless `days`, or `from` and `to`, say otherwise.

mod allergen_changeovers;
mod daily_yield;
mod giveaway;
mod non_conformance;
mod order_fulfilment;
mod shift_productivity;
mod species_ranking;
mod temperature_audit;
mod traceability;
mod weekly_cumulative;

use chrono::NaiveDate;

use crate::query::Days;
use crate::{Operation, query};

/// Exports what the reports' modules declare, and lists their endpoints.
macro_rules! reports {
    ($($module:ident::{$($name:ident),+};)+) => {
        $(pub use $module::{$($name),+};)+

        /// The endpoints of all reports, in order.
        pub const OPERATIONS: &[&[Operation]] = &[$($module::OPERATIONS),+];
    };
}

reports! {
    daily_yield::{DAILY_YIELD, DailyProductYield};
    traceability::{TRACEABILITY, TracedInput};
    temperature_audit::{TEMPERATURE_AUDIT, TemperatureAudit};
    giveaway::{GIVEAWAY, ProductGiveaway};
    shift_productivity::{SHIFT_PRODUCTIVITY, ShiftTotals};
    non_conformance::{NON_CONFORMANCE, NonConformanceCount};
    order_fulfilment::{ORDER_FULFILMENT, OrderLine};
    allergen_changeovers::{ALLERGEN_CHANGEOVERS, AllergenChangeover};
    species_ranking::{SPECIES_RANKING, SpeciesRank};
    weekly_cumulative::{WEEKLY_CUMULATIVE, WeeklyYield};
}

/// The form of every report's path.
pub const PATH: &str = "/reports/{name}";

/// How many days a report covers where nothing else is asked for.
pub const DAYS: u32 = 30;

/// The days that a report was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskedDays {
    /// So many days up to today.
    pub days: Option<u32>,
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The last day.
    pub to: Option<NaiveDate>,
}

/// The parameters of a report.
pub trait ReportQuery {
    /// The days that it was asked for.
    fn asked_days(&self) -> AskedDays;
}

/// Declares the parameters of a report: the days, which every report has, and the filters that are its own.
macro_rules! report_query {
    ($(#[doc = $doc:literal])+ pub struct $name:ident { $($filters:tt)* }) => {
        query! {
            $(#[doc = $doc])+
            pub struct $name {
                /// So many days up to today; 30 where neither it nor `from` nor `to` is given.
                days: Option<Days<DAYS>>,
                /// From this day on; instead of `days`.
                from: Option<NaiveDate>,
                /// Up to this day; instead of `days`.
                to: Option<NaiveDate>,
                $($filters)*
            }
        }

        impl ReportQuery for $name {
            fn asked_days(&self) -> AskedDays {
                AskedDays { days: self.days.map(|days| days.0), from: self.from, to: self.to }
            }
        }
    };
}

report_query! {
    /// Which runs a report covers.
    pub struct RunReportQuery {
        /// Only this line, by id or name.
        line: Option<String>,
        /// Only this shift.
        shift: Option<String>,
        /// Only this species, by the run's description, else by its product.
        species: Option<String>,
    }
}

report_query! {
    /// Which shifts of which lines a report covers.
    pub struct ShiftReportQuery {
        /// Only this line, by id or name.
        line: Option<String>,
        /// Only this shift.
        shift: Option<String>,
    }
}

report_query! {
    /// Which lines a report covers.
    pub struct LineReportQuery {
        /// Only this line, by id or name.
        line: Option<String>,
    }
}

report_query! {
    /// Which lines and species a report covers.
    pub struct WeekReportQuery {
        /// Only this line, by id or name.
        line: Option<String>,
        /// Only this species, by the run's description, else by its product.
        species: Option<String>,
    }
}

report_query! {
    /// Which places a report covers.
    pub struct LocationReportQuery {
        /// Only this location.
        location: Option<String>,
    }
}

report_query! {
    /// Which quality records a report covers.
    pub struct NonConformanceReportQuery {
        /// Only this severity: `critical`, `major` or `minor`.
        severity: Option<String>,
        /// Only this type.
        r#type: Option<String>,
    }
}

report_query! {
    /// Which orders a report covers.
    pub struct OrderReportQuery {
        /// Only of this customer.
        customer: Option<String>,
        /// Only this order number.
        order: Option<String>,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Query;
    use crate::query::parse;

    #[test]
    fn a_filter_whose_name_is_a_word_of_rust_is_asked_for_by_that_name() {
        let asked = [("type".to_owned(), "bones".to_owned())];
        let query = NonConformanceReportQuery::read(&asked).unwrap();
        assert_eq!(query.r#type.as_deref(), Some("bones"));
        assert!(query.pairs().contains(&("type", "bones".to_owned())));
        assert!(
            NonConformanceReportQuery::PARAMETERS.iter().all(|parameter| !parameter.name.starts_with("r#"))
        );
    }

    #[test]
    fn a_filter_of_another_report_is_refused() {
        let asked = [("line".to_owned(), "L1".to_owned())];
        let refused = parse::<LocationReportQuery, Vec<TemperatureAudit>>(&asked).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "parameter `line`: `L1` is not asked for here: days, from, to, location, limit, after, format, bom"
        );
    }
}
