//! Ratios of sums. A figure of a group is never a mean of ratios. Numerators and denominators are added up,
//! and both cover the same members of the group.

/// The numerator in percent of the denominator. `None` where the denominator is not above zero, or the result
/// is not finite.
pub fn ratio_pct(numerator: f64, denominator: f64) -> Option<f64> {
    let pct = numerator / denominator * 100.0;
    (denominator > 0.0 && denominator.is_finite() && pct.is_finite()).then_some(pct)
}

/// The sums of numerators and denominators over those members of a group that have both. A member whose
/// denominator is not above zero has no ratio, so neither of its sides counts.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Ratio {
    numerator: f64,
    denominator: f64,
}

impl Ratio {
    /// Adds a member of the group. It counts if it has both sides.
    pub fn add(&mut self, numerator: Option<f64>, denominator: Option<f64>) {
        if let (Some(numerator), Some(denominator)) = (numerator, denominator)
            && denominator > 0.0
        {
            self.numerator += numerator;
            self.denominator += denominator;
        }
    }

    /// The sum of the numerators. `None` where no member counts.
    pub fn numerator(self) -> Option<f64> {
        self.has_members().then_some(self.numerator)
    }

    /// The sum of the denominators. `None` where no member counts.
    pub fn denominator(self) -> Option<f64> {
        self.has_members().then_some(self.denominator)
    }

    /// The ratio of the two sums. `None` as for [`ratio_pct`].
    pub fn value(self) -> Option<f64> {
        self.pct().map(|_| self.numerator / self.denominator)
    }

    /// The ratio of the two sums in percent. `None` as for [`ratio_pct`].
    pub fn pct(self) -> Option<f64> {
        ratio_pct(self.numerator, self.denominator)
    }

    fn has_members(self) -> bool {
        self.denominator > 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_without_meaning_is_none() {
        assert_eq!(ratio_pct(1.0, 8.0), Some(12.5));
        assert_eq!(ratio_pct(f64::MAX, f64::MIN_POSITIVE), None);
        assert_eq!(ratio_pct(f64::NAN, 1.0), None);
        assert_eq!(ratio_pct(1.0, f64::INFINITY), None);
        assert_eq!(ratio_pct(1.0, 0.0), None);
    }

    #[test]
    fn a_member_without_one_of_the_sides_or_with_a_denominator_of_zero_counts_in_neither_sum() {
        let mut ratio = Ratio::default();
        assert_eq!(
            (ratio.numerator(), ratio.denominator(), ratio.value(), ratio.pct()),
            (None, None, None, None)
        );
        for (numerator, denominator) in [
            (Some(30.0), Some(10.0)),
            (Some(10.0), Some(30.0)),
            (None, Some(5.0)),
            (Some(5.0), None),
            (Some(5.0), Some(0.0)),
        ] {
            ratio.add(numerator, denominator);
        }
        assert_eq!((ratio.numerator(), ratio.denominator()), (Some(40.0), Some(40.0)));
        assert_eq!((ratio.value(), ratio.pct()), (Some(1.0), Some(100.0)));
    }
}
