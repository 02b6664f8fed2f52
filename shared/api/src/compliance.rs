//! What the compliance checks found.

use chrono::{NaiveDate, NaiveDateTime};
pub use domain::checks::{Check, Severity};

use crate::days::days_query;
use crate::query::{Parameter, ParameterKind};
use crate::{Endpoint, endpoints, row};

row! {
    /// A finding of a compliance check.
    pub struct CheckFinding {
        /// Which check.
        #[one_of(Check::NAMES)]
        check: String,
        /// `CRITICAL`, `MAJOR`, `WARNING`, or `INFO`, which counts as no issue.
        #[one_of(Severity::NAMES)]
        severity: String,
        /// The run's number.
        run_number: Option<String>,
        /// The run's production date.
        production_date: Option<NaiveDate>,
        /// The line's id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The product's code.
        product_code: Option<String>,
        /// The place where a temperature was read.
        location: Option<String>,
        /// What was measured, in the check's unit.
        measured: Option<f64>,
        /// What was allowed, in the same unit.
        limit: Option<f64>,
        /// The finding in words.
        detail: String,
        /// When it happened, on the factory's clock.
        detected_at: Option<NaiveDateTime>,
        /// The finding's name: the same as long as the finding is there, whatever its figures become.
        finding_id: String,
    }
}

/// How many days a question about findings covers where nothing else is asked for.
pub const DAYS: u32 = 30;

days_query! {
    /// Which findings.
    pub struct CheckQuery<DAYS> {
        /// So many days up to today.
        days,
        /// Only `CRITICAL`, `MAJOR`, `WARNING` or `INFO`.
        severity: Option<Severity>,
        /// Only this check.
        check: Option<Check>,
        /// Only this run number.
        run: Option<String>,
    }
}

/// Makes an enum of the rules a parameter. Its words are the names that the rules give.
macro_rules! one_of_the_rules {
    ($($names:ty),+) => {$(
        impl Parameter for $names {
            const KIND: ParameterKind = ParameterKind::OneOf(Self::NAMES);

            fn read(text: Option<&str>) -> Result<Self, String> {
                let named = Self::ALL.iter().find(|one| Some(one.as_str()) == text);
                named.copied().ok_or_else(|| format!("is none of {}", Self::NAMES.join(" ")))
            }

            fn write(&self) -> Option<String> {
                Some(self.as_str().to_owned())
            }
        }
    )+};
}

one_of_the_rules!(Severity, Check);

endpoints! {
    /// Findings, newest first; 30 days where no day is named. Those of probes that are silent or stuck, and of
    /// critical quality records that stay open, are there as long as that lasts, whenever it began, if today is
    /// asked for.
    pub const CHECKS: Endpoint<CheckQuery, Vec<CheckFinding>> =
        Endpoint::get("/compliance/checks", "Findings of the compliance checks");
}
