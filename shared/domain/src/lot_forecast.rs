//! Whether a lot that is still being packed will pass the average-quantity rules, and an inspector's test.
//!
//! What was packed is known. The packs to come are taken to be like the last ones: normally distributed, of
//! their mean and their spread. That this mean is itself only an estimate widens what can happen.

use statrs::distribution::{ContinuousCDF, Normal};

use crate::average_quantity::{Limits, failures};
use crate::named::named_enum;
use crate::setpoint::{Packs, allowed_below_t1, more_than};

named_enum! {
    /// How a lot that is being packed stands.
    "lot status" LotStatus {
        /// It will pass.
        OnCourse = "on_course",
        /// It may fail.
        AtRisk = "at_risk",
        /// It will fail, whatever is packed from now on.
        Lost = "lost",
    }
}

/// A lot that passes with a lower probability is at risk.
pub const ON_COURSE_PROBABILITY: f64 = 0.95;

/// What has been packed of a lot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Packed {
    /// How many packs.
    pub packs: u64,
    /// Their mean weight.
    pub mean_g: f64,
    /// How many of them are below T1, including those below T2.
    pub below_t1: u64,
    /// How many of them are below T2.
    pub below_t2: u64,
}

/// How the line packs now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// The mean weight of its last packs.
    pub mean_g: f64,
    /// How many packs this is the mean of.
    pub packs: u64,
    /// Their spread, as [`crate::setpoint::sigma_within_g`] tells it.
    pub sigma_g: f64,
}

/// What will become of a lot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// How many packs it will have.
    pub expected_packs: u64,
    /// The mean that the packs to come need so that the lot weighs nominal on average. `None` if none are to
    /// come.
    pub required_mean_g: Option<f64>,
    /// The probability that it keeps all three rules.
    pub pass_probability: f64,
    /// How an inspector's test of its mean would go. `None` for lots that are too small for one.
    pub reference_test: Option<ReferenceTest>,
    /// How it stands.
    pub status: LotStatus,
}

/// The check of the mean in the reference test, without opening packs: Weights and Measures (Packaged Goods)
/// Regulations 2006, schedule 2, paragraph 4.5. The mean of n packs must be at least Qn - k·s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReferenceTest {
    /// How many packs are weighed.
    pub n: u64,
    /// The factor of their standard deviation.
    pub k: f64,
    /// The lowest mean that passes, at the spread of the line.
    pub limit_g: f64,
    /// The probability that the lot passes.
    pub pass_probability: f64,
}

/// No lot has more packs. A sheet that asks for more has an error in it.
const PACKS_MAX: f64 = 1e8;

/// How many packs a lot will have: what the run sheet asks for, or those that were packed, if they are more. `None`
/// if the sheet does not say, or asks for what no line makes.
pub fn expected_packs(target_kg: Option<f64>, nominal_g: f64, packed: u64) -> Option<u64> {
    let asked = (target_kg.filter(|kg| *kg > 0.0)? * 1_000.0 / nominal_g).round();
    (asked <= PACKS_MAX).then(|| packed.max(asked as u64))
}

