//! `daily-yield`.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use api::reports::{DailyProductYield, RunReportQuery};
use chrono::NaiveDate;
use domain::yields::YieldSum;
use serve::{Answer, Ask, Result, State};
use warehouse::marts::{RUNS, RunRow};

use crate::ask::{Keyed, of_mart};
use crate::run::{Common, count, is_wanted};

pub(crate) async fn report(state: State, ask: Ask<RunReportQuery, Vec<DailyProductYield>>) -> Result<Answer> {
    of_mart(state, ask, &RUNS, yields).await
}

/// What rows are grouped and sorted by: date, line, shift, product and customer.
type Key = (Reverse<NaiveDate>, Option<String>, Option<String>, Option<String>, Option<String>);

/// The runs of one row, added up.
#[derive(Default)]
struct RunsOfRow {
    sum: YieldSum,
    line_name: Option<String>,
    product: Common,
    species: Common,
}

fn yields(runs: Vec<RunRow>, query: &RunReportQuery) -> Keyed<Key, DailyProductYield> {
    let mut groups = BTreeMap::<Key, RunsOfRow>::new();
    for run in runs.into_iter().filter(|run| run.complete && is_wanted(run, query)) {
        let key = (
            Reverse(run.production_date),
            run.prod_line.clone(),
            run.shift_code.clone(),
            run.product_code.clone(),
            run.customer.clone(),
        );
        let group = groups.entry(key).or_default();
        group.sum.add(&run.kg());
        group.product.add(run.product.as_deref());
        group.species.add(run.species.as_deref());
        group.line_name = group.line_name.take().or(run.line_name);
    }
    groups.into_iter().map(|(key, group)| (key.clone(), row(key, group))).collect()
}

fn row(
    (Reverse(production_date), prod_line, shift_code, product_code, customer): Key,
    group: RunsOfRow,
) -> DailyProductYield {
    let RunsOfRow { sum, line_name, product, species } = group;
    DailyProductYield {
        production_date,
        shift_code,
        prod_line,
        line_name,
        product_code,
        product: product.text(),
        customer,
        species: species.text(),
        runs: count(sum.runs()),
        input_kg: sum.input_kg(),
        target_kg: sum.target_kg(),
        total_kg: sum.total_kg(),
        waste_kg: sum.waste_kg(),
        yield_pct: sum.yield_pct(),
        waste_pct: sum.waste_pct(),
        efficiency_pct: sum.efficiency_pct(),
        giveaway_pct: sum.giveaway_pct(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(day: u32, shift: &str, code: Option<&str>, product: &str) -> RunRow {
        RunRow {
            production_date: NaiveDate::from_ymd_opt(2026, 11, day).unwrap(),
            prod_line: Some("L1".to_owned()),
            line_name: Some("Line 1".to_owned()),
            shift_code: Some(shift.to_owned()),
            product_code: code.map(str::to_owned),
            product: Some(product.to_owned()),
            species: Some("cod".to_owned()),
            complete: true,
            ..RunRow::default()
        }
    }

    #[test]
    fn a_row_is_a_date_shift_line_product_and_customer_of_complete_runs() {
        let one = run(2, "AM", Some("A"), "COD LOIN");
        let runs = vec![
            RunRow { customer: Some("X".to_owned()), ..one.clone() },
            one.clone(),
            run(2, "PM", Some("A"), "COD LOIN"),
            run(3, "PM", Some("A"), "COD LOIN"),
            run(2, "AM", Some("B"), "COD TAIL"),
            RunRow { prod_line: None, line_name: None, ..one.clone() },
            one.clone(),
            RunRow { complete: false, ..one },
        ];
        let rows: Vec<_> = yields(runs, &RunReportQuery::default())
            .into_iter()
            .map(|(_, row)| {
                let text = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
                let (line, shift, code, customer) =
                    (text(row.line_name), text(row.shift_code), text(row.product_code), text(row.customer));
                format!("{} {line} {shift} {code} {customer}: {}", row.production_date, row.runs)
            })
            .collect();
        assert_eq!(
            rows,
            [
                "2026-11-03 Line 1 PM A -: 1",
                "2026-11-02 - AM A -: 1",
                "2026-11-02 Line 1 AM A -: 2",
                "2026-11-02 Line 1 AM A X: 1",
                "2026-11-02 Line 1 AM B -: 1",
                "2026-11-02 Line 1 PM A -: 1",
            ]
        );
    }

    #[test]
    fn percentages_are_ratios_of_sums_over_the_runs_that_know_both_sides() {
        let one = run(2, "AM", Some("A"), "COD LOIN");
        let runs = vec![
            RunRow { input_kg: Some(100.0), actual_kg: Some(50.0), target_kg: Some(100.0), ..one.clone() },
            RunRow { input_kg: Some(300.0), actual_kg: Some(270.0), ..one.clone() },
            RunRow { actual_kg: Some(80.0), target_kg: Some(100.0), ..one.clone() },
            RunRow { input_kg: Some(0.0), ..one },
        ];
        let (_, row) = yields(runs, &RunReportQuery::default()).remove(0);
        assert_eq!(
            (row.runs, row.input_kg, row.target_kg, row.total_kg),
            (4, Some(400.0), Some(200.0), Some(400.0))
        );
        assert_eq!(
            (row.waste_kg, row.yield_pct, row.waste_pct, row.efficiency_pct),
            (Some(80.0), Some(80.0), Some(20.0), Some(65.0))
        );
        assert_eq!(row.giveaway_pct, None);
    }

    #[test]
    fn giveaway_is_of_the_packs_and_where_no_run_has_packs_of_the_weighing_system_s_sums() {
        let one = run(2, "AM", Some("A"), "COD LOIN");
        let packed = RunRow {
            pack_giveaway_g: Some(500.0),
            pack_target_g: Some(5000.0),
            giveaway_pct: Some(10.0),
            ..one.clone()
        };
        // 105 kg of which 5 were given away, and 20 kg of which none were.
        let summed = RunRow {
            giveaway_pct: Some(5.0),
            total_weight_kg: Some(105.0),
            total_giveaway_kg: Some(5.0),
            ..one.clone()
        };
        let even = RunRow { giveaway_pct: Some(0.0), actual_kg: Some(25.0), ..one };
        let giveaway = |runs: &[&RunRow]| {
            yields(runs.iter().copied().cloned().collect(), &RunReportQuery::default())
                .remove(0)
                .1
                .giveaway_pct
        };
        assert_eq!(giveaway(&[&packed, &summed]), Some(10.0));
        assert_eq!(giveaway(&[&summed, &even]), Some(4.0));
    }

    #[test]
    fn runs_without_a_code_name_their_product_only_if_it_is_one() {
        let group = |products: [&str; 2]| products.map(|product| run(2, "AM", None, product)).to_vec();
        let product = |runs| yields(runs, &RunReportQuery::default()).remove(0).1.product;
        assert_eq!(product(group(["COD", "COD"])).as_deref(), Some("COD"));
        assert_eq!(product(group(["COD", "HAKE"])), None);
    }

    #[test]
    fn no_runs_make_no_rows() {
        assert_eq!(yields(Vec::new(), &RunReportQuery::default()), []);
    }
}
