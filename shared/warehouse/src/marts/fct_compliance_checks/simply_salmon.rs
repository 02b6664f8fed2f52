//! `simply_salmon_tier`: Simply Salmon in another tier than its own, or made of fish that is too good for it.

use domain::bookings::sum_kg;
use domain::rules;
use domain::tier::{Grade, Tier};

use super::finding::{Finding, kg_of, listed};
use super::run::{Output, Run};

pub(super) fn simply_salmon_tier(run: &Run) -> Option<Finding> {
    let is_wrong = |output: &&Output| {
        let product = output.product;
        let is_simply_salmon =
            product.is_some_and(|product| rules::is_simply_salmon(product.description, product.brand));
        is_simply_salmon && rules::simply_salmon_tier(output.tier, output.source_grade)
    };
    let wrong: Vec<_> = run.outputs.iter().filter(is_wrong).collect();
    let kg = sum_kg(wrong.iter().map(|output| output.qty_kg));
    let words = listed(wrong.iter().map(|output| words(output)));
    (!wrong.is_empty()).then(|| Finding { measured: kg, ..Finding::none_may_be(0.0, words) })
}

/// "2.0 kg of A in tier 2", "A of Premium fish in tier 3".
fn words(output: &Output) -> String {
    let made_of = if output.source_grade == Some(Grade::Premium) { " of Premium fish" } else { "" };
    let tier = output.tier.map(|tier: Tier| format!(" in tier {}", tier.number())).unwrap_or_default();
    format!("{}{made_of}{tier}", kg_of(output.qty_kg, output.name()))
}

#[cfg(test)]
mod tests {
    use super::super::super::small_factory::products;
    use super::super::small_run::{found, one_run, outputs};
    use polars::prelude::df;

    #[test]
    fn simply_salmon_is_of_tier_three_and_of_no_premium_fish() {
        let mut scope = one_run(false);
        let named = df![
            "product_code" => ["S", "B", "C"],
            "description" => ["SIMPLY SALMON SIDES", "SALMON TAILS", "COD LOIN"],
            "brand" => [None, Some("Simply Salmon"), Some("Simply Cod")],
            "active" => [true; 3],
        ];
        scope.products = products(&named.unwrap());
        scope.outputs = outputs(df![
            "output_id" => [1_i64, 2, 3, 4, 5, 6, 7],
            "product_code" => ["S", "S", "S", "B", "S", "C", "unknown"],
            "tier" => [Some(3_i64), Some(2), Some(3), Some(1), None, Some(1), Some(1)],
            "source_grade" => [Some("GG"), Some("GG"), Some("Premium"), None, Some("GG"), Some("Premium"), None],
            "qty_kg" => [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0],
        ]);
        assert_eq!(
            found(&scope),
            [
                "7 | simply_salmon_tier | MAJOR | 9 | 0 | 2.0 kg of S in tier 2, 3.0 kg of S of Premium fish in tier 3, \
              4.0 kg of B in tier 1"
            ]
        );
    }
}
