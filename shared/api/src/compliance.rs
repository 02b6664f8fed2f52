//! What the compliance checks found.

use chrono::{NaiveDate, NaiveDateTime};
use domain::checks;

use crate::query::Days;
use crate::{Endpoint, endpoints, query, row};

row! {
    /// A finding of a compliance check.
    pub struct CheckFinding {
        /// Which check.
        #[one_of(checks::Check::NAMES)]
        check: String,
        /// `CRITICAL`, `MAJOR` or `WARNING`.
        #[one_of(checks::Severity::NAMES)]
        severity: String,
        /// The run's number.
        run_number: Option<String>,
        /// The run's production date.
        production_date: Option<NaiveDate>,
        /// The line's id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The product's code.
        product_code: Option<String>,
        /// Where a temperature was read.
        location: Option<String>,
        /// What was measured, in the check's unit.
        measured: Option<f64>,
        /// What was allowed, in the same unit.
        limit: Option<f64>,
        /// The finding in words.
        detail: String,
        /// When it happened, on the factory's clock.
        detected_at: Option<NaiveDateTime>,
    }
}

query! {
    /// Which findings.
    pub struct CheckQuery {
        /// So many days up to today.
        days: Days<30>,
        /// Only `CRITICAL`, `MAJOR` or `WARNING`.
        severity: Option<Severity>,
        /// Only this check.
        check: Option<CheckName>,
        /// Only this run number.
        run: Option<String>,
    }
}

crate::choice! {
    /// How bad a finding is.
    pub enum Severity {
        /// Stop and act.
        Critical = "CRITICAL",
        /// Act today.
        Major = "MAJOR",
        /// Look into it.
        Warning = "WARNING",
    }
}

crate::choice! {
    /// A compliance check, by its name in a finding.
    pub enum CheckName {
        /// GG fish in a tier 1 product.
        GgInPremium = "gg_in_premium",
        /// Tails in a tier 1 product.
        TailsInPremium = "tails_in_premium",
        /// Product of a species that did not go in.
        SpeciesMismatch = "species_mismatch",
        /// Fish scanned back whose origin is lost.
        ScanbackWithoutParent = "scanback_without_parent",
        /// Run without a product code.
        MissingProductCode = "missing_product_code",
        /// Case with a wrong label.
        PluMismatch = "plu_mismatch",
        /// Exception product without recorded inputs.
        UnmappedExceptionRun = "unmapped_exception_run",
        /// Temperature out of its limits.
        TemperatureBreach = "temperature_breach",
        /// Yield too low.
        LowYield = "low_yield",
        /// Too much given away.
        HighGiveaway = "high_giveaway",
        /// Labels that were never scanned.
        LabelGap = "label_gap",
        /// Paperwork and scales disagree.
        WeightMismatch = "weight_mismatch",
        /// Packs lighter than the law allows.
        UnderweightLot = "underweight_lot",
    }
}

endpoints! {
    /// Findings, newest first.
    pub const CHECKS: Endpoint<CheckQuery, Vec<CheckFinding>> =
        Endpoint::get("/compliance/checks", "Findings of the compliance checks");
}
