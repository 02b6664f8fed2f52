//! `missing_product_code`, `unmapped_exception_run` and `weight_mismatch`: what a run's paperwork leaves out
//! or gets wrong.

use std::collections::BTreeSet;

use domain::bookings::{quantity_kg, sum_kg};
use domain::checks::Check;
use domain::rounding::rounded;
use domain::rules::{self, WEIGHT_MISMATCH_PCT};

use super::finding::{Finding, apart, listed};
use super::run::Run;
use crate::sources::RUN_INPUTS;

pub(super) fn missing_product_code(run: &Run) -> Option<Finding> {
    rules::missing_product_code(run.product_code)
        .then(|| Finding::unmeasured(Check::MissingProductCode.description().to_owned()))
}

pub(super) fn unmapped_exception_run(run: &Run) -> Option<Finding> {
    // An input that cannot be read is recorded all the same.
    let has_unreadable = run.rejected.iter().any(|row| row.table == RUN_INPUTS.table);
    let has_inputs = has_unreadable || !run.inputs.is_empty();
    if !run.complete || has_inputs || run.unread.contains(RUN_INPUTS.staging) {
        return None;
    }
    let exceptions = run.outputs.iter().filter(|output| {
        let product = output.product.as_ref();
        let is_exception =
            |piece| rules::is_exception_product(product.and_then(|product| product.description), piece);
        is_exception(output.piece) || is_exception(product.and_then(|product| product.piece))
    });
    let names: BTreeSet<String> = exceptions
        .map(|output| match output.product.as_ref().and_then(|product| product.description) {
            Some(description) => format!("{description} ({})", output.name()),
            None => output.name().to_owned(),
        })
        .collect();
    (!names.is_empty()).then(|| Finding::unmeasured(format!("no input is recorded of {}", listed(names))))
}

pub(super) fn weight_mismatch(run: &Run) -> Option<Finding> {
    let outputs_kg = quantity_kg(sum_kg(run.outputs.iter().map(|output| output.qty_kg)));
    if !run.complete || !rules::weight_mismatch(outputs_kg, run.total_weight_kg) {
        return None;
    }
    let (outputs_kg, total_kg) = outputs_kg.zip(run.total_weight_kg)?;
    let measured = rules::weight_difference_pct(Some(outputs_kg), Some(total_kg));
    let share = measured.map_or_else(String::new, |pct| {
        format!(": {} % apart, over {WEIGHT_MISMATCH_PCT} %", apart(pct, WEIGHT_MISMATCH_PCT))
    });
    let detail = format!(
        "the paperwork says {:.1} kg, the scales {:.1} kg{share}",
        rounded(outputs_kg, 1),
        rounded(total_kg, 1)
    );
    Some(Finding { measured, limit: Some(WEIGHT_MISMATCH_PCT), detail })
}

#[cfg(test)]
mod tests {
    use super::super::super::small_factory::{day, no_runs, products, rejected, runs};
    use super::super::small_run::{found, inputs, one_run, outputs};
    use crate::sources::RUN_INPUTS;
    use polars::prelude::{NamedFrom, Series, df};

    #[test]
    fn a_blank_product_code_is_missing_while_a_run_is_still_going() {
        let mut scope = no_runs();
        let named = df!["run_number" => ["1", "2", "3"], "production_date" => [day(2); 3], "complete" => [false, true, true], "product_code" => [None, Some("  "), Some("A")]];
        scope.finished = runs(&named.unwrap());
        assert_eq!(
            found(&scope),
            [
                "1 | missing_product_code | MAJOR | - | - | the run has no product code",
                "2 | missing_product_code | MAJOR | - | - | the run has no product code",
            ]
        );
    }

    #[test]
    fn exception_products_need_recorded_inputs_once_the_run_is_complete() {
        let mut scope = one_run(true);
        let known = df![
            "product_code" => ["F", "M", "S", "C"],
            "description" => [Some("COD FAMILY PACK 1KG"), None, Some("SIMPLY SALMON SIDES"), Some("COD LOIN")],
            "piece_type" => [None, Some("marinade"), None, None],
            "active" => [true; 4],
        ];
        scope.products = products(&known.unwrap());
        scope.outputs = outputs(df![
            "output_id" => [1_i64, 2, 3, 4, 5, 6],
            "product_code" => [Some("S"), Some("F"), Some("M"), Some("C"), Some("?"), Some("F")],
            "piece_type" => [None, None, None, Some("joint"), Some("Marinade"), None],
        ]);
        let all = "?, COD FAMILY PACK 1KG (F), M, SIMPLY SALMON SIDES (S)";
        assert_eq!(
            found(&scope),
            [format!("7 | unmapped_exception_run | MAJOR | - | - | no input is recorded of {all}")]
        );

        // Where the ERP has no table of inputs, none can be missing.
        scope.unread.insert(RUN_INPUTS.staging);
        assert_eq!(found(&scope), [""; 0]);
        scope.unread.clear();
        scope.rejected = rejected(&[("run_inputs", Some("1"), "`qty_kg` is `x`, not a number")]);
        assert!(found(&scope).iter().all(|finding| finding.contains("rejected_rows")), "{:?}", found(&scope));
        scope.rejected = rejected(&[]);
        // An input counts as recorded, even without a weight.
        scope.inputs = inputs(df!["input_id" => [1_i64], "qty_kg" => [None::<f64>]]);
        assert_eq!(found(&scope), [""; 0]);

        let mut going = one_run(false);
        (going.products, going.outputs) = (scope.products, scope.outputs);
        assert_eq!(found(&going), [""; 0]);
    }

    #[test]
    fn ordinary_products_need_none() {
        let mut scope = one_run(true);
        scope.products = products(
            &df!["product_code" => ["C"], "description" => ["COD FAMILY LOIN"], "active" => [true]].unwrap(),
        );
        scope.outputs =
            outputs(df!["output_id" => [1_i64], "product_code" => ["C"], "piece_type" => ["joint"]]);
        assert_eq!(found(&scope), [""; 0]);
    }

    #[test]
    fn paperwork_and_scales_may_differ_by_two_percent_of_the_scales() {
        let check = |complete, outputs_kg: &[Option<f64>], total_kg: Option<f64>, expect: &[&str]| {
            let mut scope = one_run(complete);
            scope.finished.with_column(Series::new("total_weight_kg".into(), [total_kg]).into()).unwrap();
            scope.outputs = outputs(
                df!["output_id" => (1_i64..).take(outputs_kg.len()).collect::<Vec<_>>(), "qty_kg" => outputs_kg],
            );
            assert_eq!(found(&scope), expect, "{outputs_kg:?} {total_kg:?}");
        };
        let found_apart = "7 | weight_mismatch | WARNING | 2.5 | 2 | the paperwork says 97.5 kg, the scales 100.0 kg: 2.5 % apart, over 2 %";
        check(true, &[Some(98.0), Some(-1.0), Some(0.5)], Some(100.0), &[found_apart]);
        check(true, &[Some(50.0), None], Some(100.0), &[]);
        check(true, &[Some(98.0)], Some(100.0), &[]);
        check(true, &[Some(102.0)], Some(100.0), &[]);
        check(false, &[Some(50.0)], Some(100.0), &[]);
        check(true, &[Some(50.0)], None, &[]);
        check(true, &[None], Some(100.0), &[]);
        check(true, &[], Some(100.0), &[]);
        check(
            true,
            &[Some(5.0)],
            Some(0.0),
            &["7 | weight_mismatch | WARNING | - | 2 | the paperwork says 5.0 kg, the scales 0.0 kg"],
        );
    }
}