impl Forecast {
    /// What will become of a lot of `expected_packs` packs, while its run is on. One that has all of them is told as
    /// it stands: whether more are packed nobody knows, so that only a pack below T2 decides for good. `most_g` is the heaviest that a pack may be, where the product says so. `None` where the rules
    /// do not apply or nothing was packed.
    pub fn of(
        nominal_g: f64,
        packed: Packed,
        pace: Pace,
        expected_packs: u64,
        most_g: Option<f64>,
    ) -> Option<Self> {
        let limits = Limits::of(nominal_g)?;
        let is_known = [packed.mean_g, pace.mean_g, pace.sigma_g].iter().all(|value| value.is_finite());
        if packed.packs == 0 || pace.packs == 0 || !is_known || pace.sigma_g < 0.0 {
            return None;
        }
        let expected_packs = expected_packs.max(packed.packs);
        let left = expected_packs - packed.packs;
        let packed_g = packed.packs as f64 * packed.mean_g;
        let needed_g = expected_packs as f64 * nominal_g - packed_g;
        let required_mean_g = (left > 0).then(|| (needed_g / left as f64).max(0.0));
        let allowed = allowed_below_t1(expected_packs).checked_sub(packed.below_t1);
        let is_out_of_reach = match required_mean_g {
            None => packed.below_t2 > 0,
            Some(mean_g) => {
                packed.below_t2 > 0 || allowed.is_none() || most_g.is_some_and(|most_g| mean_g > most_g)
            }
        };
        let pass_probability = match (is_out_of_reach, allowed) {
            _ if left == 0 => f64::from(u8::from(is_lawful(nominal_g, packed))),
            (true, _) | (_, None) => 0.0,
            (false, Some(allowed)) => passes(&limits, pace, left, needed_g, allowed)?,
        };
        let whole_mean_g = (packed_g + left as f64 * pace.mean_g) / expected_packs as f64;
        let reference_test = ReferenceTest::of(nominal_g, whole_mean_g, pace.sigma_g, expected_packs);
        let status = match pass_probability {
            _ if is_out_of_reach => LotStatus::Lost,
            ON_COURSE_PROBABILITY.. => LotStatus::OnCourse,
            _ => LotStatus::AtRisk,
        };
        Some(Self { expected_packs, required_mean_g, pass_probability, reference_test, status })
    }
}

fn is_lawful(nominal_g: f64, packed: Packed) -> bool {
    let [packs, below_t1, below_t2] = [packed.packs, packed.below_t1, packed.below_t2]
        .map(|count| usize::try_from(count).unwrap_or(usize::MAX));
    failures(nominal_g, packed.mean_g, packs, below_t1, below_t2).is_empty()
}

/// At how many means of the packs to come the probability is asked.
const MEANS: u32 = 64;

/// The probability that the packs to come weigh enough together, and that few enough of them are light. The
/// mean that they will have is only known as well as `pace` says, so all means count by how likely they are.
fn passes(limits: &Limits, pace: Pace, left: u64, needed_g: f64, allowed: u64) -> Option<f64> {
    let estimate = Normal::new(pace.mean_g, pace.sigma_g / (pace.packs as f64).sqrt());
    let means: Vec<f64> = match estimate {
        // The middles of so many equally likely stretches.
        Ok(estimate) => {
            (0..MEANS).map(|i| estimate.inverse_cdf((f64::from(i) + 0.5) / f64::from(MEANS))).collect()
        }
        // All packs are alike.
        Err(_) => vec![pace.mean_g],
    };
    let mut sum = 0.0;
    for mean_g in &means {
        let packs = Packs { mean_g: *mean_g, sigma_g: pace.sigma_g };
        let all = Packs { mean_g: mean_g * left as f64, sigma_g: pace.sigma_g * (left as f64).sqrt() };
        let heavy = 1.0 - all.below(needed_g)?;
        let few = 1.0 - more_than(allowed, packs.below(limits.t1_g)?, left)?;
        let none = 1.0 - more_than(0, packs.below(limits.t2_g)?, left)?;
        sum += heavy * few * none;
    }
    Some(sum / means.len() as f64)
}

