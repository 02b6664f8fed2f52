//! The compliance checks: their names, how bad a violation is, and what each looks at. How they judge is in
//! [`crate::rules`].

use crate::named::named_enum;
use crate::rules;

named_enum! {
    /// How bad a violation is, the worst first.
    "severity" Severity {
        /// Stops a despatch.
        Critical = "CRITICAL",
        /// Has to be put right.
        Major = "MAJOR",
        /// Costs money.
        Warning = "WARNING",
    }
}

named_enum! {
    /// One thing that is checked.
    "check" Check {
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

impl Check {
    /// How bad a violation of this check is.
    pub const fn severity(self) -> Severity {
        match self {
            Self::GgInPremium
            | Self::TailsInPremium
            | Self::SpeciesMismatch
            | Self::TemperatureBreach
            | Self::UnderweightLot => Severity::Critical,
            Self::ScanbackWithoutParent
            | Self::MissingProductCode
            | Self::PluMismatch
            | Self::UnmappedExceptionRun => Severity::Major,
            Self::LowYield | Self::HighGiveaway | Self::LabelGap | Self::WeightMismatch => Severity::Warning,
        }
    }

    /// The percentage that decides, for checks that have one and the same for every run.
    pub const fn limit_pct(self) -> Option<f64> {
        match self {
            Self::LowYield => Some(rules::LOW_YIELD_PCT),
            Self::HighGiveaway => Some(rules::HIGH_GIVEAWAY_PCT),
            Self::WeightMismatch => Some(rules::WEIGHT_MISMATCH_PCT),
            _ => None,
        }
    }

    /// What it looks for, in plain words.
    pub const fn description(self) -> &'static str {
        match self {
            Self::GgInPremium => {
                "GG fish was packed as tier 1, or more tier 1 came out than Premium fish went in"
            }
            Self::TailsInPremium => "tails were packed as tier 1",
            Self::SpeciesMismatch => "the product's species is that of no batch that went into the run",
            Self::ScanbackWithoutParent => {
                "fish was scanned back as a new batch without a known parent batch"
            }
            Self::MissingProductCode => "the run has no product code",
            Self::PluMismatch => "a case carried another PLU than expected",
            Self::UnmappedExceptionRun => {
                "a Family Pack, marinade or Simply Salmon run was completed without recorded inputs"
            }
            Self::TemperatureBreach => "a temperature reading lies outside its limits",
            Self::LowYield => "less than 90 % of the fish that went in came out as product",
            Self::HighGiveaway => "packs weigh over 3 % more than their target",
            Self::LabelGap => "labels of the run's range were never scanned",
            Self::WeightMismatch => "the weight on the run's paperwork and on the scales differs by over 2 %",
            Self::UnderweightLot => "the run's packs fail the average-quantity rules",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_severities_are_those_of_the_factory_s_rule_book() {
        let with = |severity| {
            let names =
                Check::ALL.iter().filter(|check| check.severity() == severity).map(|check| check.as_str());
            names.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            with(Severity::Critical),
            "gg_in_premium tails_in_premium species_mismatch temperature_breach underweight_lot"
        );
        assert_eq!(
            with(Severity::Major),
            "scanback_without_parent missing_product_code plu_mismatch unmapped_exception_run"
        );
        assert_eq!(with(Severity::Warning), "low_yield high_giveaway label_gap weight_mismatch");
    }

    #[test]
    fn a_description_states_the_limit_that_is_judged() {
        for check in Check::ALL {
            if let Some(limit) = check.limit_pct() {
                assert!(check.description().contains(&format!("{limit} %")), "{check}");
            }
        }
    }
}
