//! How heavy packs must be on average: heavy enough that a lot fails the three packers' rules as good as never,
//! and no heavier, because the rest is given away.
//!
//! The weights of the packs of a steady line are taken to be normally distributed. Then the mean of a lot is
//! too, and the number of its packs that are below a limit follows the binomial distribution.

use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, Normal};

use crate::average_quantity::{BELOW_T1_MAX_PCT, Limits};
use crate::spc::Chart;

/// How often a lot at the recommended mean may fail: once in 10,000 lots.
pub const RISK: f64 = 1e-4;

/// The spread of a line, from within the subgroups of its chart: σ = R-bar/d2. So the drift of its scales is no
/// part of it. 0 for packs that are all alike.
pub fn sigma_within_g(chart: &Chart) -> f64 {
    // A2 = 3/(d2·√n), so the limits of the means lie 3σ/√n from their centre.
    (chart.mean_upper_g - chart.grand_mean_g) * (chart.subgroup_size as f64).sqrt() / 3.0
}

/// The lowest mean at which a lot of so many packs fails with a probability of at most [`RISK`]. `None` where
/// the rules do not apply, without packs, or where the spread is no number.
pub fn recommended_mean_g(nominal_g: f64, sigma_g: f64, packs: u64) -> Option<f64> {
    let limits = Limits::of(nominal_g)?;
    if packs == 0 || !sigma_g.is_finite() || sigma_g < 0.0 {
        return None;
    }
    let fails = |mean_g: f64| failure_probability(&limits, Packs { mean_g, sigma_g }, packs);
    if fails(nominal_g)? <= RISK {
        return Some(nominal_g);
    }
    // A heavier lot fails less often. At this mean T2 lies a dozen σ below, which no lot reaches.
    let (mut too_low_g, mut high_g) = (nominal_g, nominal_g + FAR_SIGMA * sigma_g);
    while high_g - too_low_g > PRECISION_G {
        let middle_g = f64::midpoint(too_low_g, high_g);
        if middle_g <= too_low_g || middle_g >= high_g {
            break;
        }
        if fails(middle_g)? <= RISK {
            high_g = middle_g;
        } else {
            too_low_g = middle_g;
        }
    }
    Some(high_g)
}

/// How packs are distributed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Packs {
    pub(crate) mean_g: f64,
    pub(crate) sigma_g: f64,
}

impl Packs {
    /// The probability that a value of this spread around this mean is below a limit. `None` if nobody can say,
    /// because one of them is no number.
    pub(crate) fn below(self, limit_g: f64) -> Option<f64> {
        if self.sigma_g > 0.0 {
            return Some(Normal::new(self.mean_g, self.sigma_g).ok()?.cdf(limit_g));
        }
        (self.sigma_g == 0.0).then(|| f64::from(u8::from(self.mean_g < limit_g)))
    }
}

/// The probability that of so many packs, of which each is light with this probability, more than `allowed` are.
pub(crate) fn more_than(allowed: u64, light: f64, packs: u64) -> Option<f64> {
    Some(Binomial::new(light, packs).ok()?.sf(allowed))
}

/// How many of so many packs may be below T1.
pub(crate) fn allowed_below_t1(packs: u64) -> u64 {
    // Whole numbers, so that 5 of 200 are exactly 2.5 %.
    packs.saturating_mul((BELOW_T1_MAX_PCT * 10.0) as u64) / 1_000
}

const FAR_SIGMA: f64 = 40.0;
const PRECISION_G: f64 = 1e-6;

