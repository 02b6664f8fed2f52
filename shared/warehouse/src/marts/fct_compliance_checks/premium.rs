//! `gg_in_premium` and `tails_in_premium`: fish in tier 1 that may not be in that tier; `premium_downgraded`:
//! fish that is not in tier 1, though it may be.

use domain::bookings::{quantity_kg, sum_kg};
use domain::downgrades::{SoldAs, lost_money};
use domain::rounding::rounded;
use domain::rules::{self, PREMIUM_EXCESS_PCT};
use domain::tier::{Grade, Tier};

use super::finding::{Finding, kg_of, listed};
use super::run::{Output, Run};

/// There are two causes: an output of tier 1 says that it is of GG fish, or more tier 1 came out than Premium
/// fish went in.
pub(super) fn gg_in_premium(run: &Run) -> Option<Finding> {
    let by_grade =
        outputs(run, |output| rules::gg_in_premium(output.tier, output.source_grade)).map(|(kg, outputs)| {
            let detail = format!("packed as tier 1 out of GG: {outputs}");
            Finding { measured: kg, ..Finding::none_may_be(0.0, detail) }
        });
    let by_weight = more_than_premium(run);
    match (by_grade, by_weight) {
        (Some(grade), Some(weight)) => {
            Some(Finding { detail: format!("{}; {}", grade.detail, weight.detail), ..grade })
        }
        (grade, weight) => grade.or(weight),
    }
}

/// More tier 1 than Premium fish. Not judged where nobody knows one of the two weights.
fn more_than_premium(run: &Run) -> Option<Finding> {
    let tier_1 = run.outputs.iter().filter(|output| output.tier == Some(Tier::Premium));
    let tier_1_kg = sum_kg(tier_1.map(|output| output.qty_kg))?;
    let premium_kg = premium_at_most_kg(run)?;
    rules::premium_exceeds_input(tier_1_kg, Some(premium_kg)).then(|| Finding {
        measured: Some(tier_1_kg),
        limit: Some(premium_kg * (1.0 + PREMIUM_EXCESS_PCT / 100.0)),
        detail: format!(
            "{:.1} kg of tier 1 came out of {}{:.1} kg of Premium fish",
            rounded(tier_1_kg, 1),
            if run.inputs.iter().all(|input| input.grade.is_some()) { "" } else { "at most " },
            rounded(premium_kg, 1)
        ),
    })
}

/// The most Premium fish that can have gone into a run: fish of an unknown grade may be Premium. `None` if
/// that is not known: some of it was not weighed, or no input was recorded.
fn premium_at_most_kg(run: &Run) -> Option<f64> {
    let of = |grade: Option<Grade>| {
        let kg: Vec<_> =
            run.inputs.iter().filter(|input| input.grade == grade).map(|input| input.qty_kg).collect();
        if kg.is_empty() { Some(0.0) } else { sum_kg(kg) }
    };
    // What was only taken back of an unknown grade may not have been Premium.
    let premium_kg = quantity_kg(of(Some(Grade::Premium)))? + of(None)?.max(0.0);
    (!run.inputs.is_empty()).then_some(premium_kg)
}

pub(super) fn tails_in_premium(run: &Run) -> Option<Finding> {
    let (kg, outputs) = outputs(run, |output| rules::tails_in_premium(output.tier, output.piece))?;
    let detail = format!("tails packed as tier 1: {outputs}");
    Some(Finding { measured: kg, ..Finding::none_may_be(0.0, detail) })
}

/// Premium centre cut that is sold below tier 1, with what that costs.
pub(super) fn premium_downgraded(run: &Run) -> Option<Finding> {
    let is_down =
        |output: &&Output| rules::premium_downgraded(output.tier, output.piece, output.source_grade);
    let down: Vec<_> = run.outputs.iter().filter(is_down).collect();
    let names = down.iter().map(|output| {
        let tier = output.tier.map_or_else(String::new, |tier| format!(" in tier {}", tier.number()));
        kg_of(output.qty_kg, output.name()) + &tier
    });
    let prices = &run.settings.prices;
    // Nobody knows which product of tier 1 it would have been.
    let from = SoldAs { product: None, tier: Some(Tier::Premium) };
    let lost = down.iter().map(|output| {
        lost_money(prices, output.qty_kg, from, SoldAs { product: output.product_code, tier: output.tier })
    });
    let lost = lost.sum::<Option<f64>>().map_or_else(String::new, |money| {
        let currency = prices.currency.as_deref().map_or_else(String::new, |currency| format!(" {currency}"));
        format!(": {:.2}{currency} less than in tier 1", rounded(money, 2))
    });
    (!down.is_empty()).then(|| Finding {
        measured: sum_kg(down.iter().map(|output| output.qty_kg)),
        ..Finding::unmeasured(format!("Premium centre cut sold as {}{lost}", listed(names)))
    })
}

/// The kilograms, if they are known, and the names of the outputs that are wrong, if any.
fn outputs(run: &Run, is_wrong: impl Fn(&Output) -> bool) -> Option<(Option<f64>, String)> {
    let wrong: Vec<_> = run.outputs.iter().filter(|output| is_wrong(output)).collect();
    let names = wrong.iter().map(|output| kg_of(output.qty_kg, output.name()));
    (!wrong.is_empty()).then(|| (sum_kg(wrong.iter().map(|output| output.qty_kg)), listed(names)))
}

