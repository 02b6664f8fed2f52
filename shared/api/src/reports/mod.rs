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

use crate::Operation;
use crate::days::days_query;

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

days_query! {
    /// Which runs a report covers.
    pub struct RunReportQuery<DAYS> {
        /// So many days up to today; 30 where no day is named.
        days,
        /// Only this line, by id or name.
        line: Option<String>,
        /// Only this shift.
        shift: Option<String>,
        /// Only this species, by the run's description, else by its product.
        species: Option<String>,
    }
}

days_query! {
    /// Which shifts of which lines a report covers.
    pub struct ShiftReportQuery<DAYS> {
        /// So many days up to today; 30 where no day is named.
        days,
        /// Only this line, by id or name.
        line: Option<String>,
        /// Only this shift.
        shift: Option<String>,
    }
}

days_query! {
    /// Which lines a report covers.
    pub struct LineReportQuery<DAYS> {
        /// So many days up to today; 30 where no day is named.
        days,
        /// Only this line, by id or name.
        line: Option<String>,
    }
}

days_query! {
    /// Which lines and species a report covers.
    pub struct WeekReportQuery<DAYS> {
        /// So many days up to today; 30 where no day is named.
        days,
        /// Only this line, by id or name.
        line: Option<String>,
        /// Only this species, by the run's description, else by its product.
        species: Option<String>,
    }
}

days_query! {
    /// Which places a report covers.
    pub struct LocationReportQuery<DAYS> {
        /// So many days up to today; 30 where no day is named.
        days,
        /// Only this location.
        location: Option<String>,
    }
}

days_query! {
    /// Which quality records a report covers.
    pub struct NonConformanceReportQuery<DAYS> {
        /// So many days up to today; 30 where no day is named.
        days,
        /// Only this severity: `critical`, `major` or `minor`.
        severity: Option<String>,
        /// Only this type.
        r#type: Option<String>,
    }
}

days_query! {
    /// Which orders a report covers.
    pub struct OrderReportQuery<DAYS> {
        /// So many days up to today; 30 where no day is named.
        days,
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
            "parameter `line`: `L1` is not asked for here: days, from, to, before, location, limit, after, format, bom"
        );
    }
}
