//! The average-quantity rules of the Weights and Measures (Packaged Goods) Regulations 2006.
//!
//! Packs may vary. But a lot must on average hold what its label says, and only few of its packs may be
//! light. The rules do not apply to packs of less than 5 g, nor to packs without a fixed nominal weight.

use crate::float_dust::{is_above, is_below};
use crate::named::named_enum;
use crate::ratio::ratio_pct;

/// The lightest nominal weight that the rules apply to.
pub const MIN_NOMINAL_G: f64 = 5.0;

named_enum! {
    /// A rule that a lot breaks.
    "average-quantity failure" Failure {
        /// The packs weigh less than nominal on average.
        MeanBelowNominal = "mean_below_nominal",
        /// Over 2.5 % of the packs are below T1.
        TooManyBelowT1 = "too_many_below_t1",
        /// A pack is below T2.
        AnyBelowT2 = "any_below_t2",
    }
}

named_enum! {
    /// Whether a lot keeps all rules.
    "average-quantity outcome" Outcome {
        /// It keeps them.
        Pass = "pass",
        /// It breaks one at least.
        Fail = "fail",
    }
}

/// Whether a pack is placed on the market, by its net weight and whether a label was printed. The rules are
/// about these packs alone. Where nobody noted whether there is a label, there is one.
pub fn is_placed_on_market(net_weight_g: Option<f64>, label_printed: Option<bool>) -> bool {
    net_weight_g.is_some_and(|net_g| net_g > 0.0) && label_printed != Some(false)
}

/// The limits for packs of one nominal weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// The weight on the label.
    pub nominal_g: f64,
    /// The nominal weight less the tolerable negative error. Few packs may be lighter.
    pub t1_g: f64,
    /// The nominal weight less twice that error. No pack may be lighter.
    pub t2_g: f64,
}

impl Limits {
    /// The limits for packs of this nominal weight. `None` where the rules do not apply.
    pub fn of(nominal_g: f64) -> Option<Self> {
        let error_g = tolerable_negative_error_g(nominal_g)?;
        Some(Self { nominal_g, t1_g: nominal_g - error_g, t2_g: nominal_g - 2.0 * error_g })
    }
}

/// How far a pack may be below its nominal weight before it counts as light. `None` where the rules do not
/// apply.
pub fn tolerable_negative_error_g(nominal_g: f64) -> Option<f64> {
    if !nominal_g.is_finite() || nominal_g < MIN_NOMINAL_G {
        return None;
    }
    Some(match nominal_g {
        ..50.0 => share_g(nominal_g, 9.0),
        ..100.0 => 4.5,
        ..200.0 => share_g(nominal_g, 4.5),
        ..300.0 => 9.0,
        ..500.0 => share_g(nominal_g, 3.0),
        ..1_000.0 => 15.0,
        ..10_000.0 => share_g(nominal_g, 1.5),
        ..15_000.0 => 150.0,
        _ => share_g(nominal_g, 1.0),
    })
}

/// A percentage of the nominal weight. The regulations ask to round it up to a tenth of a gram.
fn share_g(nominal_g: f64, pct: f64) -> f64 {
    let tenths = nominal_g * pct / 10.0;
    let whole = tenths.round();
    // 41.000000000000007 tenths are 41, not 42.
    let rounded_up = if is_above(tenths, whole) { whole + 1.0 } else { whole };
    rounded_up / 10.0
}

/// How a lot stands by the rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The limits that the packs were judged by.
    pub limits: Limits,
    /// How many packs were judged. Packs without a finite weight are left out.
    pub packs: usize,
    /// The mean net weight.
    pub mean_g: f64,
    /// The standard deviation of the sample. `None` for a single pack.
    pub std_dev_g: Option<f64>,
    /// How many packs are below T1, including those below T2.
    pub below_t1: usize,
    /// The share of the packs that is below T1.
    pub below_t1_pct: f64,
    /// How many packs are below T2.
    pub below_t2: usize,
    /// How far the mean lies above the nominal weight. Negative if it lies below.
    pub giveaway_pct: f64,
    /// How much all packs together weigh above their nominal weight.
    pub giveaway_kg: f64,
    /// The rules that the lot breaks. Empty if it passes.
    pub failures: Vec<Failure>,
}

