//! `/stops`: when lines stood still.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use api::stops::{DAYS, LineStop, StopQuery};
use chrono::{NaiveDate, NaiveDateTime};
use domain::settings::{FactorySettings, ShiftTimes};
use domain::shift_instance::ShiftInstance;
use serve::window::Dates;
use serve::{Answer, Ask, Result, State, is_asked_for, is_line_asked_for, work};
use warehouse::marts::{LINE_STOPS, LineStopRow, SHIFT_LINES, ShiftLineRow, rows};

use crate::begun::{ReadAt, widened};
use crate::known::timeless;
use crate::open_stop::{late_start, on_at, open_stop, shift_of};
use crate::runs::{Runs, last_runs_of};

pub(crate) async fn stops(state: State, ask: Ask<StopQuery, Vec<LineStop>>) -> Result<Answer> {
    let dates = state.dates(&ask.query, DAYS)?;
    let snapshot = state.snapshot().await?;
    // A stop of today may lie in a shift of yesterday or, where its date is that on which it ends, of tomorrow.
    let ended = snapshot.mart(&LINE_STOPS, widened(dates)).await?;
    let lines = snapshot.mart(&SHIFT_LINES, widened(dates)).await?;
    let lines = work(move || Ok(rows::<ShiftLineRow>(&lines)?)).await?;
    let read_at = ReadAt::of(&state, &snapshot);
    let days = widened(dates);
    let near = days.from.unwrap_or(NaiveDate::MIN)..=days.to.unwrap_or(NaiveDate::MAX);
    let runs = Runs::read(&snapshot, read_at, last_runs_of(&lines), Some(near)).await?;
    let settings = snapshot.factory_settings()?;
    let begun = begun_with_runs(&settings.shifts, &runs, read_at, dates);
    let timeless = match begun.first().zip(begun.last()) {
        Some((first, last)) => timeless(&snapshot, &runs, &[], (first.starts_at, last.ends_at)).await?,
        None => BTreeSet::new(),
    };
    work(move || {
        let ended = rows::<LineStopRow>(&ended)?.into_iter().map(shown);
        let mut made: BTreeMap<NaiveDateTime, Vec<ShiftLineRow>> = BTreeMap::new();
        for line in lines {
            made.entry(line.starts_at).or_default().push(line);
        }
        let mut open = Vec::new();
        for lines in made.values() {
            let Some(shift) = lines.first().and_then(|line| shift_of(line, &settings.shifts)) else {
                continue;
            };
            let at = on_at(&shift, &settings.shifts, read_at);
            open.extend(lines.iter().filter_map(|line| {
                let on = runs.on_line(line.prod_line.as_deref(), at, lines);
                open_stop(line, &shift, &runs, on, read_at)
            }));
        }
        for shift in begun_with_runs(&settings.shifts, &runs, read_at, dates) {
            let lines = made.get(&shift.starts_at).map(Vec::as_slice).unwrap_or_default();
            let late = late_starts(&shift, lines, &settings, &runs, read_at);
            open.extend(late.into_iter().filter(|stop| !timeless.contains(&stop.prod_line)));
        }
        let is_wanted = |stop: &LineStop| {
            is_of(stop.started_at.date(), dates)
                && is_line_asked_for(
                    [stop.prod_line.as_deref(), stop.line_name.as_deref()],
                    ask.query.line.as_deref(),
                )
                && is_asked_for(Some(&stop.shift_code), ask.query.shift.as_deref())
        };
        let newest_first = ended.chain(open).filter(is_wanted).map(|stop| {
            let key =
                (Reverse(stop.started_at), stop.prod_line.clone(), stop.shift_date, stop.shift_code.clone());
            (key, stop)
        });
        ask.list(newest_first.collect(), &snapshot)
    })
    .await
}

/// The shifts of these days that have begun, by their starts, if a run has about their date.
fn begun_with_runs<'a>(
    shifts: &'a [ShiftTimes],
    runs: &Runs,
    read_at: ReadAt,
    dates: Dates,
) -> Vec<ShiftInstance<'a>> {
    let days = runs.dates().into_iter().flat_map(|date| [date.pred_opt(), Some(date)]).flatten();
    let days: BTreeSet<NaiveDate> = days.filter(|day| is_of(*day, dates)).collect();
    let starting =
        days.iter().flat_map(|day| shifts.iter().filter_map(|shift| ShiftInstance::starting_on(shift, *day)));
    let mut begun: Vec<_> = starting.filter(|shift| read_at.has_come(shift.starts_at)).collect();
    begun.sort_by_key(|shift| shift.starts_at);
    begun
}

fn is_of(day: NaiveDate, dates: Dates) -> bool {
    dates.from.is_none_or(|from| from <= day) && dates.to.is_none_or(|to| day <= to)
}

/// The stops of lines that had a run on and made nothing in a shift. `made` are the lines that did.
fn late_starts(
    shift: &ShiftInstance<'_>,
    made: &[ShiftLineRow],
    settings: &FactorySettings,
    runs: &Runs,
    read_at: ReadAt,
) -> Vec<LineStop> {
    let at = on_at(shift, &settings.shifts, read_at);
    let has_packs = |line: &Option<String>| made.iter().any(|made| made.prod_line == *line);
    let without: BTreeSet<&Option<String>> =
        runs.on(at).map(|run| &run.prod_line).filter(|line| !has_packs(line)).collect();
    let late = |line: &Option<String>| {
        late_start(runs.on_line(line.as_deref(), at, made)?, shift, &settings.limits, read_at)
    };
    without.into_iter().filter_map(late).collect()
}

fn shown(stop: LineStopRow) -> LineStop {
    LineStop {
        prod_line: stop.prod_line,
        line_name: stop.line_name,
        started_at: stop.started_at,
        ended_at: Some(stop.ended_at),
        minutes: stop.minutes,
        kind: stop.kind,
        run_before: stop.run_before,
        run_after: Some(stop.run_after),
        product_code: stop.product_code,
        shift_date: stop.shift_date,
        shift_code: stop.shift_code,
    }
}
