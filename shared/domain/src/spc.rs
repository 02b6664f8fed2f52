//! Statistical process control: Shewhart's X-bar and R charts over subgroups of consecutive packs, with the
//! Western Electric signals. The charts show whether a line is steady. Whether its packs are heavy enough is
//! judged in [`crate::average_quantity`].

use crate::float_dust::is_above;
use crate::named::named_enum;
use std::ops::RangeInclusive;

/// How many packs a subgroup may hold.
pub const SUBGROUP_SIZES: RangeInclusive<usize> = 2..=6;
/// How many packs a subgroup holds by default. Five is usual for these charts.
pub const SUBGROUP_PACKS: usize = 5;

/// The factors A2 and D4 for subgroups of 2, 3, … packs. D3 is 0 for all of them.
const FACTORS: [(f64, f64); 5] =
    [(1.880, 3.267), (1.023, 2.574), (0.729, 2.282), (0.577, 2.114), (0.483, 2.004)];

named_enum! {
    /// A sign that the line has changed. The point that completes the pattern carries the signal.
    "signal" Signal {
        /// One point lies beyond 3 sigma.
        BeyondThreeSigma = "beyond_3_sigma",
        /// Two of three points lie beyond 2 sigma on one side.
        TwoOfThreeBeyondTwoSigma = "2_of_3_beyond_2_sigma",
        /// Four of five points lie beyond 1 sigma on one side.
        FourOfFiveBeyondOneSigma = "4_of_5_beyond_1_sigma",
        /// Eight points in a row lie on one side of the mean.
        EightOnOneSide = "8_on_one_side",
    }
}

impl Signal {
    /// How many points must lie out, among how many, and beyond how many sigma.
    const fn pattern(self) -> (usize, usize, f64) {
        match self {
            Self::BeyondThreeSigma => (1, 1, 3.0),
            Self::TwoOfThreeBeyondTwoSigma => (2, 3, 2.0),
            Self::FourOfFiveBeyondOneSigma => (4, 5, 1.0),
            Self::EightOnOneSide => (8, 8, 0.0),
        }
    }
}

/// A point of both charts: one subgroup of packs.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The mean weight of the packs.
    pub mean_g: f64,
    /// The heaviest pack less the lightest.
    pub range_g: f64,
    /// The signals that this point completes.
    pub signals: Vec<Signal>,
}

/// The centre lines, control limits and points of both charts.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// How many packs each subgroup holds.
    pub subgroup_size: usize,
    /// The centre line of the X-bar chart.
    pub grand_mean_g: f64,
    /// The lower control limit of the X-bar chart.
    pub mean_lower_g: f64,
    /// The upper control limit of the X-bar chart.
    pub mean_upper_g: f64,
    /// The centre line of the R chart.
    pub mean_range_g: f64,
    /// The upper control limit of the R chart. The lower one is 0.
    pub range_upper_g: f64,
    /// The points, in the order of their packs.
    pub points: Vec<Point>,
}

impl Chart {
    /// Charts the packs in the order in which they were made. Packs without a finite weight are left out. So
    /// are packs at the end that fill no subgroup.
    ///
    /// `None` if the subgroup size is not in [`SUBGROUP_SIZES`], or if the packs do not fill one subgroup.
    pub fn of(weights_g: &[f64], subgroup_size: usize) -> Option<Self> {
        if !SUBGROUP_SIZES.contains(&subgroup_size) {
            return None;
        }
        let weights_g: Vec<f64> = weights_g.iter().copied().filter(|weight_g| weight_g.is_finite()).collect();
        Self::of_points(weights_g.chunks_exact(subgroup_size).map(subgroup).collect(), subgroup_size)
    }

    /// Charts subgroups whose means and ranges are known. Finds their signals anew. `None` as for
    /// [`Chart::of`].
    pub fn of_points(mut points: Vec<Point>, subgroup_size: usize) -> Option<Self> {
        let (a2, d4) = *FACTORS.get(subgroup_size.checked_sub(*SUBGROUP_SIZES.start())?)?;
        if points.is_empty() {
            return None;
        }
        let count = points.len() as f64;
        let grand_mean_g = points.iter().map(|point| point.mean_g).sum::<f64>() / count;
        let mean_range_g = points.iter().map(|point| point.range_g).sum::<f64>() / count;
        let reach_g = a2 * mean_range_g;
        mark_signals(&mut points, grand_mean_g, reach_g / 3.0);
        Some(Self {
            subgroup_size,
            grand_mean_g,
            mean_lower_g: grand_mean_g - reach_g,
            mean_upper_g: grand_mean_g + reach_g,
            mean_range_g,
            range_upper_g: d4 * mean_range_g,
            points,
        })
    }
}

fn subgroup(packs_g: &[f64]) -> Point {
    let heaviest_g = packs_g.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let lightest_g = packs_g.iter().copied().fold(f64::INFINITY, f64::min);
    Point {
        mean_g: packs_g.iter().sum::<f64>() / packs_g.len() as f64,
        range_g: heaviest_g - lightest_g,
        signals: Vec::new(),
    }
}

fn mark_signals(points: &mut [Point], grand_mean_g: f64, sigma_g: f64) {
    let deviations_g: Vec<f64> = points.iter().map(|point| point.mean_g - grand_mean_g).collect();
    for (index, point) in points.iter_mut().enumerate() {
        let until_here = &deviations_g[..=index];
        point.signals =
            Signal::ALL.iter().copied().filter(|signal| ends_in(until_here, *signal, sigma_g)).collect();
    }
}