impl Verdict {
    /// Judges the net weights of a lot. `None` where the rules do not apply or no pack was weighed.
    pub fn of(nominal_g: f64, net_weights_g: &[f64]) -> Option<Self> {
        let limits = Limits::of(nominal_g)?;
        let weights = || net_weights_g.iter().copied().filter(|weight_g| weight_g.is_finite());
        let packs = weights().count();
        if packs == 0 {
            return None;
        }
        let mean_g = weights().sum::<f64>() / packs as f64;
        let squares = weights().map(|weight_g| (weight_g - mean_g).powi(2)).sum::<f64>();
        let below_t1 = weights().filter(|weight_g| is_below(*weight_g, limits.t1_g)).count();
        let below_t2 = weights().filter(|weight_g| is_below(*weight_g, limits.t2_g)).count();
        Some(Self {
            limits,
            packs,
            mean_g,
            std_dev_g: (packs > 1).then(|| (squares / (packs - 1) as f64).sqrt()),
            below_t1,
            below_t1_pct: ratio_pct(below_t1 as f64, packs as f64)?,
            below_t2,
            giveaway_pct: ratio_pct(mean_g - nominal_g, nominal_g)?,
            giveaway_kg: (mean_g - nominal_g) * packs as f64 / 1_000.0,
            failures: failures(nominal_g, mean_g, packs, below_t1, below_t2),
        })
    }

    /// Whether the lot keeps all rules.
    pub fn passes(&self) -> bool {
        self.failures.is_empty()
    }

    /// The same as a word.
    pub fn outcome(&self) -> Outcome {
        if self.passes() { Outcome::Pass } else { Outcome::Fail }
    }
}

/// The largest share of packs below T1 that a lot may have.
pub const BELOW_T1_MAX_PCT: f64 = 2.5;

