//! Where a line will land at the end of the shift that is on, told by its own last shifts.
//!
//! What is still to come is estimated twice. By what is usual: the median of what the line made in the rest of
//! its last shifts. And by how it runs now: its recent pace, times the median of what the rest of those shifts
//! was to the recent pace of theirs. So stops and breaks that are usual in the rest of a shift are in both. How
//! much each counts is what would have missed those shifts by the least, each told by the others. What that
//! would have missed them by is the band: four of five shifts land within it, as far as the line goes on as it
//! did. (Leave-one-out residuals as a predictive band: Barber, Candès, Ramdas and Tibshirani, "Predictive
//! inference with the jackknife+", Annals of Statistics 49(1), 2021.)
//!
//! Nothing but what was known at the moment is used.

/// The fewest shifts that tell what is usual.
pub const SHIFTS_MIN: usize = 5;

/// The most shifts that tell what is usual.
pub const SHIFTS_MAX: usize = 20;

/// No line is told to land anywhere before so much of the working time has passed, minutes.
pub const SILENT_MINUTES: f64 = 30.0;

/// The share of the working time over which a pace is recent.
pub const RECENT_SHARE: f64 = 0.1;

/// How many of ten shifts land within the band.
const WITHIN_TENTHS: usize = 8;

/// How much the recent pace may count, beside what is usual.
const WEIGHTS: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];

/// The way of a line through a shift: what it had made (kg) at the start, at the end, and at even shares of the
/// working time between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Way(Vec<f64>);

impl Way {
    /// A way through these points; `None` if they are fewer than two.
    pub fn of(made_kg: Vec<f64>) -> Option<Self> {
        (made_kg.len() >= 2).then_some(Self(made_kg))
    }

    /// The way of several lines through one shift together. `None` if they are none, or not told at the same
    /// shares.
    pub fn together(ways: &[Self]) -> Option<Self> {
        let (first, others) = ways.split_first()?;
        let mut sum = first.clone();
        for way in others {
            if way.0.len() != sum.0.len() {
                return None;
            }
            sum.0.iter_mut().zip(&way.0).for_each(|(sum, kg)| *sum += kg);
        }
        Some(sum)
    }

    /// What had been made when this share of the working time had passed. Between two points it grows evenly.
    pub fn made_kg(&self, share: f64) -> f64 {
        let place = share.clamp(0.0, 1.0) * (self.0.len() - 1) as f64;
        let before = (place.floor() as usize).min(self.0.len() - 2);
        let (from, to) = (self.0[before], self.0[before + 1]);
        from + (to - from) * (place - before as f64)
    }

    /// What was made in the whole shift.
    pub fn outcome_kg(&self) -> f64 {
        self.0[self.0.len() - 1]
    }

    fn at(&self, share: f64) -> Moment {
        let made_kg = self.made_kg(share);
        Moment { made_kg, recent_kg: made_kg - self.made_kg(share - RECENT_SHARE) }
    }
}

/// Where a line is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// What it has made in the shift so far, kg.
    pub made_kg: f64,
    /// What of it was made in the last [`RECENT_SHARE`] of the working time, kg.
    pub recent_kg: f64,
}

/// Where a line will land.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Projection {
    /// What it will have made at the end of the shift, kg.
    pub kg: f64,
    /// One shift of ten ends below this, kg.
    pub low_kg: f64,
    /// One shift of ten ends above this, kg.
    pub high_kg: f64,
}

