//! Compares computed values with limits. 103 g against 100 g must not be "over 3 %" because a sum ended in
//! …0000000003: a value within a billionth of its limit counts as at the limit.

/// Whether `value` is really below `limit`. NaN is not.
pub(crate) fn is_below(value: f64, limit: f64) -> bool {
    value < limit - dust(limit)
}

/// Whether `value` is really above `limit`. NaN is not.
pub(crate) fn is_above(value: f64, limit: f64) -> bool {
    value > limit + dust(limit)
}

fn dust(limit: f64) -> f64 {
    1e-9 * limit.abs().max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bits_of_a_sum_decide_nothing() {
        let limit = 0.3;
        let sum = 0.1 + 0.2;
        assert!(sum > limit, "the sum carries dust");
        assert!(!is_above(sum, limit));
        assert!(!is_below(limit, sum));
    }

    #[test]
    fn a_real_difference_decides() {
        assert!(is_above(90.000_1, 90.0) && !is_below(90.000_1, 90.0));
        assert!(is_below(14_999.99, 15_000.0) && !is_above(14_999.99, 15_000.0));
        assert!(!is_below(f64::NAN, 1.0) && !is_above(f64::NAN, 1.0));
    }
}
