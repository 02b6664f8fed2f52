//! The stop that a line has been in since its last pack, or was in when its run or its shift ended.

use std::collections::BTreeMap;

use api::stops::LineStop;
use chrono::{NaiveDate, NaiveDateTime};
use domain::clock::{first_moment, last_moment};
use domain::run_state::RunState;
use domain::settings::ShiftTimes;
use domain::shift_instance::ShiftInstance;
use domain::stops::StopKind;
use domain::working_time::WorkingTime;
use serve::window::Dates;
use serve::{Result, Snapshot, work};
use warehouse::marts::{RUNS, RunRow, ShiftLineRow, rows};

use crate::begun::ReadAt;

/// The runs that lines made last, by number and production date.
pub(crate) type LastRuns = BTreeMap<(String, NaiveDate), RunRow>;

/// Reads the runs that these lines made last.
pub(crate) async fn last_runs(snapshot: &Snapshot, lines: &[ShiftLineRow]) -> Result<LastRuns> {
    let dates = || lines.iter().map(|line| line.last_run_date);
    let (Some(from), Some(to)) = (dates().min(), dates().max()) else { return Ok(LastRuns::new()) };
    let runs = snapshot.mart(&RUNS, Dates { from: Some(from), to: Some(to) }).await?;
    work(move || {
        let runs = rows::<RunRow>(&runs)?.into_iter();
        Ok(runs.map(|run| ((run.run_number.clone(), run.production_date), run)).collect())
    })
    .await
}

/// The shift of a row, by the settings that the marts were made with.
pub(crate) fn shift_of<'a>(line: &ShiftLineRow, shifts: &'a [ShiftTimes]) -> Option<ShiftInstance<'a>> {
    ShiftInstance::at(shifts, line.starts_at)
}

/// The stop of a line since its last pack in a shift; `None` if it has not stopped, or if its run was completed
/// and nobody knows when.
pub(crate) fn open_stop(
    line: &ShiftLineRow,
    shift: &ShiftInstance<'_>,
    runs: &LastRuns,
    read_at: ReadAt,
) -> Option<LineStop> {
    let run = runs.get(&(line.last_run_number.clone(), line.last_run_date));
    let ended_at = ended_at(line, run, read_at)?;
    let until = ended_at.at.map_or(read_at.moment, |ended_at| first_moment(ended_at, read_at.zone));
    let working = WorkingTime::of(shift, read_at.zone);
    let since = last_moment(line.last_pack_at, read_at.zone);
    let minutes = working.minutes_until(until) - working.minutes_until(since);
    (minutes > line.stop_after_minutes).then(|| LineStop {
        prod_line: line.prod_line.clone(),
        line_name: line.line_name.clone(),
        started_at: line.last_pack_at,
        ended_at: ended_at.at,
        minutes,
        kind: StopKind::Open.to_string(),
        run_before: Some(line.last_run_number.clone()),
        run_after: None,
        product_code: run.and_then(|run| run.product_code.clone()),
        shift_date: line.shift_date,
        shift_code: line.shift_code.clone(),
    })
}

/// When a stop ended that no pack ended; `None` in it while nobody knows.
struct EndedAt {
    at: Option<NaiveDateTime>,
}

fn ended_at(line: &ShiftLineRow, run: Option<&RunRow>, read_at: ReadAt) -> Option<EndedAt> {
    let shift_end = read_at.has_come(line.ends_at).then_some(line.ends_at);
    let Some(run) = run.filter(|run| RunState::of(run.active, run.complete) != RunState::On) else {
        return Some(EndedAt { at: shift_end });
    };
    let finished_at = run.finished_at.filter(|finished_at| *finished_at >= line.last_pack_at)?;
    Some(EndedAt { at: Some(shift_end.map_or(finished_at, |shift_end| shift_end.min(finished_at))) })
}
