//! The compliance checks: their names, how bad a violation is, and what each looks for. [`crate::rules`] has
//! the rules by which they judge.

use crate::named::named_enum;
use crate::rules;
use crate::settings::Limits;

named_enum! {
    /// How bad a violation is. The worst comes first.
    "severity" Severity {
        /// The fish must not leave the factory.
        Critical = "CRITICAL",
        /// Somebody has to put it right.
        Major = "MAJOR",
        /// It costs money.
        Warning = "WARNING",
        /// It is worth knowing, and nothing is wrong: it counts in no number of issues.
        Info = "INFO",
    }
}

impl Severity {
    /// Whether somebody has to do something about it.
    pub const fn is_issue(self) -> bool {
        !matches!(self, Self::Info)
    }
}

named_enum! {
    /// A compliance check.
    "check" Check {
        /// GG fish was packed as tier 1.
        GgInPremium = "gg_in_premium",
        /// Tails were packed as tier 1.
        TailsInPremium = "tails_in_premium",
        /// Premium centre cut is sold below tier 1.
        PremiumDowngraded = "premium_downgraded",
        /// Simply Salmon is in another tier than its own, or of Premium fish.
        SimplySalmonTier = "simply_salmon_tier",
        /// The product is of a species that did not go into the run.
        SpeciesMismatch = "species_mismatch",
        /// Fish was scanned back as a new batch without a known parent.
        ScanbackWithoutParent = "scanback_without_parent",
        /// A run has no product code.
        MissingProductCode = "missing_product_code",
        /// A case carries a wrong label.
        PluMismatch = "plu_mismatch",
        /// An exception product was made without recorded inputs.
        UnmappedExceptionRun = "unmapped_exception_run",
        /// Bookings add up to less than nothing.
        NegativeQuantity = "negative_quantity",
        /// Rows of the run were rejected.
        RejectedRows = "rejected_rows",
        /// A temperature lies outside its limits.
        TemperatureBreach = "temperature_breach",
        /// A reading is no temperature: its probe is broken or not connected.
        SensorFault = "sensor_fault",
        /// A probe has stopped to report.
        SensorSilent = "sensor_silent",
        /// A probe shows the same all the time.
        SensorStuck = "sensor_stuck",
        /// It was too warm or too cold for long, and nobody wrote it down.
        BreachWithoutRecord = "breach_without_record",
        /// A critical quality record stays open.
        CriticalNcOpen = "critical_nc_open",
        /// Fish came in too warm.
        WarmIntake = "warm_intake",
        /// An order is on a vehicle that is too warm.
        WarmVehicle = "warm_vehicle",
        /// Too little is known of fish that came in.
        MissingKde = "missing_kde",
        /// The yield is too low.
        LowYield = "low_yield",
        /// Too much fish was given away.
        HighGiveaway = "high_giveaway",
        /// Labels were never scanned.
        LabelGap = "label_gap",
        /// The paperwork and the scales disagree.
        WeightMismatch = "weight_mismatch",
        /// The packs are lighter than the law allows.
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
            Self::SimplySalmonTier
            | Self::ScanbackWithoutParent
            | Self::MissingProductCode
            | Self::PluMismatch
            | Self::UnmappedExceptionRun
            | Self::NegativeQuantity
            | Self::RejectedRows
            | Self::SensorFault
            | Self::SensorSilent
            | Self::SensorStuck
            | Self::BreachWithoutRecord
            | Self::CriticalNcOpen
            | Self::WarmIntake
            | Self::WarmVehicle => Severity::Major,
            Self::MissingKde
            | Self::LowYield
            | Self::HighGiveaway
            | Self::LabelGap
            | Self::WeightMismatch => Severity::Warning,
            Self::PremiumDowngraded => Severity::Info,
        }
    }

    /// The percentage that decides in a factory with these limits. `None` for checks without a percentage, or
    /// with one that depends on the run.
    pub const fn limit_pct(self, limits: &Limits) -> Option<f64> {
        match self {
            Self::LowYield => Some(limits.low_yield_pct),
            Self::HighGiveaway => Some(limits.giveaway_pct),
            Self::WeightMismatch => Some(rules::WEIGHT_MISMATCH_PCT),
            _ => None,
        }
    }

    /// Whether a finding comes because time passes, without a row that changes. Such a check is judged when
    /// somebody asks, and no mart holds its findings.
    pub const fn is_judged_when_asked(self) -> bool {
        matches!(
            self,
            Self::SensorSilent | Self::SensorStuck | Self::BreachWithoutRecord | Self::CriticalNcOpen
        )
    }

    /// What the check looks for, in plain words.
    pub const fn description(self) -> &'static str {
        match self {
            Self::GgInPremium => {
                "GG fish was packed as tier 1, or more tier 1 came out than Premium fish went in"
            }
            Self::TailsInPremium => "tails were packed as tier 1",
            Self::PremiumDowngraded => "centre cut of Premium fish is sold as tier 2 or 3: what that costs",
            Self::SimplySalmonTier => "Simply Salmon is in another tier than 3, or was made of Premium fish",
            Self::SpeciesMismatch => "the product's species is that of no batch that went into the run",
            Self::ScanbackWithoutParent => {
                "fish was scanned back as a new batch without a known parent batch"
            }
            Self::MissingProductCode => "the run has no product code",
            Self::PluMismatch => "a case carried another PLU than expected",
            Self::UnmappedExceptionRun => {
                "a Family Pack, marinade or Simply Salmon run was completed without recorded inputs"
            }
            Self::NegativeQuantity => "bookings of the run add up to less than 0 kg",
            Self::RejectedRows => "rows of the run cannot be read, so that its figures lack them",
            Self::TemperatureBreach => "a temperature reading lies outside its limits",
            Self::SensorFault => "a reading is no temperature: its probe is broken or not connected",
            Self::SensorSilent => {
                "a place has not been read for over three of its usual intervals, and for over half an hour"
            }
            Self::SensorStuck => "a probe has shown one value, to the last digit, for 24 hours",
            Self::BreachWithoutRecord => {
                "a place was outside its limits for over 30 minutes, without a quality record of type \
                 temperature within 24 hours"
            }
            Self::CriticalNcOpen => "a critical quality record has been open for over 48 hours",
            Self::WarmIntake => "fish came in warmer than the factory's limit, by default 4 °C",
            Self::WarmVehicle => "an order is on a vehicle warmer than the factory's limit, by default 5 °C",
            Self::MissingKde => "of fish that came in, a key data element of GDST is not known",
            Self::LowYield => {
                "less of the fish that went in came out as product than the factory's limit, by default 90 %"
            }
            Self::HighGiveaway => {
                "packs weigh more over their target than the factory's limit, by default 3 %"
            }
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
            "simply_salmon_tier scanback_without_parent missing_product_code plu_mismatch unmapped_exception_run negative_quantity \
             rejected_rows sensor_fault sensor_silent sensor_stuck breach_without_record critical_nc_open warm_intake \
             warm_vehicle"
        );
        assert_eq!(with(Severity::Warning), "missing_kde low_yield high_giveaway label_gap weight_mismatch");
        assert_eq!(with(Severity::Info), "premium_downgraded");
    }

    #[test]
    fn a_description_states_the_limit_that_is_judged_unless_a_factory_says_otherwise() {
        for check in Check::ALL {
            if let Some(limit) = check.limit_pct(&Limits::default()) {
                assert!(check.description().contains(&format!("{limit} %")), "{check}");
            }
        }
    }
}