/// What a line will have made at the end, told when this share of the working time has passed. `earlier` are its
/// last shifts of the same code; more than the last [`SHIFTS_MAX`] should not be given. `None` if they are fewer
/// than [`SHIFTS_MIN`].
pub fn projection(share: f64, now: Moment, earlier: &[Way]) -> Option<Projection> {
    if earlier.len() < SHIFTS_MIN {
        return None;
    }
    let known: Vec<Known> = earlier.iter().map(|way| Known::of(way, share)).collect();
    let missed = |weight: f64| -> Vec<f64> {
        let told = |(place, shift): (usize, &Known)| {
            let others =
                known.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, other)| other);
            shift.rest_kg - rest_kg(weight, shift.now, others)
        };
        known.iter().enumerate().map(told).collect()
    };
    let all = WEIGHTS.into_iter().map(|weight| (weight, missed(weight)));
    let sum = |missed: &[f64]| missed.iter().map(|kg| kg.abs()).sum::<f64>();
    let (weight, mut missed) = all.min_by(|one, other| sum(&one.1).total_cmp(&sum(&other.1)))?;
    missed.sort_by(f64::total_cmp);
    let rest = rest_kg(weight, now, known.iter());
    // Nothing that was made goes away.
    let landing = |missed: f64| now.made_kg + (rest + missed).max(0.0);
    let (low, high) = band(&missed);
    Some(Projection { kg: landing(0.0), low_kg: landing(low.min(0.0)), high_kg: landing(high.max(0.0)) })
}

/// An earlier shift as it was at the same share, and what it made afterwards.
#[derive(Clone, Copy)]
struct Known {
    now: Moment,
    rest_kg: f64,
}

impl Known {
    fn of(way: &Way, share: f64) -> Self {
        let now = way.at(share);
        Self { now, rest_kg: way.outcome_kg() - now.made_kg }
    }
}

/// What is still to come.
fn rest_kg<'a>(weight: f64, now: Moment, known: impl Iterator<Item = &'a Known> + Clone) -> f64 {
    let usual = median(known.clone().map(|shift| shift.rest_kg).collect()).unwrap_or_default();
    let runs = known.filter(|shift| shift.now.recent_kg > 0.0);
    let times = median(runs.map(|shift| shift.rest_kg / shift.now.recent_kg).collect());
    times.map_or(usual, |times| weight * times * now.recent_kg + (1.0 - weight) * usual)
}

/// The ends of the band, of what was missed, sorted. Of few shifts, the worst on either side.
fn band(missed: &[f64]) -> (f64, f64) {
    let outside = (10 - WITHIN_TENTHS) * (missed.len() + 1) / 20;
    let cut = outside.saturating_sub(1).min(missed.len().saturating_sub(1) / 2);
    match (missed.get(cut), missed.iter().rev().nth(cut)) {
        (Some(low), Some(high)) => (*low, *high),
        _ => (0.0, 0.0),
    }
}

