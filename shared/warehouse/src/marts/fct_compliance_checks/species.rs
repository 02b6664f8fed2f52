//! `species_mismatch`: product of a species that did not go in.

use std::collections::BTreeSet;

use domain::rules;

use super::finding::{Finding, listed};
use super::run::Run;

pub(super) fn species_mismatch(run: &Run) -> Option<Finding> {
    let batches = || run.inputs.iter().flat_map(|input| input.species.iter().copied());
    let products = run.outputs.iter().filter_map(|output| Some((output, output.product.as_ref()?.species?)));
    let wrong = products.filter(|(_, species)| rules::species_mismatch(Some(species), batches().map(Some)));
    let wrong: BTreeSet<String> =
        wrong.map(|(output, species)| format!("{} is {species}", output.name())).collect();
    if wrong.is_empty() {
        return None;
    }
    let went_in: BTreeSet<&str> = batches().collect();
    let codes: BTreeSet<&str> = run
        .inputs
        .iter()
        .filter(|input| !input.species.is_empty())
        .filter_map(|input| input.batch_code)
        .collect();
    let codes = if codes.is_empty() {
        String::new()
    } else {
        format!(" ({})", listed(codes.into_iter().map(str::to_owned)))
    };
    let went_in = listed(went_in.into_iter().map(str::to_owned));
    Some(Finding::unmeasured(format!("{}; what went in is {went_in}{codes}", listed(wrong))))
}

#[cfg(test)]
mod tests {
    use super::super::super::small_factory::products;
    use super::super::small_run::{found, inputs, intakes, one_run, outputs};
    use crate::scope::RunScope;
    use polars::prelude::df;

    /// A run that made a cod product of these inputs (batch, species) while the batches are known to be of
    /// these species.
    fn cod_made_of(named: &[(Option<&str>, Option<&str>)], known: &[(&str, Option<&str>)]) -> RunScope {
        let mut scope = one_run(false);
        scope.products =
            products(&df!["product_code" => ["C", "S", "?"], "species" => [Some("cod"), Some("salmon"), None], "active" => [true; 3]].unwrap());
        scope.outputs = outputs(df!["output_id" => [1_i64, 2], "product_code" => ["C", "?"]]);
        scope.inputs = inputs(df![
            "input_id" => (1_i64..).take(named.len()).collect::<Vec<_>>(),
            "batch_code" => named.iter().map(|input| input.0).collect::<Vec<_>>(),
            "species" => named.iter().map(|input| input.1).collect::<Vec<_>>(),
        ]);
        scope.intakes = intakes(known);
        scope
    }

    #[test]
    fn the_product_must_differ_from_every_batch() {
        let check = |named: &[(Option<&str>, Option<&str>)], expect: &[&str]| {
            assert_eq!(found(&cod_made_of(named, &[])), expect, "{named:?}");
        };
        check(
            &[(Some("B2"), Some("salmon")), (Some("B1"), Some("Trout"))],
            &["7 | species_mismatch | CRITICAL | - | - | C is cod; what went in is Trout, salmon (B1, B2)"],
        );
        check(&[(Some("B1"), Some("salmon")), (Some("B2"), Some("Atlantic Cod"))], &[]);
        check(
            &[(None, Some("salmon")), (Some("B2"), None)],
            &["7 | species_mismatch | CRITICAL | - | - | C is cod; what went in is salmon"],
        );
        check(&[(Some("B1"), None), (Some("B2"), Some(" "))], &[]);
        check(&[], &[]);
    }

    #[test]
    fn the_intake_tells_the_species_of_a_batch_and_where_it_does_not_the_input_does() {
        let named = [(Some("B1"), Some("salmon"))];
        assert_eq!(found(&cod_made_of(&named, &[("B1", Some("cod"))])), [""; 0]);
        assert_eq!(found(&cod_made_of(&named, &[("B1", None)])).len(), 1);
        assert_eq!(found(&cod_made_of(&named, &[("B2", Some("cod"))])).len(), 1);
        assert_eq!(
            found(&cod_made_of(&[(Some("B1"), None)], &[("B1", Some("Hake"))])),
            ["7 | species_mismatch | CRITICAL | - | - | C is cod; what went in is Hake (B1)"]
        );
        assert_eq!(
            found(&cod_made_of(&named, &[("B1", Some("Hake")), ("B1", Some("cod"))])),
            [""; 0],
            "a batch of two intakes is of both"
        );
    }
}
