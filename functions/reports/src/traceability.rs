//! `traceability`.

use std::cmp::Reverse;
use std::collections::HashMap;

use api::reports::{RunReportQuery, TracedInput};
use chrono::NaiveDate;
use serve::{Answer, Ask, Result, State, work};
use warehouse::marts::{RUN_BATCHES, RUNS, RunBatchRow, RunRow, rows};

use crate::ask::{Keyed, dates};
use crate::run::is_wanted;

pub(crate) async fn report(state: State, ask: Ask<RunReportQuery, Vec<TracedInput>>) -> Result<Answer> {
    let dates = dates(&ask.query, &state)?;
    let snapshot = state.snapshot().await?;
    let (runs, batches) = (snapshot.mart(&RUNS, dates).await?, snapshot.mart(&RUN_BATCHES, dates).await?);
    work(move || ask.list(traced(rows(&runs)?, rows(&batches)?, &ask.query), &snapshot)).await
}

type Key = (Reverse<NaiveDate>, String, Option<String>);

fn traced(runs: Vec<RunRow>, batches: Vec<RunBatchRow>, query: &RunReportQuery) -> Keyed<Key, TracedInput> {
    let wanted = runs.into_iter().filter(|run| is_wanted(run, query));
    let runs: HashMap<_, _> =
        wanted.map(|run| ((run.run_number.clone(), run.production_date), run)).collect();
    let of_run = |batch: RunBatchRow| {
        let run = runs.get(&(batch.run_number.clone(), batch.production_date))?;
        Some((
            (Reverse(batch.production_date), batch.run_number.clone(), batch.batch_code.clone()),
            row(run, batch),
        ))
    };
    batches.into_iter().filter_map(of_run).collect()
}

fn row(run: &RunRow, batch: RunBatchRow) -> TracedInput {
    TracedInput {
        production_date: batch.production_date,
        run_number: batch.run_number,
        prod_line: run.prod_line.clone(),
        line_name: run.line_name.clone(),
        product_code: run.product_code.clone(),
        product: run.product.clone(),
        batch_code: batch.batch_code,
        supplier: batch.supplier,
        vessel_name: batch.vessel_name,
        catch_area: batch.catch_area,
        catch_method: batch.catch_method,
        certified: batch.certified,
        country_origin: batch.country_origin,
        landing_date: batch.landing_date,
        batch_species: batch.batch_species,
        grade: batch.grade,
        input_kg: batch.input_kg,
        run_output_kg: run.actual_kg,
        run_yield_pct: run.yield_pct,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
    }

    fn run(number: &str, on: u32, species: &str) -> RunRow {
        let run_number = number.to_owned();
        RunRow {
            run_number,
            production_date: day(on),
            species: Some(species.to_owned()),
            actual_kg: Some(80.0),
            yield_pct: Some(90.0),
            ..RunRow::default()
        }
    }

    fn batch(number: &str, on: u32, code: Option<&str>) -> RunBatchRow {
        RunBatchRow {
            run_number: number.to_owned(),
            production_date: day(on),
            batch_code: code.map(str::to_owned),
            input_kg: Some(10.0),
            ..RunBatchRow::default()
        }
    }

    fn shown(mut rows: Keyed<Key, TracedInput>) -> Vec<String> {
        rows.sort_by(|(one, _), (other, _)| one.cmp(other));
        let shown = |row: TracedInput| {
            let output = row.run_output_kg.unwrap_or_default();
            format!(
                "{} {} {}: {output}",
                row.production_date,
                row.run_number,
                row.batch_code.unwrap_or_else(|| "-".to_owned())
            )
        };
        rows.into_iter().map(|(_, row)| shown(row)).collect()
    }

    #[test]
    fn each_batch_of_a_run_has_a_row_and_numbers_recur_on_other_dates() {
        let runs =
            vec![run("7", 2, "cod"), run("7", 3, "cod"), RunRow { complete: true, ..run("8", 3, "hake") }];
        let batches = vec![
            batch("7", 2, Some("B1")),
            batch("8", 3, Some("B2")),
            batch("7", 3, None),
            batch("7", 3, Some("B1")),
            batch("9", 3, None),
        ];
        assert_eq!(
            shown(traced(runs, batches, &RunReportQuery::default())),
            ["2026-11-03 7 -: 80", "2026-11-03 7 B1: 80", "2026-11-03 8 B2: 80", "2026-11-02 7 B1: 80"]
        );
    }

    #[test]
    fn the_filters_are_those_of_the_run_and_not_of_the_batch() {
        let query = RunReportQuery { species: Some("cod".to_owned()), ..RunReportQuery::default() };
        let cod = RunBatchRow { batch_species: Some("cod".to_owned()), ..batch("8", 2, Some("B2")) };
        assert_eq!(
            shown(traced(
                vec![run("7", 2, "cod"), run("8", 2, "hake")],
                vec![batch("7", 2, Some("B1")), cod],
                &query
            )),
            ["2026-11-02 7 B1: 80"]
        );
    }

    #[test]
    fn a_run_without_inputs_has_no_row() {
        assert_eq!(traced(vec![run("7", 2, "cod")], Vec::new(), &RunReportQuery::default()), []);
    }
}