/// The rules that a lot with these figures breaks.
pub fn failures(nominal_g: f64, mean_g: f64, packs: usize, below_t1: usize, below_t2: usize) -> Vec<Failure> {
    let mut failures = Vec::new();
    if is_below(mean_g, nominal_g) {
        failures.push(Failure::MeanBelowNominal);
    }
    // Whole numbers, so that 5 of 200 is exactly 2.5 %.
    if below_t1 as u64 * 1_000 > packs as u64 * 25 {
        failures.push(Failure::TooManyBelowT1);
    }
    if below_t2 > 0 {
        failures.push(Failure::AnyBelowT2);
    }
    failures
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_pack_without_weight_or_label_is_not_placed_on_the_market() {
        for (net_g, label, expect) in [
            (Some(199.0), Some(true), true),
            (Some(0.1), None, true),
            (Some(0.0), Some(true), false),
            (None, Some(true), false),
            (Some(199.0), Some(false), false),
            (Some(f64::NAN), None, false),
        ] {
            assert_eq!(is_placed_on_market(net_g, label), expect, "{net_g:?} {label:?}");
        }
    }

    #[test]
    fn the_tolerable_error_follows_the_table() {
        for (nominal_g, expect) in [
            (4.9, None),
            (f64::NAN, None),
            (f64::INFINITY, None),
            (5.0, Some(0.5)),
            (30.0, Some(2.7)),
            (75.0, Some(4.5)),
            (130.0, Some(5.9)),
            (250.0, Some(9.0)),
            (333.0, Some(10.0)),
            (410.0, Some(12.3)),
            (750.0, Some(15.0)),
            (2_270.0, Some(34.1)),
            (12_000.0, Some(150.0)),
            (20_000.0, Some(200.0)),
        ] {
            assert_eq!(tolerable_negative_error_g(nominal_g), expect, "{nominal_g} g");
        }
    }

    #[test]
    fn both_sides_of_every_boundary_agree_so_that_it_matters_to_neither() {
        for (boundary_g, expect) in [
            (50.0, 4.5),
            (100.0, 4.5),
            (200.0, 9.0),
            (300.0, 9.0),
            (500.0, 15.0),
            (1_000.0, 15.0),
            (10_000.0, 150.0),
            (15_000.0, 150.0),
        ] {
            for nominal_g in [boundary_g - 1e-9, boundary_g] {
                assert_eq!(tolerable_negative_error_g(nominal_g), Some(expect), "{nominal_g} g");
            }
        }
    }

    fn lot(good: usize, good_g: f64, light: usize, light_g: f64) -> Verdict {
        let weights: Vec<f64> =
            std::iter::repeat_n(good_g, good).chain(std::iter::repeat_n(light_g, light)).collect();
        Verdict::of(200.0, &weights).unwrap()
    }

    #[test]
    fn a_lot_fails_on_its_mean_its_light_packs_or_a_very_light_one() {
        assert!(lot(10, 200.0, 0, 0.0).passes());
        assert_eq!(lot(10, 199.9, 0, 0.0).failures, [Failure::MeanBelowNominal]);
        assert_eq!(lot(94, 205.0, 6, 190.0).failures, [Failure::TooManyBelowT1]);
        assert_eq!(lot(99, 205.0, 1, 181.0).failures, [Failure::AnyBelowT2]);
        let all = lot(1, 200.0, 9, 150.0);
        assert_eq!(all.failures, Failure::ALL);
        assert_eq!((all.below_t1, all.below_t2, all.below_t1_pct), (9, 9, 90.0));
    }

    #[test]
    fn exactly_two_and_a_half_percent_below_t1_is_allowed() {
        assert!(lot(195, 205.0, 5, 190.0).passes());
        assert_eq!(lot(194, 205.0, 6, 190.0).failures, [Failure::TooManyBelowT1]);
    }

    #[test]
    fn a_pack_at_a_limit_is_not_below_it() {
        let at_limits = lot(98, 205.0, 1, 191.0);
        assert_eq!(at_limits.below_t1, 0);
        assert_eq!(lot(99, 205.0, 1, 182.0).below_t2, 0);
        // 100.2 - 4.6 is 95.60000000000001 in binary.
        let limits = Limits::of(100.2).unwrap();
        assert!(limits.t1_g > 95.6);
        assert_eq!(Verdict::of(100.2, &[95.6]).unwrap().below_t1, 0);
    }

    #[test]
    fn the_figures_are_those_of_the_sample() {
        let verdict = Verdict::of(200.0, &[198.0, 202.0, 206.0, f64::NAN, f64::INFINITY]).unwrap();
        assert_eq!((verdict.packs, verdict.mean_g, verdict.std_dev_g), (3, 202.0, Some(4.0)));
        assert_eq!((verdict.giveaway_pct, verdict.giveaway_kg), (1.0, 0.006));
        assert_eq!(Verdict::of(200.0, &[200.0]).unwrap().std_dev_g, None);
        assert_eq!(Verdict::of(200.0, &[]), None);
        assert_eq!(Verdict::of(200.0, &[f64::NAN]), None);
        assert_eq!(Verdict::of(4.0, &[4.0]), None);
    }

    proptest! {
        #[test]
        fn percentages_are_rounded_up_to_the_tenth_and_no_further(nominal_tenths in 50_u32..250_000) {
            let nominal_g = f64::from(nominal_tenths) / 10.0;
            // Hundredths of a percent, so that whole numbers can tell.
            let per_10_000 = match nominal_tenths {
                ..500 => 900,
                1_000..2_000 => 450,
                3_000..5_000 => 300,
                10_000..100_000 => 150,
                150_000.. => 100,
                _ => return Ok(()),
            };
            let tenths = (u64::from(nominal_tenths) * per_10_000).div_ceil(10_000);
            prop_assert_eq!(tolerable_negative_error_g(nominal_g), Some(tenths as f64 / 10.0));
        }

        #[test]
        fn a_larger_pack_never_has_a_smaller_tolerance(one in 5.0..30_000.0_f64, other in 5.0..30_000.0_f64) {
            let (small, large) = (one.min(other), one.max(other));
            prop_assert!(tolerable_negative_error_g(small) <= tolerable_negative_error_g(large));
        }
    }
}
