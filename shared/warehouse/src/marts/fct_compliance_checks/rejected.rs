//! `rejected_rows`: rows of a run that cannot be read, so that the run looks whole and is not.

use std::collections::BTreeMap;

use super::finding::{Finding, listed};
use super::run::{Rejected, Run};

pub(super) fn rejected_rows(run: &Run) -> Option<Finding> {
    // What is wrong in the same way is told once.
    let mut wrong: BTreeMap<(&str, &str), Vec<&Rejected<'_>>> = BTreeMap::new();
    for row in &run.rejected {
        wrong.entry((row.table, row.reason)).or_default().push(row);
    }
    let words: Vec<_> =
        wrong.into_iter().map(|((table, reason), rows)| words(table, reason, &rows)).collect();
    (!words.is_empty()).then(|| Finding::none_may_be(run.rejected.len() as f64, words.join("; ")))
}

/// "run_inputs 1, 2: `qty_kg` is …"
fn words(table: &str, reason: &str, rows: &[&Rejected<'_>]) -> String {
    let mut keys: Vec<&str> = rows.iter().filter_map(|row| row.key).collect();
    // Numbers in their order.
    keys.sort_by_key(|key| (key.len(), *key));
    let without_key = match rows.len() - keys.len() {
        0 => None,
        1 => Some("a row without a key".to_owned()),
        rows => Some(format!("{rows} rows without a key")),
    };
    let names = keys.into_iter().map(str::to_owned).chain(without_key);
    format!("{table} {}: {reason}", listed(names))
}

#[cfg(test)]
mod tests {
    use super::super::super::small_factory::rejected;
    use super::super::small_run::{found, one_run};

    #[test]
    fn a_finding_names_the_table_the_key_and_the_reason_of_each_row() {
        let mut scope = one_run(false);
        let (tare, no_key) = ("`Tare` is -1, below 0", "key `TransNo` is NULL");
        scope.rejected = rejected(&[
            ("run_inputs", Some("12"), "`qty_kg` is `12,5 kg`, not a number"),
            ("SI_OCM_TRANS", Some("100"), tare),
            ("SI_OCM_TRANS", None, no_key),
            ("SI_OCM_TRANS", Some("99"), tare),
            ("SI_OCM_TRANS", None, no_key),
            ("run_sheets", Some("7, 2026-11-02"), "`baskets` is -3, below 0"),
        ]);
        assert_eq!(
            found(&scope),
            ["7 | rejected_rows | MAJOR | 6 | 0 | SI_OCM_TRANS 99, 100: `Tare` is -1, below 0; \
                 SI_OCM_TRANS 2 rows without a key: key `TransNo` is NULL; \
                 run_inputs 12: `qty_kg` is `12,5 kg`, not a number; \
                 run_sheets 7, 2026-11-02: `baskets` is -3, below 0"]
        );
        scope.rejected = rejected(&[]);
        assert_eq!(found(&scope), [""; 0]);
    }
}
