//! `/yield/total`, `/yield/daily`, `/yield/by-line`, `/yield/waterfall` and `/yield/downgrades`: how much of the
//! fish that went in came out as product, and in which tier.

mod by_line;
mod downgrades;
mod group;
mod total;
mod which;

use std::cmp::Reverse;

use api::yields::{BY_LINE, DAILY, DAYS, DOWNGRADES, DailyYield, TOTAL, WATERFALL, WaterfallRun, YieldQuery};
use serve::{Answer, Ask, Result, Routes, State, work};
use warehouse::marts::{FCT_WATERFALL_YIELD, RUNS, rows};

use group::{GroupedRuns, grouped};
use which::is_wanted;

pub fn routes() -> Routes {
    Routes::new()
        .get(&TOTAL, total::total)
        .get(&DAILY, daily)
        .get(&BY_LINE, by_line::by_line)
        .get(&WATERFALL, waterfall)
        .get(&DOWNGRADES, downgrades::downgrades)
}

async fn daily(state: State, ask: Ask<YieldQuery, Vec<DailyYield>>) -> Result<Answer> {
    let dates = state.dates(&ask.query, DAYS)?;
    let snapshot = state.snapshot().await?;
    let frame = snapshot.mart(&RUNS, dates).await?;
    work(move || {
        let groups =
            grouped(&rows(&frame)?, &ask.query, |run| (Reverse(run.production_date), run.prod_line.clone()));
        ask.list(
            groups.into_iter().map(|(key, group)| (key.clone(), daily_yield(key, &group))).collect(),
            &snapshot,
        )
    })
    .await
}

fn daily_yield(
    (Reverse(production_date), prod_line): (Reverse<chrono::NaiveDate>, Option<String>),
    group: &GroupedRuns,
) -> DailyYield {
    DailyYield {
        production_date,
        prod_line,
        line_name: group.line_name.clone(),
        runs: group.runs(),
        input_kg: group.sum.input_kg(),
        target_kg: group.sum.target_kg(),
        total_kg: group.sum.total_kg(),
        waste_kg: group.sum.waste_kg(),
        yield_pct: group.sum.yield_pct(),
        waste_pct: group.sum.waste_pct(),
        efficiency_pct: group.sum.efficiency_pct(),
        giveaway_pct: group.sum.giveaway_pct(),
    }
}

async fn waterfall(state: State, ask: Ask<YieldQuery, Vec<WaterfallRun>>) -> Result<Answer> {
    let dates = state.dates(&ask.query, DAYS)?;
    let snapshot = state.snapshot().await?;
    let frame = snapshot.mart(&FCT_WATERFALL_YIELD, dates).await?;
    work(move || {
        let wanted = |run: &WaterfallRun| {
            let line = [run.prod_line.as_deref(), run.line_name.as_deref()];
            is_wanted(&ask.query, line, run.shift_code.as_deref(), run.species.as_deref())
        };
        let runs = rows::<WaterfallRun>(&frame)?.into_iter().filter(wanted);
        ask.list(
            runs.map(|run| ((Reverse(run.production_date), run.run_number.clone()), run)).collect(),
            &snapshot,
        )
    })
    .await
}
