//! Counts pack weights in bins. The bins have a width that people can read: 0.1, 0.2, 0.5, 1, 2, 5, 10 g and
//! so on.

/// The most bins that a histogram has.
pub const MAX_BINS: usize = 30;
/// Heavier weights are garbage, not packs.
const MAX_WEIGHT_G: f64 = 1e9;
/// The resolution of the scales. Narrower bins would tell nothing.
const MIN_WIDTH: Width = Width { digit: 1.0, per_g: 10.0 };

/// How many packs weigh from `from_g` up to, but not including, `to_g`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// The lower end, included.
    pub from_g: f64,
    /// The upper end, not included.
    pub to_g: f64,
    /// The packs in this bin.
    pub packs: usize,
}

/// The bins from the lightest pack to the heaviest, without holes. Negative, huge and non-finite weights are
/// left out.
pub fn histogram(weights_g: &[f64]) -> Vec<Bin> {
    let weights = || weights_g.iter().copied().filter(|weight_g| (0.0..=MAX_WEIGHT_G).contains(weight_g));
    let lightest_g = weights().fold(f64::INFINITY, f64::min);
    let heaviest_g = weights().fold(f64::NEG_INFINITY, f64::max);
    if lightest_g > heaviest_g {
        return Vec::new();
    }
    let mut width = MIN_WIDTH;
    while width.bin_of(heaviest_g) - width.bin_of(lightest_g) >= MAX_BINS as u64 {
        width = width.next();
    }
    let first = width.bin_of(lightest_g);
    let mut bins: Vec<Bin> = (first..=width.bin_of(heaviest_g))
        .map(|bin| Bin { from_g: width.start_g(bin), to_g: width.start_g(bin + 1), packs: 0 })
        .collect();
    for weight_g in weights() {
        bins[(width.bin_of(weight_g) - first) as usize].packs += 1;
    }
    bins
}

/// A width of `digit / per_g` grams. Two whole numbers make a bin end at 0.3 and not at 0.30000000000000004.
#[derive(Clone, Copy)]
struct Width {
    digit: f64,
    per_g: f64,
}

impl Width {
    fn next(self) -> Self {
        match self.digit {
            1.0 => Self { digit: 2.0, ..self },
            2.0 => Self { digit: 5.0, ..self },
            _ => Self { digit: 1.0, per_g: self.per_g / 10.0 },
        }
    }

    /// The number of the bin that holds a weight, counted from zero grams. A weight that lies less than a
    /// millionth of a bin below an edge counts as at the edge.
    fn bin_of(self, weight_g: f64) -> u64 {
        (weight_g * self.per_g / self.digit + 1e-6) as u64
    }

    fn start_g(self, bin: u64) -> f64 {
        bin as f64 * self.digit / self.per_g
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(weights_g: &[f64], expect: &[(f64, f64, usize)]) {
        let bins: Vec<_> = histogram(weights_g).iter().map(|bin| (bin.from_g, bin.to_g, bin.packs)).collect();
        assert_eq!(bins, expect, "{weights_g:?}");
    }

    #[test]
    fn weights_fall_into_bins_of_a_readable_width() {
        check(&[200.0], &[(200.0, 200.1, 1)]);
        check(&[200.3, 200.5, 200.4, 200.3], &[(200.3, 200.4, 2), (200.4, 200.5, 1), (200.5, 200.6, 1)]);
        let spread = histogram(&[190.0, 239.9]);
        assert_eq!((spread.len(), spread[0].from_g, spread[0].to_g), (25, 190.0, 192.0));
    }

    #[test]
    fn no_weights_make_no_bins_and_garbage_is_left_out() {
        check(&[], &[]);
        check(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 1e300], &[]);
        check(&[f64::NAN, 0.0], &[(0.0, 0.1, 1)]);
        assert!(histogram(&[0.0, 1e9]).len() <= MAX_BINS);
    }

    proptest! {
        #[test]
        fn every_pack_is_counted_once_in_the_bin_it_belongs_to(
            base in 0.0..1e6_f64, spread in 0.0..1e4_f64, shares in prop::collection::vec(0.0..=1.0_f64, 1..200)
        ) {
            let weights: Vec<f64> = shares.iter().map(|share| base + spread * share).collect();
            let bins = histogram(&weights);
            prop_assert!(bins.len() <= MAX_BINS);
            prop_assert!(bins[0].packs > 0 && bins[bins.len() - 1].packs > 0, "no empty bins at the ends");
            prop_assert!(bins.windows(2).all(|pair| pair[0].to_g == pair[1].from_g), "no holes");
            prop_assert_eq!(bins.iter().map(|bin| bin.packs).sum::<usize>(), weights.len());
            let mut sorted = weights;
            sorted.sort_by(f64::total_cmp);
            let mut sorted = sorted.into_iter();
            for bin in bins {
                let edge = (bin.to_g - bin.from_g) * 1e-5;
                for weight_g in sorted.by_ref().take(bin.packs) {
                    prop_assert!((bin.from_g - edge..bin.to_g + edge).contains(&weight_g), "{} in {:?}", weight_g, bin);
                }
            }
        }
    }
}
