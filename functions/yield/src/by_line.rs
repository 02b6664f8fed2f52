//! `/yield/by-line`: complete runs per line.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use api::yields::{LineYield, YieldQuery};
use domain::yields::KeptSums;
use serve::window::Dates;
use serve::{Answer, Ask, Result, State, work};
use warehouse::marts::{LINE_MONTHS, LineMonthRow, RUNS, rows};

use crate::group::{GroupedRuns, grouped};
use crate::which::{self, is_wanted};

/// The lines, each with its runs.
type Lines = BTreeMap<Option<String>, GroupedRuns>;

pub(crate) async fn by_line(state: State, ask: Ask<YieldQuery, Vec<LineYield>>) -> Result<Answer> {
    let dates = which::dates(&ask.query, &state)?;
    let snapshot = state.snapshot().await?;
    // A lake that an older version wrote does not have this mart yet.
    let of_months = dates.is_none() && snapshot.has(&LINE_MONTHS);
    let mart = if of_months { &LINE_MONTHS } else { &RUNS };
    let frame = snapshot.mart(mart, dates.unwrap_or(Dates::ALL)).await?;
    work(move || {
        let lines = if of_months {
            added_up(&rows(&frame)?, &ask.query)
        } else {
            grouped(&rows(&frame)?, &ask.query, |run| run.prod_line.clone())
        };
        let lines = lines.into_iter().map(|(prod_line, group)| line_yield(prod_line, &group));
        ask.list(
            lines.map(|line| ((Reverse(line.last_date), line.prod_line.clone()), line)).collect(),
            &snapshot,
        )
    })
    .await
}

fn added_up(months: &[LineMonthRow], query: &YieldQuery) -> Lines {
    let mut lines = Lines::new();
    for month in months {
        let line = [month.prod_line.as_deref(), month.line_name.as_deref()];
        if !is_wanted(query, line, month.shift_code.as_deref(), month.species.as_deref()) {
            continue;
        }
        let group =
            lines.entry(month.prod_line.clone()).or_insert_with(|| GroupedRuns::since(month.first_date));
        let count = |runs: i64| u64::try_from(runs).unwrap_or_default();
        group.sum.add_kept(&KeptSums {
            runs: count(month.runs),
            input_kg: month.input_kg,
            total_kg: month.total_kg,
            yield_input_kg: month.yield_input_kg,
            yield_output_kg: month.yield_output_kg,
            unknown_inputs: count(month.unknown_inputs),
            unknown_outputs: count(month.unknown_outputs),
            unknown_wastes: count(month.unknown_wastes),
        });
        group.cover(month.line_name.as_ref(), month.first_date, month.last_date);
    }
    lines
}

fn line_yield(prod_line: Option<String>, group: &GroupedRuns) -> LineYield {
    LineYield {
        prod_line,
        line_name: group.line_name.clone(),
        runs: group.runs(),
        input_kg: group.sum.input_kg(),
        total_kg: group.sum.total_kg(),
        waste_kg: group.sum.waste_kg(),
        yield_pct: group.sum.yield_pct(),
        waste_pct: group.sum.waste_pct(),
        first_date: group.first_date,
        last_date: group.last_date,
    }
}
