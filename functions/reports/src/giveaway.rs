//! `giveaway`.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use api::reports::{ProductGiveaway, RunReportQuery};
use domain::ratio::Ratio;
use serve::{Answer, Ask, Result, State};
use warehouse::marts::{RUNS, RunRow};

use crate::ask::{Keyed, of_mart};
use crate::run::{Common, is_wanted};

pub(crate) async fn report(state: State, ask: Ask<RunReportQuery, Vec<ProductGiveaway>>) -> Result<Answer> {
    of_mart(state, ask, &RUNS, given_away).await
}

/// What rows are sorted by: the weight given away, the most first, then product and line. The weight is in
/// whole micrograms, because a key needs a total order.
type Key = (Reverse<i64>, Option<String>, Option<String>);

/// The packs of one product on one line, added up.
#[derive(Default)]
struct PackSums {
    line_name: Option<String>,
    product: Common,
    runs: i64,
    packs: i64,
    giveaway_g: f64,
    target_g: f64,
    giveaway: Ratio,
}

fn given_away(runs: Vec<RunRow>, query: &RunReportQuery) -> Keyed<Key, ProductGiveaway> {
    let mut groups = BTreeMap::<_, PackSums>::new();
    for run in runs.into_iter().filter(|run| run.complete && is_wanted(run, query)) {
        let (Some(giveaway_g), Some(target_g)) = (run.pack_giveaway_g, run.pack_target_g) else { continue };
        let group = groups.entry((run.product_code, run.prod_line)).or_default();
        group.line_name = group.line_name.take().or(run.line_name);
        group.product.add(run.product.as_deref());
        group.runs += 1;
        group.packs = group.packs.saturating_add(run.weighed_packs);
        group.giveaway_g += giveaway_g;
        group.target_g += target_g;
        group.giveaway.add(Some(giveaway_g), Some(target_g));
    }
    let keyed = groups.into_iter().map(|((product_code, prod_line), group)| {
        let micrograms = (group.giveaway_g * 1e6).round() as i64;
        ((Reverse(micrograms), product_code.clone(), prod_line.clone()), row(product_code, prod_line, group))
    });
    keyed.collect()
}

fn row(product_code: Option<String>, prod_line: Option<String>, group: PackSums) -> ProductGiveaway {
    ProductGiveaway {
        product_code,
        product: group.product.text(),
        prod_line,
        line_name: group.line_name,
        runs: group.runs,
        packs: group.packs,
        target_kg: group.target_g / 1000.0,
        net_kg: (group.target_g + group.giveaway_g) / 1000.0,
        giveaway_kg: group.giveaway_g / 1000.0,
        giveaway_pct: group.giveaway.pct(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A complete run with so many packs, which weigh so much more than their targets.
    fn run(code: Option<&str>, line: &str, packs: i64, giveaway_g: f64, target_g: f64) -> RunRow {
        RunRow {
            product_code: code.map(str::to_owned),
            product: code.map(|code| format!("PRODUCT {code}")),
            prod_line: Some(line.to_owned()),
            complete: true,
            weighed_packs: packs,
            pack_giveaway_g: Some(giveaway_g),
            pack_target_g: Some(target_g),
            ..RunRow::default()
        }
    }

    fn shown(runs: Vec<RunRow>) -> Vec<String> {
        let mut rows = given_away(runs, &RunReportQuery::default());
        rows.sort_by(|(one, _), (other, _)| one.cmp(other));
        let shown = |row: ProductGiveaway| {
            let (code, line, pct) = (
                row.product_code.unwrap_or_else(|| "-".to_owned()),
                row.prod_line.unwrap_or_default(),
                row.giveaway_pct,
            );
            format!(
                "{code} {line}: {} runs, {} packs, {} of {} kg, {} too much, {pct:?} %",
                row.runs, row.packs, row.net_kg, row.target_kg, row.giveaway_kg
            )
        };
        rows.into_iter().map(|(_, row)| shown(row)).collect()
    }

    #[test]
    fn packs_are_added_up_per_product_and_line_the_most_given_away_first() {
        let runs = vec![
            run(Some("A"), "L1", 10, 100.0, 2000.0),
            run(Some("A"), "L1", 30, 0.0, 6000.0),
            run(Some("A"), "L2", 1, 300.0, 1000.0),
            run(Some("B"), "L1", 5, -20.0, 1000.0),
            run(None, "L1", 2, 100.0, 400.0),
        ];
        assert_eq!(
            shown(runs),
            [
                "A L2: 1 runs, 1 packs, 1.3 of 1 kg, 0.3 too much, Some(30.0) %",
                "- L1: 1 runs, 2 packs, 0.5 of 0.4 kg, 0.1 too much, Some(25.0) %",
                "A L1: 2 runs, 40 packs, 8.1 of 8 kg, 0.1 too much, Some(1.25) %",
                "B L1: 1 runs, 5 packs, 0.98 of 1 kg, -0.02 too much, Some(-2.0) %",
            ]
        );
    }

    #[test]
    fn a_run_without_such_packs_or_that_is_still_on_does_not_count() {
        let unknown =
            RunRow { pack_giveaway_g: None, pack_target_g: None, ..run(Some("A"), "L1", 0, 0.0, 0.0) };
        let on = RunRow { complete: false, ..run(Some("A"), "L1", 9, 9.0, 9.0) };
        assert_eq!(shown(vec![unknown.clone(), on]), [""; 0]);
        assert_eq!(
            shown(vec![unknown, run(Some("A"), "L1", 1, 5.0, 0.0)]),
            ["A L1: 1 runs, 1 packs, 0.005 of 0 kg, 0.005 too much, None %"]
        );
    }

    #[test]
    fn a_run_without_a_target_counts_in_the_kg_and_not_in_the_percentage() {
        assert_eq!(
            shown(vec![run(Some("A"), "L1", 1, 5.0, 0.0), run(Some("A"), "L1", 1, 10.0, 1000.0)]),
            ["A L1: 2 runs, 2 packs, 1.015 of 1 kg, 0.015 too much, Some(1.0) %"]
        );
    }
}
