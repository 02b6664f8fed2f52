//! `scanback_without_parent`: fish scanned back as a new batch whose origin is lost.

use domain::rules;

use super::finding::{Finding, listed};
use super::run::{Run, Scanback};
use crate::sources::TRACEABILITY;

pub(super) fn scanback_without_parent(run: &Run) -> Option<Finding> {
    // A factory without intake records knows no batch. There, only a parent that is not named at all is
    // wrong.
    let knows_intakes = !run.unread.contains(TRACEABILITY.staging);
    let is_orphan = |scan: &&Scanback| {
        rules::scanback_without_parent(scan.parent, |_| scan.parent_is_known || !knows_intakes)
    };
    let orphans: Vec<_> = run.scanbacks.iter().filter(is_orphan).map(words).collect();
    (!orphans.is_empty()).then(|| Finding::none_may_be(orphans.len() as f64, listed(orphans)))
}

fn words(scan: &Scanback) -> String {
    let batch = scan.new_batch.map_or_else(|| "a new batch".to_owned(), |code| format!("batch {code}"));
    scan.parent.map_or_else(
        || format!("{batch} has no parent"),
        |parent| format!("{batch} has the unknown parent {parent}"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::small_factory::{day, of_run};
    use super::super::small_run::{found, one_run};
    use crate::scope::RunScope;
    use crate::sources::{BATCH_LINEAGE, TRACEABILITY};
    use polars::prelude::df;

    fn scanned_back() -> RunScope {
        let mut scope = one_run(false);
        let lineage = df![
            "lineage_id" => [1_i64, 2, 3, 4, 5],
            "run_number" => ["7"; 5],
            "production_date" => [day(2); 5],
            "direction" => [Some("SCANBACK"), Some("scanback"), Some("SCANBACK"), Some("SCANBACK"), Some("INPUT")],
            "return_method" => [Some("OCM"), Some("ocm"), Some("OCM"), Some("PROD_RETURN"), None],
            "new_batch_code" => [Some("N1"), None, Some("N3"), None, None],
            "parent_batch" => [Some("B1"), Some(" "), None, None, None],
        ];
        scope.lineage = of_run(&BATCH_LINEAGE, &lineage.unwrap());
        scope
    }

    #[test]
    fn each_new_batch_needs_a_known_parent() {
        let mut scope = scanned_back();
        let orphans = "a new batch has no parent, batch N3 has no parent";
        assert_eq!(
            found(&scope),
            [format!(
                "7 | scanback_without_parent | MAJOR | 3 | 0 | batch N1 has the unknown parent B1, {orphans}"
            )]
        );
        // Once the parent is known, from an intake or as a scan-back of its own, that finding is gone.
        scope.batches = df!["batch_code" => ["B1"]].unwrap();
        assert_eq!(found(&scope), [format!("7 | scanback_without_parent | MAJOR | 2 | 0 | {orphans}")]);
    }

    #[test]
    fn without_intake_records_no_parent_is_unknown() {
        let mut scope = scanned_back();
        scope.unread.insert(TRACEABILITY.staging);
        assert_eq!(
            found(&scope),
            [
                "7 | scanback_without_parent | MAJOR | 2 | 0 | a new batch has no parent, batch N3 has no parent"
            ]
        );
    }
}