impl ReferenceTest {
    /// How the test of a lot of this mean and spread would go.
    pub fn of(nominal_g: f64, mean_g: f64, sigma_g: f64, packs: u64) -> Option<Self> {
        let (n, k) = match packs {
            ..100 => return None,
            100..=500 => (30, 0.503),
            _ => (50, 0.379),
        };
        // s, the spread of n packs, is on average c4·σ, and for so many nearly normally distributed around that.
        let freedom = f64::from(n) - 1.0;
        let c4 = 1.0 - 1.0 / (4.0 * freedom) - 7.0 / (32.0 * freedom * freedom);
        let spread_g = sigma_g * (1.0 / f64::from(n) + k * k * (1.0 - c4 * c4)).sqrt();
        let margin = Packs { mean_g: mean_g + k * c4 * sigma_g, sigma_g: spread_g };
        Some(Self {
            n: u64::from(n as u32),
            k,
            limit_g: nominal_g - k * sigma_g,
            pass_probability: 1.0 - margin.below(nominal_g)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::Distribution;

    use super::*;
    use crate::average_quantity::Verdict;

    const NOMINAL_G: f64 = 240.0;

    fn packed(weights_g: &[f64]) -> Packed {
        let verdict = Verdict::of(NOMINAL_G, weights_g).unwrap();
        Packed {
            packs: verdict.packs as u64,
            mean_g: verdict.mean_g,
            below_t1: verdict.below_t1 as u64,
            below_t2: verdict.below_t2 as u64,
        }
    }

    fn of(packed: Packed, expected: u64, most_g: Option<f64>) -> Forecast {
        let pace = Pace { mean_g: packed.mean_g, packs: packed.packs, sigma_g: 3.0 };
        Forecast::of(NOMINAL_G, packed, pace, expected, most_g).unwrap()
    }

    #[test]
    fn a_lot_will_have_what_its_sheet_asks_for_or_what_was_packed() {
        for (target_kg, packed, expect) in [
            (Some(120.0), 100, Some(500)),
            (Some(120.0), 501, Some(501)),
            (None, 7, None),
            (Some(-3.0), 7, None),
            (Some(0.0), 7, None),
            (Some(1e300), 7, None),
            (Some(f64::INFINITY), 7, None),
        ] {
            assert_eq!(expected_packs(target_kg, 240.0, packed), expect, "{target_kg:?} {packed}");
        }
    }

    #[test]
    fn lots_pass_as_often_as_was_forecast_when_they_were_half_packed() {
        let mut dice = ChaCha8Rng::seed_from_u64(12);
        let about = rand_distr::Normal::new(NOMINAL_G + 0.1, 0.25).unwrap();
        // By what was forecast, from unlikely to likely: how many lots, the sum of the forecasts, how many passed.
        let mut groups = [(0_u32, 0.0, 0_u32); 5];
        for _ in 0..4_000 {
            // All means that a lot may have are about equally likely near the nominal weight, as for a line that
            // nobody has adjusted well.
            let line = rand_distr::Normal::new(about.sample(&mut dice), 3.0).unwrap();
            let lot: Vec<f64> = (0..600).map(|_| line.sample(&mut dice)).collect();
            let half = packed(&lot[..300]);
            let forecast = of(half, 600, None);
            let passes = Verdict::of(NOMINAL_G, &lot).unwrap().passes();
            assert!(!passes || forecast.status != LotStatus::Lost);
            let group = &mut groups[((forecast.pass_probability * 5.0) as usize).min(4)];
            group.0 += 1;
            group.1 += forecast.pass_probability;
            group.2 += u32::from(passes);
        }
        for (lots, forecast, passed) in groups {
            assert!(lots >= 100, "{groups:?}");
            let (forecast, passed) = (forecast / f64::from(lots), f64::from(passed) / f64::from(lots));
            assert!(
                (forecast - passed).abs() < 0.08,
                "{forecast:.3} was forecast, {passed:.3} passed: {groups:?}"
            );
        }
    }

    #[test]
    fn the_reference_test_passes_as_often_as_in_a_simulation() {
        let mut dice = ChaCha8Rng::seed_from_u64(13);
        for (packs, mean_g) in [(300, 239.0), (300, 240.0), (1_000, 238.5), (1_000, 239.2)] {
            let test = ReferenceTest::of(NOMINAL_G, mean_g, 3.0, packs).unwrap();
            let line = rand_distr::Normal::new(mean_g, 3.0).unwrap();
            let passes = |_: &u32| {
                let sample: Vec<f64> = (0..test.n).map(|_| line.sample(&mut dice)).collect();
                let verdict = Verdict::of(NOMINAL_G, &sample).unwrap();
                verdict.mean_g >= NOMINAL_G - test.k * verdict.std_dev_g.unwrap()
            };
            let passed = (0..4_000).filter(passes).count() as f64 / 4_000.0;
            assert!((passed - test.pass_probability).abs() < 0.02, "{packs} {mean_g}: {passed} {test:?}");
        }
    }

    #[test]
    fn the_sample_and_its_factor_follow_the_size_of_the_lot() {
        let test = |packs| ReferenceTest::of(NOMINAL_G, 241.0, 2.0, packs);
        assert_eq!(test(99), None);
        for (packs, n, k) in [(100, 30, 0.503), (500, 30, 0.503), (501, 50, 0.379)] {
            let test = test(packs).unwrap();
            assert_eq!((test.n, test.k, test.limit_g), (n, k, NOMINAL_G - k * 2.0), "{packs}");
        }
    }

    #[test]
    fn a_lot_is_lost_when_nothing_that_may_be_packed_can_save_it() {
        let good = Packed { packs: 300, mean_g: 241.0, below_t1: 2, below_t2: 0 };
        let light = Packed { mean_g: 236.0, ..good };
        for (packed, expected, most_g, status) in [
            (good, 600, None, LotStatus::OnCourse),
            (light, 600, None, LotStatus::AtRisk),
            (light, 600, Some(243.0), LotStatus::Lost),
            (light, 600, Some(245.0), LotStatus::AtRisk),
            (Packed { below_t2: 1, ..good }, 600, None, LotStatus::Lost),
            (Packed { below_t1: 15, ..good }, 600, None, LotStatus::AtRisk),
            (Packed { below_t1: 16, ..good }, 600, None, LotStatus::Lost),
            // Lots that have all their packs are judged as they are. More may still come.
            (good, 300, None, LotStatus::OnCourse),
            (good, 10, None, LotStatus::OnCourse),
            (light, 300, None, LotStatus::AtRisk),
            (Packed { below_t2: 1, ..good }, 300, None, LotStatus::Lost),
        ] {
            let forecast = of(packed, expected, most_g);
            assert_eq!(forecast.status, status, "{packed:?} {expected} {most_g:?}: {forecast:?}");
        }
        let forecast = of(light, 600, None);
        assert_eq!((forecast.required_mean_g, forecast.expected_packs), (Some(244.0), 600));
        assert_eq!(of(good, 10, None).required_mean_g, None);
        assert_eq!(
            (of(light, 300, None).required_mean_g, of(light, 300, None).pass_probability),
            (None, 0.0)
        );
        let heavy = Packed { mean_g: 300.0, ..good };
        assert_eq!(of(heavy, 310, None).required_mean_g, Some(0.0), "the rest may weigh what it likes");
    }

    #[test]
    fn nothing_is_forecast_of_what_nobody_knows() {
        let good = Packed { packs: 300, mean_g: 241.0, below_t1: 2, below_t2: 0 };
        let pace = Pace { mean_g: 241.0, packs: 50, sigma_g: 3.0 };
        let forecast = |nominal_g, packed, pace| Forecast::of(nominal_g, packed, pace, 600, None);
        assert!(forecast(NOMINAL_G, good, pace).is_some());
        assert_eq!(forecast(4.0, good, pace), None);
        assert_eq!(forecast(NOMINAL_G, Packed { packs: 0, ..good }, pace), None);
        assert_eq!(forecast(NOMINAL_G, good, Pace { packs: 0, ..pace }), None);
        for sigma_g in [f64::NAN, f64::INFINITY, -1.0] {
            assert_eq!(forecast(NOMINAL_G, good, Pace { sigma_g, ..pace }), None, "{sigma_g}");
        }
        // Packs that are all alike.
        let alike = forecast(NOMINAL_G, good, Pace { sigma_g: 0.0, ..pace }).unwrap();
        assert_eq!((alike.pass_probability, alike.status), (1.0, LotStatus::OnCourse));
    }
}
