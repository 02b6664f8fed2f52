//! `species-ranking`.

use std::collections::BTreeMap;

use api::reports::{ShiftReportQuery, SpeciesRank};
use domain::ratio::ratio_pct;
use domain::yields::YieldSum;
use serve::{Answer, Ask, Result, State, is_asked_for};
use warehouse::marts::{RUNS, RunRow};

use crate::ask::{Keyed, of_mart};
use crate::run::{count, is_of_line};

pub(crate) async fn report(state: State, ask: Ask<ShiftReportQuery, Vec<SpeciesRank>>) -> Result<Answer> {
    of_mart(state, ask, &RUNS, ranked).await
}

/// What rows are sorted by: rank and species.
type Key = (i64, Option<String>);

fn ranked(runs: Vec<RunRow>, query: &ShiftReportQuery) -> Keyed<Key, SpeciesRank> {
    let mut groups = BTreeMap::<Option<String>, YieldSum>::new();
    for run in runs {
        if run.complete
            && is_of_line(&run, query.line.as_deref())
            && is_asked_for(run.shift_code.as_deref(), query.shift.as_deref())
        {
            let kg = run.kg();
            groups.entry(run.species).or_default().add(&kg);
        }
    }
    let is_all_known = !groups.values().any(YieldSum::is_total_unknown);
    let all_kg = is_all_known.then(|| groups.values().filter_map(YieldSum::total_kg).sum());
    let yields: Vec<f64> = groups.values().filter_map(YieldSum::yield_pct).collect();
    let keyed = groups.into_iter().map(|(species, sum)| {
        let better =
            sum.yield_pct().map_or(yields.len(), |own| yields.iter().filter(|other| **other > own).count());
        let rank = count(better as u64 + 1);
        ((rank, species.clone()), row(rank, species, &sum, all_kg))
    });
    keyed.collect()
}

fn row(rank: i64, species: Option<String>, sum: &YieldSum, all_kg: Option<f64>) -> SpeciesRank {
    SpeciesRank {
        rank,
        species,
        runs: count(sum.runs()),
        input_kg: sum.input_kg(),
        total_kg: sum.total_kg(),
        waste_kg: sum.waste_kg(),
        yield_pct: sum.yield_pct(),
        share_pct: sum.total_kg().zip(all_kg).and_then(|(total_kg, all_kg)| ratio_pct(total_kg, all_kg)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(species: Option<&str>, input_kg: Option<f64>, actual_kg: Option<f64>) -> RunRow {
        RunRow {
            species: species.map(str::to_owned),
            complete: true,
            input_kg,
            actual_kg,
            ..RunRow::default()
        }
    }

    fn shown(runs: Vec<RunRow>) -> Vec<String> {
        let mut rows = ranked(runs, &ShiftReportQuery::default());
        rows.sort_by(|(one, _), (other, _)| one.cmp(other));
        let number = |number: Option<f64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
        let shown = |row: SpeciesRank| {
            let (species, share) = (row.species.unwrap_or_else(|| "-".to_owned()), number(row.share_pct));
            format!(
                "{}. {species}: {} runs, {} of {} kg, {} wasted, {} %, share {share}",
                row.rank,
                row.runs,
                number(row.total_kg),
                number(row.input_kg),
                number(row.waste_kg),
                number(row.yield_pct)
            )
        };
        rows.into_iter().map(|(_, row)| shown(row)).collect()
    }

    #[test]
    fn the_best_yield_is_first_equal_ones_share_a_place_and_those_without_come_last() {
        let runs = vec![
            run(Some("cod"), Some(100.0), Some(50.0)),
            run(Some("cod"), Some(300.0), Some(250.0)),
            run(Some("hake"), Some(100.0), Some(75.0)),
            run(Some("tuna"), Some(100.0), Some(90.0)),
            run(Some("sole"), Some(200.0), Some(60.0)),
            run(None, None, Some(75.0)),
            run(Some("plaice"), Some(10.0), None),
        ];
        assert_eq!(
            shown(runs),
            [
                "1. tuna: 1 runs, 90 of 100 kg, 10 wasted, 90 %, share 15",
                "2. cod: 2 runs, 300 of 400 kg, 100 wasted, 75 %, share 50",
                "2. hake: 1 runs, 75 of 100 kg, 25 wasted, 75 %, share 12.5",
                "4. sole: 1 runs, 60 of 200 kg, 140 wasted, 30 %, share 10",
                "5. -: 1 runs, 75 of - kg, - wasted, - %, share 12.5",
                "5. plaice: 1 runs, - of 10 kg, - wasted, - %, share -",
            ]
        );
    }

    #[test]
    fn nobody_knows_a_share_of_an_unknown_whole() {
        let unweighed = RunRow { has_outputs: true, ..run(Some("cod"), Some(100.0), None) };
        assert_eq!(
            shown(vec![unweighed, run(Some("hake"), Some(100.0), Some(75.0))]),
            [
                "1. hake: 1 runs, 75 of 100 kg, 25 wasted, 75 %, share -",
                "2. cod: 1 runs, - of 100 kg, - wasted, - %, share -",
            ]
        );
    }

    #[test]
    fn a_run_without_inputs_counts_in_the_share_but_not_in_the_yield() {
        let runs = vec![
            run(Some("cod"), Some(100.0), Some(80.0)),
            run(Some("cod"), None, Some(20.0)),
            run(Some("hake"), Some(0.0), Some(100.0)),
        ];
        assert_eq!(
            shown(runs),
            [
                "1. cod: 2 runs, 100 of 100 kg, 20 wasted, 80 %, share 50",
                "2. hake: 1 runs, 100 of 0 kg, - wasted, - %, share 50"
            ]
        );
    }

    #[test]
    fn only_complete_runs_of_the_line_and_shift_are_ranked_and_shared() {
        let of = |line: &str, shift: &str| RunRow {
            prod_line: Some(line.to_owned()),
            shift_code: Some(shift.to_owned()),
            ..run(Some(line), Some(10.0), Some(5.0))
        };
        let runs = vec![
            of("L1", "AM"),
            of("L1", "PM"),
            of("L2", "AM"),
            RunRow { complete: false, ..of("L1", "AM") },
        ];
        let query = ShiftReportQuery {
            line: Some("L1".to_owned()),
            shift: Some("AM".to_owned()),
            ..ShiftReportQuery::default()
        };
        let rows = ranked(runs, &query);
        assert_eq!((rows.len(), rows[0].1.runs, rows[0].1.share_pct), (1, 1, Some(100.0)));
        assert_eq!(
            shown(vec![run(None, None, Some(0.0))]),
            ["1. -: 1 runs, 0 of - kg, - wasted, - %, share -"]
        );
        assert_eq!(shown(Vec::new()), [""; 0]);
    }
}
