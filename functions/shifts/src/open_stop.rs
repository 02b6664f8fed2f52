//! The stop that a line has been in since its last pack, or was in when its run or its shift ended.

use api::stops::LineStop;
use chrono::{DateTime, NaiveDateTime, Utc};
use domain::clock::{first_moment, last_moment};
use domain::run_state::RunState;
use domain::settings::{Limits, ShiftTimes};
use domain::shift_instance::ShiftInstance;
use domain::stops::StopKind;
use domain::working_time::WorkingTime;
use warehouse::marts::{RunRow, ShiftLineRow};

use crate::begun::{ReadAt, begun_before};
use crate::runs::{OnAt, Runs, last_run_of, sheet_start};

/// The shift of a row, by the settings that the marts were made with.
pub(crate) fn shift_of<'a>(line: &ShiftLineRow, shifts: &'a [ShiftTimes]) -> Option<ShiftInstance<'a>> {
    ShiftInstance::at(shifts, line.starts_at)
}

/// Now, or the end of a shift that is over, for the runs that were on then. One to which nothing was booked since
/// the shift before it began was forgotten.
pub(crate) fn on_at(shift: &ShiftInstance<'_>, shifts: &[ShiftTimes], read_at: ReadAt) -> OnAt {
    let now = OnAt::now(read_at);
    let time = if read_at.has_come(shift.ends_at) { shift.ends_at } else { now.time };
    let before = begun_before(shifts, shift.starts_at, read_at).map(|before| before.starts_at);
    OnAt { time, since: before.unwrap_or(shift.starts_at) }
}

/// The stop of a line since its last pack in a shift; `None` if it has not stopped, or if its run was completed
/// and nobody knows when. `on` is the run that was on, as [`on_at`] says.
pub(crate) fn open_stop(
    line: &ShiftLineRow,
    shift: &ShiftInstance<'_>,
    runs: &Runs,
    on: Option<&RunRow>,
    read_at: ReadAt,
) -> Option<LineStop> {
    let run = runs.get(&last_run_of(line));
    let ended_at = match ended(line, run, on, read_at) {
        Ended::Unknown => return None,
        Ended::At(time) => Some(time),
        Ended::NotYet => None,
    };
    let until = ended_at.map_or(read_at.moment, |ended_at| first_moment(ended_at, read_at.zone));
    let minutes = working_minutes(shift, read_at, last_moment(line.last_pack_at, read_at.zone), until);
    (minutes > line.stop_after_minutes).then(|| LineStop {
        prod_line: line.prod_line.clone(),
        line_name: line.line_name.clone(),
        started_at: line.last_pack_at,
        ended_at,
        minutes,
        kind: StopKind::Open.to_string(),
        run_before: Some(line.last_run_number.clone()),
        run_after: None,
        product_code: run.and_then(|run| run.product_code.clone()),
        shift_date: line.shift_date,
        shift_code: line.shift_code.clone(),
    })
}

/// The stop of a line that has or had a run on, and made no pack in the shift: since the run began.
pub(crate) fn late_start(
    run: &RunRow,
    shift: &ShiftInstance<'_>,
    limits: &Limits,
    read_at: ReadAt,
) -> Option<LineStop> {
    let ended_at = read_at.has_come(shift.ends_at).then_some(shift.ends_at);
    let until = ended_at.map_or(read_at.moment, |ended_at| first_moment(ended_at, read_at.zone));
    let begun = sheet_start(run).or(run.last_activity_at)?.max(shift.starts_at);
    let minutes = working_minutes(shift, read_at, first_moment(begun, read_at.zone), until);
    (minutes > limits.stop_minutes).then(|| LineStop {
        prod_line: run.prod_line.clone(),
        line_name: run.line_name.clone(),
        started_at: begun,
        ended_at,
        minutes,
        kind: StopKind::Open.to_string(),
        run_before: None,
        run_after: None,
        product_code: run.product_code.clone(),
        shift_date: shift.date,
        shift_code: shift.shift.code.clone(),
    })
}

fn working_minutes(
    shift: &ShiftInstance<'_>,
    read_at: ReadAt,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
) -> f64 {
    let working = WorkingTime::of(shift, read_at.zone);
    working.minutes_until(until) - working.minutes_until(since)
}

/// When a stop ended that no pack ended.
enum Ended {
    NotYet,
    At(NaiveDateTime),
    Unknown,
}

fn ended(line: &ShiftLineRow, run: Option<&RunRow>, on: Option<&RunRow>, read_at: ReadAt) -> Ended {
    let shift_end = read_at.has_come(line.ends_at).then_some(line.ends_at);
    let complete = run.filter(|run| run.state() != RunState::On);
    // While a run is on, the line should make packs: also while the next one has not begun to.
    let Some(run) = complete.filter(|_| on.is_none()) else {
        return shift_end.map_or(Ended::NotYet, Ended::At);
    };
    let finished_at = run.finished_at.filter(|finished_at| *finished_at >= line.last_pack_at);
    finished_at.map_or(Ended::Unknown, |finished_at| {
        Ended::At(shift_end.map_or(finished_at, |shift_end| shift_end.min(finished_at)))
    })
}
