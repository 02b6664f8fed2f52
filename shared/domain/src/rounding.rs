//! Rounding. Figures are computed unrounded and rounded once, where they are shown.

/// Rounds a value to so many decimals. Halves go away from zero, and zero never has a sign. A value that is
/// too large to be rounded stays as it is.
pub fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    let rounded = (value * scale).round() / scale;
    if rounded.is_finite() { rounded + 0.0 } else { value }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::rounded;

    #[test]
    fn halves_round_away_from_zero_and_zero_has_no_sign() {
        for (value, expect) in [(0.25, 0.3), (-0.25, -0.3), (0.35, 0.4), (89.949, 89.9), (1e300, 1e300)] {
            assert_eq!(rounded(value, 1), expect, "{value}");
        }
        assert!(rounded(-0.04, 1).is_sign_positive());
        assert_eq!(rounded(f64::MAX, 1), f64::MAX);
        assert!(rounded(f64::NAN, 1).is_nan());
        assert_eq!((rounded(0.125, 2), rounded(12.5, 0)), (0.13, 13.0));
    }

    proptest! {
        #[test]
        fn rounding_moves_a_value_by_at_most_half_a_tenth_and_only_once(value in -1e9..1e9_f64) {
            let once = rounded(value, 1);
            prop_assert!((once - value).abs() <= 0.05 + 1e-6);
            prop_assert_eq!(rounded(once, 1), once);
        }
    }
}