#[cfg(test)]
mod tests {
    use super::super::small_run::{found, inputs, one_run, outputs};
    use domain::settings::FactorySettings;
    use domain::tier::Grade;
    use polars::prelude::df;
    use std::sync::Arc;

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
                "7 | gg_in_premium | CRITICAL | - | 0 | packed as tier 1 out of GG: 12.3 kg of A, a product without a code"
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
    fn no_run_is_judged_by_a_weight_that_nobody_knows() {
        let check = |premium_kg: [Option<f64>; 2],
                     gg_kg: Option<f64>,
                     tier_1_kg: [Option<f64>; 2],
                     is_found: bool| {
            let mut scope = one_run(false);
            scope.inputs = inputs(
                df!["input_id" => [1_i64, 2, 3], "grade" => ["Premium", "GG", "Premium"], "qty_kg" => [premium_kg[0], gg_kg, premium_kg[1]]],
            );
            scope.outputs =
                outputs(df!["output_id" => [1_i64, 2], "tier" => [1_i64, 1], "qty_kg" => tier_1_kg]);
            assert_eq!(found(&scope).len(), usize::from(is_found), "{premium_kg:?} {gg_kg:?} {tier_1_kg:?}");
        };
        check([Some(60.0), Some(40.0)], Some(500.0), [Some(100.0), Some(50.0)], true);
        check([Some(60.0), Some(40.0)], None, [Some(100.0), Some(50.0)], true);
        check([Some(60.0), Some(-10.0)], Some(500.0), [Some(100.0), Some(-55.0)], false);
        check([Some(60.0), None], Some(500.0), [Some(100.0), Some(50.0)], false);
        check([Some(60.0), Some(40.0)], Some(500.0), [Some(150.0), None], false);
        check([Some(60.0), Some(-70.0)], Some(500.0), [Some(100.0), Some(50.0)], false);
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
    fn fish_of_a_grade_that_the_factory_has_explained_is_judged_by_it_and_other_fish_may_be_premium() {
        let check = |grades: &[Option<&str>], tier_1_kg, expect: &[&str]| {
            let mut scope = one_run(false);
            let mut settings = FactorySettings::default();
            settings.grades.0.insert(Grade::Premium, vec!["RSPCA Assured".to_owned()]);
            settings.grades.0.insert(Grade::Gg, vec!["Std".to_owned()]);
            scope.settings = Arc::new(settings);
            let ids: Vec<i64> = (1..).take(grades.len()).collect();
            scope.inputs =
                inputs(df!["input_id" => ids, "grade" => grades, "qty_kg" => vec![60.0; grades.len()]]);
            scope.outputs =
                outputs(df!["output_id" => [1_i64, 2], "product_code" => ["A", "B"], "tier" => [1_i64; 2],
                    "source_grade" => ["rspca assured", "Organic"], "qty_kg" => [tier_1_kg, 10.0]]);
            assert_eq!(found(&scope), expect, "{grades:?} {tier_1_kg}");
        };
        check(&[Some("RSPCA ASSURED ")], 50.0, &[]);
        check(
            &[Some("std"), Some("rspca assured")],
            60.0,
            &[
                "7 | gg_in_premium | CRITICAL | 70 | 60.3 | 70.0 kg of tier 1 came out of 60.0 kg of Premium fish",
            ],
        );
        for unknown in [Some("Organic"), Some(" "), None] {
            check(&[Some("Std"), unknown], 50.0, &[]);
        }
        // More came out than what is Premium and what may be.
        check(
            &[Some("Std"), Some("Organic")],
            60.0,
            &[
                "7 | gg_in_premium | CRITICAL | 70 | 60.3 | 70.0 kg of tier 1 came out of at most 60.0 kg of Premium fish",
            ],
        );
    }

    #[test]
    fn a_run_is_not_judged_by_weight_while_some_fish_that_may_be_premium_was_not_weighed() {
        let check = |grade: &str, expect: usize| {
            let mut scope = one_run(false);
            scope.inputs = inputs(
                df!["input_id" => [1_i64, 2], "grade" => ["GG", grade], "qty_kg" => [Some(60.0), None]],
            );
            scope.outputs = outputs(
                df!["output_id" => [1_i64], "tier" => [1_i64], "source_grade" => ["Premium"], "qty_kg" => [50.0]],
            );
            assert_eq!(found(&scope).len(), expect, "{grade}");
        };
        check("Premium", 0);
        check("Organic", 0);
        check("GG", 1);
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

    #[test]
    fn premium_centre_cut_below_tier_one_is_told_with_what_it_costs() {
        let mut scope = one_run(false);
        scope.outputs = outputs(df![
            "output_id" => [1_i64, 2, 3, 4],
            "product_code" => ["A", "B", "C", "D"],
            "tier" => [1_i64, 2, 3, 2],
            "piece_type" => ["center_cut", "Centre cut", "center_cut", "tail"],
            "source_grade" => ["Premium"; 4],
            "qty_kg" => [3.0, 4.0, 5.0, 6.0],
        ]);
        let words = "7 | premium_downgraded | INFO | 9 | - | Premium centre cut sold as 4.0 kg of B in tier 2, 5.0 kg of C in tier 3";
        assert_eq!(found(&scope), [words]);
        let mut settings = FactorySettings::default();
        settings.prices.tiers.extend([(1, 16.0), (2, 12.0)]);
        scope.settings = Arc::new(settings.clone());
        assert_eq!(found(&scope), [words], "nobody knows the price of tier 3");
        settings.prices.tiers.insert(3, 6.5);
        settings.prices.currency = Some("GBP".to_owned());
        scope.settings = Arc::new(settings);
        assert_eq!(found(&scope), [format!("{words}: 63.50 GBP less than in tier 1")]);
    }
}
