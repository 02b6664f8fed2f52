//! `gg_in_premium` and `tails_in_premium`: fish in tier 1 that may not be in that tier.

use domain::rounding::rounded;
use domain::rules::{self, PREMIUM_EXCESS_PCT};
use domain::tier::{Grade, Tier};

use super::finding::{Finding, kg_of, listed, total};
use super::run::{Output, Run};

/// There are two causes: an output of tier 1 says that it is of GG fish, or more tier 1 came out than Premium
/// fish went in.
pub(super) fn gg_in_premium(run: &Run) -> Option<Finding> {
    let by_grade =
        outputs(run, |output| rules::gg_in_premium(output.tier, output.source_grade)).map(|(kg, outputs)| {
            let detail = format!("packed as tier 1 out of GG: {outputs}");
            Finding::none_may_be(kg, detail)
        });
    let tier_1_kg = total(
        run.outputs
            .iter()
            .filter(|output| output.tier == Some(Tier::Premium))
            .filter_map(|output| output.qty_kg),
    );
    let premium_kg = total(
        run.inputs
            .iter()
            .filter(|input| input.grade == Some(Grade::Premium))
            .filter_map(|input| input.qty_kg),
    );
    let exceeds = rules::premium_exceeds_input(tier_1_kg, (!run.inputs.is_empty()).then_some(premium_kg));
    let by_weight = exceeds.then(|| Finding {
        measured: Some(tier_1_kg),
        limit: Some(premium_kg * (1.0 + PREMIUM_EXCESS_PCT / 100.0)),
        detail: format!(
            "{:.1} kg of tier 1 came out of {:.1} kg of Premium fish",
            rounded(tier_1_kg, 1),
            rounded(premium_kg, 1)
        ),
    });
    match (by_grade, by_weight) {
        (Some(grade), Some(weight)) => {
            Some(Finding { detail: format!("{}; {}", grade.detail, weight.detail), ..grade })
        }
        (grade, weight) => grade.or(weight),
    }
}

pub(super) fn tails_in_premium(run: &Run) -> Option<Finding> {
    let (kg, outputs) = outputs(run, |output| rules::tails_in_premium(output.tier, output.piece))?;
    Some(Finding::none_may_be(kg, format!("tails packed as tier 1: {outputs}")))
}

/// The kilograms and the names of the outputs that are wrong, if any.
fn outputs(run: &Run, is_wrong: impl Fn(&Output) -> bool) -> Option<(f64, String)> {
    let wrong: Vec<_> = run.outputs.iter().filter(|output| is_wrong(output)).collect();
    let names = wrong.iter().map(|output| kg_of(output.qty_kg, output.name()));
    (!wrong.is_empty()).then(|| (total(wrong.iter().filter_map(|output| output.qty_kg)), listed(names)))
}

#[cfg(test)]
mod tests {
    use super::super::small_run::{found, inputs, one_run, outputs};
    use polars::prelude::df;

    #[test]
    fn outputs_of_gg_fish_in_tier_one_are_one_finding() {
        let mut scope = one_run(false);
        scope.outputs = outputs(df![
            "output_id" => [1_i64, 2, 3, 4],
            "product_code" => [Some("A"), Some("B"), Some("C"), None],
            "tier" => [Some(1_i64), Some(1), Some(2), Some(1)],
            "source_grade" => [Some("GG"), Some("Premium"), Some("GG"), Some("gg")],
            "qty_kg" => [Some(12.25), Some(50.0), Some(7.0), None],
        ]);
        assert_eq!(
            found(&scope),
            [
                "7 | gg_in_premium | CRITICAL | 12.25 | 0 | packed as tier 1 out of GG: 12.3 kg of A, a product without a code"
            ]
        );
    }

    #[test]
    fn tier_one_may_exceed_its_premium_fish_by_half_a_percent() {
        let check = |tier_1_kg, expect: &[&str]| {
            let mut scope = one_run(false);
            scope.inputs = inputs(
                df!["input_id" => [1_i64, 2, 3], "grade" => ["Premium", "GG", "Premium"], "qty_kg" => [60.0, 500.0, 40.0]],
            );
            scope.outputs = outputs(
                df!["output_id" => [1_i64, 2], "tier" => [1_i64, 2], "source_grade" => ["Premium", "GG"], "qty_kg" => [tier_1_kg, 400.0]],
            );
            assert_eq!(found(&scope), expect);
        };
        check(100.4, &[]);
        check(100.5, &[]);
        check(
            100.75,
            &[
                "7 | gg_in_premium | CRITICAL | 100.75 | 100.49999999999999 | 100.8 kg of tier 1 came out of 100.0 kg of Premium fish",
            ],
        );
    }

    #[test]
    fn a_run_of_gg_alone_may_make_no_tier_one_and_one_without_inputs_is_not_judged() {
        let mut scope = one_run(true);
        scope.outputs = outputs(
            df!["output_id" => [1_i64], "tier" => [1_i64], "source_grade" => ["Premium"], "qty_kg" => [5.0]],
        );
        assert_eq!(found(&scope), [""; 0]);
        scope.inputs = inputs(df!["input_id" => [1_i64], "grade" => ["GG"], "qty_kg" => [5.0]]);
        assert_eq!(
            found(&scope),
            ["7 | gg_in_premium | CRITICAL | 5 | 0 | 5.0 kg of tier 1 came out of 0.0 kg of Premium fish"]
        );
    }

    #[test]
    fn both_causes_are_one_finding_that_names_both() {
        let mut scope = one_run(false);
        scope.inputs = inputs(df!["input_id" => [1_i64], "grade" => ["GG"], "qty_kg" => [50.0]]);
        scope.outputs = outputs(
            df!["output_id" => [1_i64], "product_code" => ["A"], "tier" => [1_i64], "source_grade" => ["GG"], "qty_kg" => [45.0]],
        );
        assert_eq!(
            found(&scope),
            [
                "7 | gg_in_premium | CRITICAL | 45 | 0 | packed as tier 1 out of GG: 45.0 kg of A; 45.0 kg of tier 1 came out of 0.0 kg of Premium fish"
            ]
        );
    }

    #[test]
    fn tails_are_wrong_in_tier_one_only() {
        let mut scope = one_run(false);
        scope.outputs = outputs(df![
            "output_id" => [1_i64, 2, 3, 4],
            "product_code" => ["A", "B", "C", "D"],
            "tier" => [1_i64, 2, 1, 1],
            "piece_type" => [Some("tail"), Some("tail"), Some("center_cut"), Some("Tails")],
            "qty_kg" => [3.0, 4.0, 5.0, 6.0],
        ]);
        assert_eq!(
            found(&scope),
            ["7 | tails_in_premium | CRITICAL | 9 | 0 | tails packed as tier 1: 3.0 kg of A, 6.0 kg of D"]
        );
    }
}