/// At most this is the probability that a lot fails: each of the three rules adds its own.
fn failure_probability(limits: &Limits, packs: Packs, count: u64) -> Option<f64> {
    let mean = Packs { sigma_g: packs.sigma_g / (count as f64).sqrt(), ..packs };
    let is_light = mean.below(limits.nominal_g)?;
    let too_many = more_than(allowed_below_t1(count), packs.below(limits.t1_g)?, count)?;
    let any = more_than(0, packs.below(limits.t2_g)?, count)?;
    Some(is_light + too_many + any)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::Distribution;

    use super::*;
    use crate::average_quantity::Verdict;

    const LOTS: usize = 10_000;

    /// The least that can be added to all packs of a lot so that it passes, in hindsight.
    fn least_shift_g(limits: &Limits, weights_g: &mut [f64]) -> f64 {
        weights_g.sort_by(f64::total_cmp);
        let mean_g = weights_g.iter().sum::<f64>() / weights_g.len() as f64;
        let first_that_may_not = weights_g[allowed_below_t1(weights_g.len() as u64) as usize];
        [limits.nominal_g - mean_g, limits.t1_g - first_that_may_not, limits.t2_g - weights_g[0]]
            .into_iter()
            .fold(f64::NEG_INFINITY, f64::max)
    }

    #[test]
    fn of_10_000_simulated_lots_at_the_recommended_mean_none_fails_beyond_the_risk_and_little_is_given_away()
    {
        for (seed, (nominal_g, sigma_g, packs)) in
            [(240.0, 3.0, 500), (1_000.0, 5.0, 300)].into_iter().enumerate()
        {
            let limits = Limits::of(nominal_g).unwrap();
            let mean_g = recommended_mean_g(nominal_g, sigma_g, packs as u64).unwrap();
            let weights = rand_distr::Normal::new(mean_g, sigma_g).unwrap();
            let mut dice = ChaCha8Rng::seed_from_u64(seed as u64);
            let (mut failed, mut given_g, mut least_g) = (0, 0.0, 0.0);
            for _ in 0..LOTS {
                let mut lot: Vec<f64> = (0..packs).map(|_| weights.sample(&mut dice)).collect();
                let verdict = Verdict::of(nominal_g, &lot).unwrap();
                failed += usize::from(!verdict.passes());
                given_g += verdict.mean_g - nominal_g;
                least_g += verdict.mean_g + least_shift_g(&limits, &mut lot) - nominal_g;
            }
            let about =
                format!("{nominal_g} g, σ {sigma_g} g, {packs} packs: {mean_g:.3} g, {failed} failed");
            // One is expected. That there are more than four is less likely than 1 in 200.
            assert!(failed <= 4, "{about}");
            let points = (given_g - least_g) / LOTS as f64 / nominal_g * 100.0;
            assert!((0.0..=0.3).contains(&points), "{about}, {points:.3} points above the least");
        }
    }

    #[test]
    fn a_little_less_than_the_recommended_mean_is_too_little() {
        for (nominal_g, sigma_g, packs) in [(240.0, 3.0, 500), (100.0, 6.0, 1), (240.0, 12.0, 1_000_000)] {
            let limits = Limits::of(nominal_g).unwrap();
            let mean_g = recommended_mean_g(nominal_g, sigma_g, packs).unwrap();
            let fails = |mean_g| failure_probability(&limits, Packs { mean_g, sigma_g }, packs).unwrap();
            assert!(fails(mean_g) <= RISK && fails(mean_g - 0.001) > RISK, "{nominal_g} {sigma_g} {packs}");
        }
    }

    #[test]
    fn packs_that_are_all_alike_weigh_what_the_label_says() {
        assert_eq!(recommended_mean_g(240.0, 0.0, 500), Some(240.0));
        for (nominal_g, sigma_g, packs) in [
            (4.0, 1.0, 500),
            (240.0, 1.0, 0),
            (240.0, f64::NAN, 9),
            (240.0, -1.0, 9),
            (f64::INFINITY, 1.0, 9),
        ] {
            assert_eq!(recommended_mean_g(nominal_g, sigma_g, packs), None, "{nominal_g} {sigma_g} {packs}");
        }
    }

    #[test]
    fn the_spread_within_subgroups_does_not_grow_with_drift() {
        let weights = rand_distr::Normal::new(240.0, 3.0).unwrap();
        let mut dice = ChaCha8Rng::seed_from_u64(7);
        let packs: Vec<f64> = (0..5_000).map(|i| weights.sample(&mut dice) + f64::from(i) * 0.004).collect();
        let sigma_g = sigma_within_g(&Chart::of(&packs, 5).unwrap());
        assert!((2.9..3.1).contains(&sigma_g), "{sigma_g}");
    }

    proptest! {
        #[test]
        fn a_wider_spread_needs_no_lighter_packs(
            nominal_g in 5.0..20_000.0, sigma_g in 0.0..100.0, more_g in 0.0..50.0, packs in 1_u64..100_000,
        ) {
            let [less, more] = [sigma_g, sigma_g + more_g].map(|sigma| recommended_mean_g(nominal_g, sigma, packs));
            prop_assert!(less.unwrap() <= more.unwrap() + 1e-3);
            prop_assert!(less.unwrap() >= nominal_g);
        }
    }
}