/// The middle one, or the mean of the two in the middle.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = values.get(values.len() / 2)?;
    let lower = values.get((values.len() - 1) / 2)?;
    Some((lower + upper) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, Normal};

    /// A way that is told at four even shares.
    fn way(made_kg: [f64; 5]) -> Way {
        Way::of(made_kg.to_vec()).unwrap()
    }

    #[test]
    fn a_way_grows_evenly_between_its_points_and_ends_with_the_shift() {
        let way = way([0.0, 10.0, 10.0, 30.0, 40.0]);
        for (share, kg) in
            [(-1.0, 0.0), (0.0, 0.0), (0.125, 5.0), (0.5, 10.0), (0.6, 18.0), (1.0, 40.0), (2.0, 40.0)]
        {
            assert!((way.made_kg(share) - kg).abs() < 1e-9, "{share}: {}", way.made_kg(share));
        }
        assert_eq!(way.outcome_kg(), 40.0);
        assert_eq!((Way::of(vec![]), Way::of(vec![1.0])), (None, None));
    }

    #[test]
    fn lines_go_through_a_shift_together() {
        let one = way([0.0, 10.0, 20.0, 30.0, 40.0]);
        let other = way([0.0, 0.0, 5.0, 5.0, 5.0]);
        assert_eq!(Way::together(&[one.clone(), other]), Some(way([0.0, 10.0, 25.0, 35.0, 45.0])));
        assert_eq!(Way::together(&[one, Way::of(vec![0.0, 1.0]).unwrap()]), None);
        assert_eq!(Way::together(&[]), None);
    }

    #[test]
    fn too_few_shifts_tell_nothing() {
        let ways = vec![way([0.0, 10.0, 20.0, 30.0, 40.0]); 5];
        let now = Moment { made_kg: 20.0, recent_kg: 4.0 };
        assert_eq!(projection(0.5, now, &ways[..4]), None);
        assert_eq!(projection(0.5, now, &ways), Some(Projection { kg: 40.0, low_kg: 40.0, high_kg: 40.0 }));
    }

    #[test]
    fn what_is_usual_counts_where_the_recent_pace_told_nothing_before() {
        // In each shift the rest is 20 kg, whatever the line made just before.
        let ways: Vec<_> =
            [1.0, 8.0, 2.0, 9.0, 3.0].map(|kg| way([0.0, 0.0, kg, 10.0 + kg, 20.0 + kg])).to_vec();
        let told = projection(0.5, Moment { made_kg: 50.0, recent_kg: 20.0 }, &ways).unwrap();
        assert_eq!(told, Projection { kg: 70.0, low_kg: 70.0, high_kg: 70.0 });
    }

    #[test]
    fn the_recent_pace_counts_where_it_told_the_rest_before() {
        let ways: Vec<_> = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
            .map(|pace| way([0.0, 1.0, 2.0, 3.0, 4.0].map(|x| x * pace)))
            .to_vec();
        let told = projection(0.5, Moment { made_kg: 20.0, recent_kg: 4.0 }, &ways).unwrap();
        assert!((told.kg - 40.0).abs() < 1e-9, "{told:?}");
    }

    #[test]
    fn nothing_that_was_made_goes_away_and_a_standing_line_lands_where_it_is_at_least() {
        let ways: Vec<_> =
            [0.0, 40.0, 0.0, 40.0, 0.0].map(|kg| way([0.0, 20.0, 40.0, 40.0, 40.0 + kg])).to_vec();
        let told = projection(0.75, Moment { made_kg: 40.0, recent_kg: 0.0 }, &ways).unwrap();
        assert_eq!((told.kg, told.low_kg, told.high_kg), (40.0, 40.0, 80.0));
    }

    /// A shift of 92 stretches of five minutes, with a level of its own, noise, stops and a late start now and
    /// then: the cumulated kilograms at the twentieths of it.
    fn random_way(random: &mut ChaCha8Rng) -> Way {
        let level: f64 = Normal::new(3.0, 0.35).unwrap().sample(random);
        let mut stopped = if random.random_bool(0.125) { random.random_range(3..8) } else { 0 };
        let mut made = vec![0.0];
        for _ in 0..100 {
            if stopped == 0 && random.random_bool(0.04) {
                stopped = if random.random_bool(0.05) { random.random_range(5..13) } else { 1 };
            }
            let kg = if stopped > 0 {
                0.0
            } else {
                f64::max(level + Normal::new(0.0, 0.8).unwrap().sample(random), 0.0)
            };
            stopped = std::cmp::max(stopped, 1) - 1;
            made.push(made[made.len() - 1] + kg);
        }
        Way::of(made.into_iter().step_by(5).collect()).unwrap()
    }

    #[test]
    fn four_of_five_shifts_land_within_the_band_and_half_of_them_near() {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let ways: Vec<Way> = (0..2_000).map(|_| random_way(&mut random)).collect();
        for share in [0.25, 0.5, 0.75] {
            let (mut within, mut missed, mut naive) = (0, Vec::new(), Vec::new());
            for of in ways.windows(SHIFTS_MAX + 1) {
                let (now, earlier) = (of[SHIFTS_MAX].at(share), &of[..SHIFTS_MAX]);
                let outcome = of[SHIFTS_MAX].outcome_kg();
                let told = projection(share, now, earlier).unwrap();
                within += usize::from((told.low_kg..=told.high_kg).contains(&outcome));
                missed.push((told.kg - outcome).abs() / outcome);
                let by_pace = now.made_kg + now.recent_kg / RECENT_SHARE * (1.0 - share);
                naive.push((by_pace - outcome).abs() / outcome);
            }
            let within_pct = within as f64 * 100.0 / missed.len() as f64;
            let (missed, naive) = (median(missed).unwrap(), median(naive).unwrap());
            println!("{share}: {within_pct:.1} % within, median error {missed:.4}, by pace alone {naive:.4}");
            assert!((75.0..=85.0).contains(&within_pct), "{share}: {within_pct} % within");
            assert!(missed < naive, "{share}: {missed} against {naive}");
            assert!(share < 0.5 || missed < 0.05, "{share}: {missed}");
        }
    }
}
