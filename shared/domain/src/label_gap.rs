//! Case labels as ranges: the labels of a run that were never scanned, and any other labels that people have
//! to find.
//!
//! The work grows with the number of scans, not with the length of the range. So a mistyped end label of nine
//! thousand million costs nothing.

use std::fmt;

/// Consecutive labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelRange {
    /// The first label.
    pub first: i64,
    /// The last label, included.
    pub last: i64,
}

impl fmt::Display for LabelRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}-{}", self.first, self.last)
        }
    }
}

/// The labels of `start..=end` that were not scanned, the lowest first. The scans may come in any order, more
/// than once, and may lie outside the range.
pub fn label_gaps(start: i64, end: i64, scanned: &[i64]) -> Vec<LabelRange> {
    let mut inside: Vec<i64> =
        scanned.iter().copied().filter(|label| (start..=end).contains(label)).collect();
    inside.sort_unstable();

    let mut gaps = Vec::new();
    // The lowest label that is not accounted for yet. `None` after `i64::MAX`.
    let mut next = Some(start);
    for label in inside {
        if let Some(first) = next.filter(|first| *first < label) {
            gaps.push(LabelRange { first, last: label - 1 });
        }
        next = label.checked_add(1);
    }
    if let Some(first) = next.filter(|first| *first <= end) {
        gaps.push(LabelRange { first, last: end });
    }
    gaps
}

/// These labels as ranges, the lowest first. The labels may come in any order and more than once.
pub fn ranges(labels: &[i64]) -> Vec<LabelRange> {
    let mut labels = labels.to_vec();
    labels.sort_unstable();
    labels.dedup();
    let in_a_row = labels.chunk_by(|label, next| label.checked_add(1) == Some(*next));
    in_a_row.filter_map(|row| Some(LabelRange { first: *row.first()?, last: *row.last()? })).collect()
}

/// The ranges as a text for people, such as "1010-1012, 1030".
pub fn describe(ranges: &[LabelRange]) -> String {
    ranges.iter().map(LabelRange::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(start: i64, end: i64, scanned: &[i64], expect: &str) {
        assert_eq!(describe(&label_gaps(start, end, scanned)), expect, "{start}..{end} with {scanned:?}");
    }

    #[test]
    fn gaps_are_named_as_ranges() {
        let scanned: Vec<i64> =
            (1000..=1040).filter(|label| ![1010, 1011, 1012, 1030].contains(label)).collect();
        check(1000, 1040, &scanned, "1010-1012, 1030");
        check(1, 3, &[], "1-3");
        check(1, 3, &[2], "1, 3");
        check(1, 3, &[3, 1, 2, 2, 99, 0], "");
        check(7, 7, &[], "7");
    }

    #[test]
    fn a_reversed_range_has_no_gaps() {
        check(10, 9, &[], "");
        check(10, 1, &[5], "");
    }

    #[test]
    fn the_largest_numbers_do_no_harm() {
        check(0, i64::MAX, &[5], "0-4, 6-9223372036854775807");
        check(i64::MAX - 1, i64::MAX, &[i64::MAX], "9223372036854775806");
        check(i64::MIN, i64::MIN + 1, &[i64::MIN], "-9223372036854775807");
    }

    #[test]
    fn labels_are_named_as_ranges() {
        let check =
            |labels: &[i64], expect: &str| assert_eq!(describe(&ranges(labels)), expect, "{labels:?}");
        check(&[], "");
        check(&[1012, 1010, 1030, 1011, 1010], "1010-1012, 1030");
        check(
            &[i64::MAX, i64::MIN, i64::MAX - 1],
            "-9223372036854775808, 9223372036854775806-9223372036854775807",
        );
    }

    proptest! {
        #[test]
        fn a_label_is_in_a_gap_exactly_when_it_was_not_scanned(
            start in 0_i64..30, length in 0_i64..40, scanned in prop::collection::vec(0_i64..80, 0..60)
        ) {
            let end = start + length;
            let gaps = label_gaps(start, end, &scanned);
            for label in -5..90 {
                let missing = gaps.iter().any(|gap| (gap.first..=gap.last).contains(&label));
                prop_assert_eq!(missing, (start..=end).contains(&label) && !scanned.contains(&label));
            }
            prop_assert!(gaps.windows(2).all(|pair| pair[0].last + 1 < pair[1].first), "gaps are merged and in order");
        }
    }
}
