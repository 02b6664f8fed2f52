//! `plu_mismatch` and `label_gap`: what the inline scanner read on the cases, and what it never read.

use std::collections::BTreeMap;

use domain::label_gap::{describe, label_gaps, ranges};
use domain::rules;

use super::finding::Finding;
use super::run::Run;
use crate::sources::CASE_VERIFICATION;

pub(super) fn plu_mismatch(run: &Run) -> Option<Finding> {
    let mut wrong: BTreeMap<(&str, &str), Vec<Option<i64>>> = BTreeMap::new();
    for case in run.cases.iter().filter(|case| rules::plu_mismatch(case.expected_plu, case.scanned_plu)) {
        let pair =
            (case.expected_plu.unwrap_or_default().trim(), case.scanned_plu.unwrap_or_default().trim());
        wrong.entry(pair).or_default().push(case.label);
    }
    let count: usize = wrong.values().map(Vec::len).sum();
    let words = wrong.into_iter().map(|((expected, scanned), labels)| {
        let cases = if labels.len() == 1 { "1 case".to_owned() } else { format!("{} cases", labels.len()) };
        let known: Vec<i64> = labels.into_iter().flatten().collect();
        let place =
            if known.is_empty() { String::new() } else { format!(" (label {})", describe(&ranges(&known))) };
        format!("{cases} with PLU {scanned} instead of {expected}{place}")
    });
    let detail = words.collect::<Vec<_>>().join("; ");
    (count > 0).then(|| Finding::none_may_be(count as f64, detail))
}

pub(super) fn label_gap(run: &Run) -> Option<Finding> {
    let (start, end) =
        run.labels.filter(|_| run.complete && !run.unread.contains(CASE_VERIFICATION.staging))?;
    let scanned: Vec<i64> = run.cases.iter().filter_map(|case| case.label).collect();
    let gaps = label_gaps(start, end, &scanned);
    let missing: f64 = gaps.iter().map(|gap| gap.last as f64 - gap.first as f64 + 1.0).sum();
    (!gaps.is_empty()).then(|| Finding::none_may_be(missing, describe(&gaps)))
}

#[cfg(test)]
mod tests {
    use super::super::super::small_factory::{day, of_run};
    use super::super::small_run::{found, one_run};
    use crate::scope::RunScope;
    use crate::sources::CASE_VERIFICATION;
    use polars::prelude::{DataFrame, NamedFrom, Series, df};

    /// Scanned cases of (label, expected, scanned).
    fn cases(of: &[(Option<i64>, Option<&str>, Option<&str>)]) -> DataFrame {
        let scans = df![
            "run_number" => vec!["7"; of.len()],
            "production_date" => vec![day(2); of.len()],
            "label_seq" => of.iter().map(|case| case.0).collect::<Vec<_>>(),
            "expected_plu" => of.iter().map(|case| case.1).collect::<Vec<_>>(),
            "scanned_plu" => of.iter().map(|case| case.2).collect::<Vec<_>>(),
        ];
        of_run(&CASE_VERIFICATION, &scans.unwrap())
    }

    fn labelled(complete: bool, start: Option<i64>, end: Option<i64>) -> RunScope {
        let mut scope = one_run(complete);
        scope.finished.with_column(Series::new("start_label".into(), [start]).into()).unwrap();
        scope.finished.with_column(Series::new("end_label".into(), [end]).into()).unwrap();
        scope
    }

    #[test]
    fn wrong_cases_are_counted_in_one_row_that_names_their_labels() {
        let mut scope = one_run(false);
        scope.cases = cases(&[
            (Some(12), Some("100"), Some("101")),
            (Some(10), Some("100"), Some("101 ")),
            (Some(11), Some(" 100"), Some("101")),
            (None, Some("100"), Some("102")),
            (Some(13), Some("100"), Some(" 100")),
            (Some(14), None, Some("100")),
            (Some(15), Some("100"), Some(" ")),
        ]);
        assert_eq!(
            found(&scope),
            [
                "7 | plu_mismatch | MAJOR | 4 | 0 | 3 cases with PLU 101 instead of 100 (label 10-12); 1 case with PLU 102 instead of 100"
            ]
        );
    }

    #[test]
    fn labels_that_were_never_scanned_are_named_as_ranges() {
        let mut scope = labelled(true, Some(1000), Some(1040));
        let scanned: Vec<_> = (990..1050)
            .filter(|label| ![1010, 1011, 1012, 1030].contains(label))
            .map(|label| (Some(label), None, None))
            .collect();
        scope.cases = cases(&scanned);
        assert_eq!(found(&scope), ["7 | label_gap | WARNING | 4 | 0 | 1010-1012, 1030"]);
    }

    #[test]
    fn only_a_complete_run_with_a_whole_range_can_have_gaps() {
        let check = |scope: &RunScope, expect: &[&str]| assert_eq!(found(scope), expect);
        check(&labelled(true, Some(5), Some(7)), &["7 | label_gap | WARNING | 3 | 0 | 5-7"]);
        check(&labelled(false, Some(5), Some(7)), &[]);
        check(&labelled(true, Some(5), None), &[]);
        check(&labelled(true, None, Some(7)), &[]);
        check(&labelled(true, Some(7), Some(5)), &[]);
        let mut scanned = labelled(true, Some(5), Some(5));
        scanned.cases = cases(&[(None, None, None)]);
        check(&scanned, &["7 | label_gap | WARNING | 1 | 0 | 5"]);
        scanned.cases = cases(&[(Some(5), None, None)]);
        check(&scanned, &[]);
    }

    #[test]
    fn a_factory_without_a_scanner_misses_no_label() {
        let mut scope = labelled(true, Some(5), Some(7));
        scope.unread.insert(CASE_VERIFICATION.staging);
        assert_eq!(found(&scope), [""; 0]);
    }
}