/// Whether the last of these points completes the signal's pattern, on the side of the mean where it lies.
fn ends_in(deviations_g: &[f64], signal: Signal, sigma_g: f64) -> bool {
    let (wanted, among, sigmas) = signal.pattern();
    let latest = || deviations_g.iter().rev().take(among);
    [1.0, -1.0].into_iter().any(|side| {
        let is_out = |deviation_g: &&f64| is_above(**deviation_g * side, sigmas * sigma_g);
        latest().next().is_some_and(|last| is_out(&last)) && latest().filter(is_out).count() >= wanted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Subgroups of two packs, 2 g apart, around these means: sigma is 1.88 * 2 / 3 = 1.253 g.
    fn signals_of(means_g: &[f64]) -> Vec<Vec<Signal>> {
        let mut points: Vec<Point> = means_g.iter().map(|mean| subgroup(&[mean - 1.0, mean + 1.0])).collect();
        mark_signals(&mut points, 0.0, 1.88 * 2.0 / 3.0);
        points.into_iter().map(|point| point.signals).collect()
    }

    fn check_last(means_g: &[f64], expect: &[Signal]) {
        assert_eq!(signals_of(means_g).last().unwrap(), expect, "{means_g:?}");
    }

    #[test]
    fn a_chart_of_known_points_is_that_of_their_packs() {
        let packs_g: Vec<f64> =
            (0..60).map(|pack| 200.0 + f64::from(pack % 7) + if pack > 50 { 8.0 } else { 0.0 }).collect();
        let chart = Chart::of(&packs_g, SUBGROUP_PACKS).unwrap();
        assert!(chart.points.iter().any(|point| !point.signals.is_empty()));
        let unmarked = chart
            .points
            .iter()
            .map(|point| Point { signals: vec![Signal::EightOnOneSide], ..*point })
            .collect();
        assert_eq!(Chart::of_points(unmarked, SUBGROUP_PACKS), Some(chart));
        assert_eq!(Chart::of_points(Vec::new(), SUBGROUP_PACKS), None);
        assert_eq!(Chart::of_points(vec![subgroup(&[1.0, 2.0])], 7), None);
    }

    #[test]
    fn limits_come_from_the_mean_range() {
        let chart = Chart::of(&[198.0, 202.0, 200.0, 206.0], 2).unwrap();
        assert_eq!((chart.grand_mean_g, chart.mean_range_g), (201.5, 5.0));
        assert!((chart.mean_upper_g - 210.9).abs() < 1e-9 && (chart.mean_lower_g - 192.1).abs() < 1e-9);
        assert!((chart.range_upper_g - 16.335).abs() < 1e-9);
        assert_eq!(chart.points[1], Point { mean_g: 203.0, range_g: 6.0, signals: vec![] });
    }

    #[test]
    fn each_subgroup_size_has_its_own_factors() {
        let weights = [0.0, 1.0, 0.0, 1.0, 0.0, 1.0];
        let reach = |size| {
            let chart = Chart::of(&weights, size).unwrap();
            (((chart.mean_upper_g - chart.grand_mean_g) * 1e3).round(), (chart.range_upper_g * 1e3).round())
        };
        assert_eq!(
            [2, 3, 4, 5, 6].map(reach),
            [(1880.0, 3267.0), (1023.0, 2574.0), (729.0, 2282.0), (577.0, 2114.0), (483.0, 2004.0)]
        );
        for size in [0, 1, 7, usize::MAX] {
            assert_eq!(Chart::of(&weights, size), None, "{size}");
        }
    }

    #[test]
    fn an_unfilled_subgroup_and_garbage_are_left_out() {
        let chart = Chart::of(&[1.0, f64::NAN, 3.0, f64::INFINITY, 5.0, 7.0, 9.0], 2).unwrap();
        assert_eq!(chart.points.iter().map(|point| point.mean_g).collect::<Vec<_>>(), [2.0, 6.0]);
        assert_eq!(Chart::of(&[1.0], 2), None);
    }

    #[test]
    fn a_far_point_signals_on_either_side() {
        check_last(&[0.0, 3.8], &[Signal::BeyondThreeSigma]);
        check_last(&[0.0, -3.8], &[Signal::BeyondThreeSigma]);
        check_last(&[0.0, 3.7], &[]);
        check_last(&[3.8, 0.0], &[]);
    }

    #[test]
    fn two_of_three_must_be_on_one_side() {
        check_last(&[2.6, 0.0, 2.6], &[Signal::TwoOfThreeBeyondTwoSigma]);
        check_last(&[2.6, 0.0, -2.6], &[]);
        check_last(&[2.6, 0.0, 0.0, 2.6], &[]);
        check_last(&[2.6, 2.6, 0.0], &[]);
    }

    #[test]
    fn four_of_five_must_be_on_one_side() {
        check_last(&[-1.3, -1.3, 0.0, -1.3, -1.3], &[Signal::FourOfFiveBeyondOneSigma]);
        check_last(&[-1.3, -1.3, 0.0, 1.3, -1.3], &[]);
        check_last(&[-1.3, -1.3, 0.0, 0.0, -1.3, -1.3], &[]);
    }

    #[test]
    fn eight_in_a_row_signal_and_seven_do_not() {
        check_last(&[0.5; 7], &[]);
        check_last(&[0.5; 8], &[Signal::EightOnOneSide]);
        check_last(&[0.5, 0.5, 0.5, 0.5, -0.5, 0.5, 0.5, 0.5, 0.5], &[]);
    }

    #[test]
    fn a_line_that_never_varies_signals_nothing() {
        let chart = Chart::of(&[0.1; 90], 3).unwrap();
        assert!(chart.points.iter().all(|point| point.signals.is_empty()));
    }
}
