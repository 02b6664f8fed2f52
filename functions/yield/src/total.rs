//! `/yield/total`: all complete runs together, and the same by production date.

use std::cmp::Reverse;

use api::yields::{DAYS, DateYield, YieldQuery, YieldTotal};
use domain::rules::low_yield;
use domain::settings::Limits;
use domain::yields::YieldSum;
use serve::{Answer, Ask, Result, State, work};
use warehouse::marts::{RUNS, rows};

use crate::group::{GroupedRuns, grouped};

pub(crate) async fn total(state: State, ask: Ask<YieldQuery, YieldTotal>) -> Result<Answer> {
    let dates = state.dates(&ask.query, DAYS)?;
    let snapshot = state.snapshot().await?;
    let frame = snapshot.mart(&RUNS, dates).await?;
    let limits = snapshot.factory_settings()?.limits;
    work(move || {
        let runs = rows(&frame)?;
        let all = grouped(&runs, &ask.query, |_| ()).remove(&());
        let sum = all.map_or_else(YieldSum::default, |all| all.sum);
        let of_dates = grouped(&runs, &ask.query, |run| Reverse(run.production_date));
        let total = YieldTotal {
            from: dates.from,
            to: dates.to,
            runs: i64::try_from(sum.runs()).unwrap_or(i64::MAX),
            input_kg: sum.input_kg(),
            target_kg: sum.target_kg(),
            total_kg: sum.total_kg(),
            waste_kg: sum.waste_kg(),
            yield_pct: sum.yield_pct(),
            waste_pct: sum.waste_pct(),
            efficiency_pct: sum.efficiency_pct(),
            giveaway_pct: sum.giveaway_pct(),
            low_yield_pct: limits.low_yield_pct,
            is_low: is_low(&sum, &limits),
            dates: of_dates.into_values().map(|group| date_yield(&group, &limits)).collect(),
        };
        ask.object(total, snapshot.as_of())
    })
    .await
}

fn date_yield(group: &GroupedRuns, limits: &Limits) -> DateYield {
    DateYield {
        production_date: group.first_date,
        runs: group.runs(),
        input_kg: group.sum.input_kg(),
        total_kg: group.sum.total_kg(),
        waste_kg: group.sum.waste_kg(),
        yield_pct: group.sum.yield_pct(),
        is_low: is_low(&group.sum, limits),
    }
}

/// Whether the yield is low. It is judged before it is rounded, as the compliance check judges a run.
fn is_low(sum: &YieldSum, limits: &Limits) -> Option<bool> {
    sum.yield_pct().map(|pct| low_yield(Some(pct), limits))
}
