//! `underweight_lot`: packs lighter than the average-quantity rules allow.

use domain::average_quantity::{BELOW_T1_MAX_PCT, Failure, Limits, failures};

use super::finding::{Finding, apart};
use super::run::{Lot, Run};

pub(super) fn underweight_lot(run: &Run) -> Option<Finding> {
    let lot = run.lot.as_ref()?;
    let limits = Limits::of(lot.nominal_g)?;
    let broken = failures(lot.nominal_g, lot.mean_g, lot.packs, lot.below_t1, lot.below_t2);
    let mut findings = broken.into_iter().map(|failure| finding(failure, lot, &limits));
    // The figures are those of the first rule that is broken. The words name all broken rules.
    let first = findings.next()?;
    let detail = std::iter::once(first.detail)
        .chain(findings.map(|finding| finding.detail))
        .collect::<Vec<_>>()
        .join("; ");
    Some(Finding { detail, ..first })
}

fn finding(failure: Failure, lot: &Lot, limits: &Limits) -> Finding {
    match failure {
        Failure::MeanBelowNominal => Finding {
            measured: Some(lot.mean_g),
            limit: Some(limits.nominal_g),
            detail: format!(
                "the mean of {} g is below the nominal {} g",
                apart(lot.mean_g, limits.nominal_g),
                limits.nominal_g
            ),
        },
        Failure::TooManyBelowT1 => {
            let pct = 100.0 * lot.below_t1 as f64 / lot.packs as f64;
            let detail = format!(
                "{} of {} packs are below {} g (T1): {} %, over {BELOW_T1_MAX_PCT} %",
                lot.below_t1,
                lot.packs,
                limits.t1_g,
                apart(pct, BELOW_T1_MAX_PCT)
            );
            Finding { measured: Some(pct), limit: Some(BELOW_T1_MAX_PCT), detail }
        }
        Failure::AnyBelowT2 => Finding::none_may_be(
            lot.below_t2 as f64,
            format!("{} of {} packs are below {} g (T2)", lot.below_t2, lot.packs, limits.t2_g),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::small_factory::{day, of_run, products};
    use super::super::small_run::{found, one_run};
    use crate::scope::RunScope;
    use crate::sources::{RUN_NUMBERS, TRANSACTIONS};
    use polars::prelude::df;

    /// A run of product A, whose packs hold 200 g: T1 is 191 g and T2 182 g.
    fn packed(weights_g: &[f64]) -> RunScope {
        let mut scope = one_run(false);
        scope.products =
            products(&df!["product_code" => ["A"], "pack_size_g" => [200.0], "active" => [true]].unwrap());
        scope.runs = of_run(
            &RUN_NUMBERS,
            &df!["run_number" => ["7"], "production_date" => [day(2)], "product_code" => ["A"]].unwrap(),
        );
        scope.packs = of_run(
            &TRANSACTIONS,
            &df![
                "run_number" => vec!["7"; weights_g.len()],
                "production_date" => vec![day(2); weights_g.len()],
                "net_weight" => weights_g,
                "target_weight" => vec![300.0; weights_g.len()],
            ]
            .unwrap(),
        );
        scope
    }

    fn lot(packs: usize, light: usize, light_g: f64) -> Vec<f64> {
        std::iter::repeat_n(201.0, packs - light).chain(std::iter::repeat_n(light_g, light)).collect()
    }

    #[test]
    fn a_lot_of_its_nominal_weight_passes() {
        assert_eq!(found(&packed(&[199.0, 201.0])), [""; 0]);
        assert_eq!(found(&packed(&[])), [""; 0]);
    }

    #[test]
    fn a_mean_below_the_pack_size_fails_the_lot() {
        assert_eq!(
            found(&packed(&[199.0, 200.5])),
            [
                "7 | underweight_lot | CRITICAL | 199.75 | 200 | the mean of 199.8 g is below the nominal 200 g"
            ]
        );
    }

    #[test]
    fn at_most_two_and_a_half_percent_may_be_below_t1() {
        assert_eq!(found(&packed(&lot(200, 5, 190.9))), [""; 0]);
        assert_eq!(found(&packed(&lot(200, 6, 191.0))), [""; 0]);
        assert_eq!(
            found(&packed(&lot(200, 6, 190.9))),
            [
                "7 | underweight_lot | CRITICAL | 3 | 2.5 | 6 of 200 packs are below 191 g (T1): 3.0 %, over 2.5 %"
            ]
        );
    }

    #[test]
    fn none_may_be_below_t2() {
        assert_eq!(found(&packed(&lot(200, 1, 182.0))), [""; 0]);
        assert_eq!(
            found(&packed(&lot(200, 1, 181.9))),
            ["7 | underweight_lot | CRITICAL | 1 | 0 | 1 of 200 packs are below 182 g (T2)"]
        );
    }

    #[test]
    fn a_lot_that_breaks_every_rule_is_one_finding() {
        assert_eq!(
            found(&packed(&[150.0, 200.0])),
            [
                "7 | underweight_lot | CRITICAL | 175 | 200 | the mean of 175.0 g is below the nominal 200 g; 1 of 2 packs are below 191 g (T1): \
              50.0 %, over 2.5 %; 1 of 2 packs are below 182 g (T2)"
            ]
        );
    }

    #[test]
    fn without_a_pack_size_the_target_weight_is_nominal() {
        let mut scope = packed(&[299.0]);
        scope.products = products(&df!["product_code" => ["B"], "active" => [true]].unwrap());
        assert_eq!(
            found(&scope),
            ["7 | underweight_lot | CRITICAL | 299 | 300 | the mean of 299.0 g is below the nominal 300 g"]
        );
    }
}
