//! `/runs/active`: the runs that are on, and which of them nobody works on any more.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use api::runs::{ActiveQuery, ActiveRun};
use chrono::{NaiveDateTime, NaiveTime, TimeDelta};
use domain::run_state::RunState;
use serve::{Answer, Ask, Result, State, work};
use warehouse::marts::{RUNS, RunRow, rows};
use warehouse::staging::zones::{RUN_STATE, may_hold, run_states};

/// After how long without a booking a run is idle.
const IDLE_AFTER: TimeDelta = TimeDelta::hours(24);

pub(crate) async fn active(state: State, ask: Ask<ActiveQuery, Vec<ActiveRun>>) -> Result<Answer> {
    let snapshot = state.snapshot().await?;
    // A run that nobody ever completed is still on, however old it is: the zone of each month tells.
    let on = BTreeSet::from([RunState::On.to_string()]);
    let months = snapshot.parts(&RUNS, |_, zone| may_hold(zone, RUN_STATE, &on)).await?;
    work(move || {
        // The data know nothing of what was booked after they were read.
        let read_at = snapshot.as_of().map_or_else(|| state.now(), |as_of| as_of.to_utc());
        let read_at = read_at.with_timezone(&state.settings().factory_tz).naive_local();
        let mut newest_first = Vec::new();
        for (_, runs) in months {
            let is_on = run_states(&runs)?.into_iter().map(|state| state == Some(RunState::On)).collect();
            let runs = rows::<RunRow>(&runs.filter(&is_on)?)?.into_iter();
            let wanted = runs
                .map(|run| shown(run, read_at))
                .filter(|run| ask.query.idle.is_none_or(|idle| run.idle == idle));
            newest_first.extend(wanted.map(|run| {
                ((Reverse(run.started_at), Reverse(run.production_date), run.run_number.clone()), run)
            }));
        }
        ask.list(newest_first, &snapshot)
    })
    .await
}

fn shown(run: RunRow, read_at: NaiveDateTime) -> ActiveRun {
    ActiveRun {
        idle: is_idle(&run, read_at),
        run_number: run.run_number,
        production_date: run.production_date,
        prod_line: run.prod_line,
        line_name: run.line_name,
        shift_code: run.shift_code,
        species: run.species,
        product_type: run.product_type,
        product_code: run.product_code,
        product: run.product,
        target_kg: run.target_kg,
        actual_kg: run.actual_kg,
        packs: run.packs,
        giveaway_pct: run.giveaway_pct,
        started_at: run.started_at,
        efficiency_pct: run.efficiency_pct,
        inputs_without_weight: run.inputs_without_weight,
        outputs_without_weight: run.outputs_without_weight,
        rejected_rows: run.rejected_rows,
        last_activity_at: run.last_activity_at,
    }
}

/// Whether nothing was booked to a run for long. One that is still to come is not idle. Nor is one whose last
/// stamp is from the future: a clock went wrong, and its stamp hides the others.
fn is_idle(run: &RunRow, read_at: NaiveDateTime) -> bool {
    let due = run.production_date.and_time(NaiveTime::MIN);
    let since =
        run.last_activity_at.unwrap_or_else(|| run.started_at.map_or(due, |started_at| started_at.max(due)));
    read_at - since > IDLE_AFTER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_idle_after_a_day_without_a_booking_and_not_before_its_day() {
        let at = |text: &str| text.parse::<NaiveDateTime>().unwrap();
        let check = |date: &str, started: Option<&str>, booked: Option<&str>, expect| {
            let run = RunRow {
                production_date: date.parse().unwrap(),
                started_at: started.map(at),
                last_activity_at: booked.map(at),
                ..RunRow::default()
            };
            assert_eq!(is_idle(&run, at("2026-11-20T14:00:00")), expect, "{date} {started:?} {booked:?}");
        };
        check("2024-11-20", Some("2024-11-20T06:00:00"), Some("2024-11-20T13:00:00"), true);
        check("2024-11-20", Some("2024-11-20T06:00:00"), Some("2026-11-20T13:00:00"), false);
        check("2026-11-19", None, Some("2026-11-19T14:00:00"), false);
        check("2026-11-19", None, Some("2026-11-19T13:59:59"), true);
        check("2026-11-20", Some("2026-11-20T06:00:00"), None, false);
        check("2026-11-20", None, None, false);
        check("2026-11-18", None, None, true);
        check("2026-11-25", Some("2026-11-10T06:00:00"), None, false);
        check("2024-11-20", Some("2024-11-20T06:00:00"), Some("2099-01-01T00:00:00"), false);
    }
}
