//! `/shift/handover`: the sheet for the manager of the next shift.

use std::cmp::Reverse;

use api::compliance::{CheckFinding, Severity};
use api::handover::{Handover, HandoverQuery, LineResult, RunGoingOn};
use api::orders::Coverage;
use api::shift_now::Reason;
use chrono::Days;
use serve::window::Dates;
use serve::{Answer, Ask, Error, Result, Snapshot, State, work};
use warehouse::marts::{DOWNGRADES, DowngradeRow, RunRow, rows};

use crate::at_risk::pending;
use crate::begun::{ReadAt, begun};
use crate::known::Known;
use crate::line_now::{Line, lines};
use crate::losses::losses;
use crate::lots::Lots;
use crate::now::{ORDER_DAYS, lasting, no_shift, shift_on};
use crate::places::places;
use crate::runs::{OnAt, key_of};
use crate::severities::severity;
use crate::totals::totals;

pub(crate) async fn handover(state: State, ask: Ask<HandoverQuery, Handover>) -> Result<Answer> {
    let snapshot = state.snapshot().await?;
    let settings = snapshot.factory_settings()?;
    let read_at = ReadAt::of(&state, &snapshot);
    let asked = begun(&settings.shifts, read_at, ask.query.date, ask.query.shift.as_deref());
    let Some(shift) = asked.into_iter().next_back() else {
        if ask.query != HandoverQuery::default() {
            return Err(Error::Unknown("there is no shift of this date and code that has begun".to_owned()));
        }
        let none = Handover { reasons: vec![no_shift(&settings, Reason::NotBegun)], ..Handover::default() };
        return ask.object(none, snapshot.as_of());
    };
    let known = Known::read(&state, &snapshot, &settings, shift).await?;
    if known.is_over() && known.month.is_empty() {
        return Err(Error::Unknown(
            "there is nothing of this shift, nor of the 30 days before it".to_owned(),
        ));
    }
    // What is on and what lasts now is no part of the sheet of an earlier shift.
    let last = begun(&settings.shifts, read_at, None, None);
    let is_last = last.last().is_some_and(|last| last.starts_at == shift.starts_at);
    let on = known.runs.on(OnAt::now(read_at)).filter(|_| is_last);
    let on: Vec<RunRow> = on.cloned().collect();
    let lots = Lots::of(&snapshot, on.iter().map(key_of).collect()).await?;
    let today = read_at.time().date();
    let mut orders = if is_last { pending(&snapshot, &on, today, ORDER_DAYS).await? } else { Vec::new() };
    orders.retain(|order| order.status.as_deref() != Some(Coverage::Covered.as_str()));
    let lasting = if is_last { lasting(&state, &snapshot, today).await? } else { Vec::new() };
    let downgrades = downgrades(&snapshot, &known).await?;
    let lines = lines(&known);
    let answer = Handover {
        shift: Some(shift_on(&known)),
        over: known.is_over(),
        totals: Some(totals(&known, &lines)),
        losses: losses(&known, &lines, &downgrades),
        findings: findings(&known, lasting),
        runs: going_on(&on, &lots),
        temperatures: places(&snapshot, &known).await?,
        orders,
        currency: settings.prices.currency.clone(),
        reasons: Vec::new(),
        lines: lines.iter().map(result).collect(),
    };
    ask.object(answer, snapshot.as_of())
}

fn result(line: &Line<'_>) -> LineResult {
    let delta_kg = line.made_kg().ok().zip(line.target_kg().ok()).map(|(made, target)| made - target);
    LineResult { delta_kg, line: line.shown() }
}

/// The downgrades that were logged in the shift.
async fn downgrades(snapshot: &Snapshot, known: &Known<'_>) -> Result<Vec<DowngradeRow>> {
    let (starts_at, ends_at) = (known.shift.starts_at, known.shift.ends_at);
    // They stand under the dates of their runs, which may be a week old.
    let dates =
        Dates { from: starts_at.date().checked_sub_days(Days::new(7)), to: ends_at.date().succ_opt() };
    let frame = snapshot.mart(&DOWNGRADES, dates).await?;
    work(move || {
        let is_of_it = |row: &DowngradeRow| starts_at <= row.logged_at && row.logged_at < ends_at;
        Ok(rows::<DowngradeRow>(&frame)?.into_iter().filter(is_of_it).collect())
    })
    .await
}

/// The findings about the runs of the shift, and those that last, the worst first and then the newest.
fn findings(known: &Known<'_>, lasting: Vec<CheckFinding>) -> Vec<CheckFinding> {
    let of_shift = known.findings_of_shift().cloned();
    let mut findings: Vec<CheckFinding> = of_shift
        .chain(lasting)
        .filter(|finding| severity(finding).is_some_and(|severity| severity != Severity::Info))
        .collect();
    findings.sort_by_cached_key(|finding| {
        (severity(finding), Reverse(finding.detected_at), finding.finding_id.clone())
    });
    findings
}

/// The runs that are on, by their lines.
fn going_on(on: &[RunRow], lots: &Lots) -> Vec<RunGoingOn> {
    let mut runs: Vec<RunGoingOn> = on
        .iter()
        .map(|run| RunGoingOn {
            run_number: run.run_number.clone(),
            production_date: run.production_date,
            prod_line: run.prod_line.clone(),
            line_name: run.line_name.clone(),
            product_code: run.product_code.clone(),
            product: run.product.clone(),
            actual_kg: run.actual_kg,
            target_kg: run.target_kg,
            packs: run.packs,
            forecast: lots.forecast(run),
        })
        .collect();
    runs.sort_by(|one, other| (&one.prod_line, &one.run_number).cmp(&(&other.prod_line, &other.run_number)));
    runs
}
