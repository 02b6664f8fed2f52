//! The runs behind the shifts: those that lines made in them, and those that are on.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use domain::run_state::RunState;
use serve::{Result, Snapshot, picked, work};
use warehouse::marts::{RUNS, RunRow, ShiftLineRow, rows};

use crate::begun::ReadAt;

/// A run is known by its number and its production date: numbers recur.
pub(crate) type RunKey = (String, NaiveDate);

/// How long ago a run may be dated that is on. Older ones were forgotten.
const ON_DAYS: u64 = 7;

/// A run to which nothing was booked for longer was forgotten, where no shifts tell more.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::hours(24);

/// A moment at which runs are on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OnAt {
    pub(crate) time: NaiveDateTime,
    /// A run to which nothing was booked since then was forgotten, and is not on.
    pub(crate) since: NaiveDateTime,
}

impl OnAt {
    /// Now, by what was booked in the last day.
    pub(crate) fn now(read_at: ReadAt) -> Self {
        let time = read_at.time();
        Self { time, since: time.checked_sub_signed(FORGOTTEN_AFTER).unwrap_or(time) }
    }
}

/// The runs that lines made last in shifts.
pub(crate) fn last_runs_of(lines: &[ShiftLineRow]) -> BTreeSet<RunKey> {
    lines.iter().map(last_run_of).collect()
}

/// Runs by their dates and numbers.
#[derive(Debug)]
pub(crate) struct Runs(BTreeMap<(NaiveDate, String), RunRow>);

impl Runs {
    /// Reads the runs of these keys, those of these dates, and those that may be on. Only the months of these
    /// dates are read.
    pub(crate) async fn read(
        snapshot: &Snapshot,
        read_at: ReadAt,
        wanted: BTreeSet<RunKey>,
        near: Option<RangeInclusive<NaiveDate>>,
    ) -> Result<Self> {
        let today = read_at.time().date();
        let lately =
            today.checked_sub_days(Days::new(ON_DAYS)).unwrap_or(today)..=today.succ_opt().unwrap_or(today);
        let ranges: Vec<_> = [Some(lately.clone()), near.clone()].into_iter().flatten().collect();
        let dates: BTreeSet<NaiveDate> = wanted.iter().map(|(_, date)| *date).collect();
        let parts = snapshot
            .parts(&RUNS, |name, _| {
                ranges.iter().any(|range| RUNS.part_overlaps(name, *range.start(), *range.end()))
                    || dates.iter().any(|date| RUNS.part_overlaps(name, *date, *date))
            })
            .await?;
        work(move || {
            let mut runs = BTreeMap::new();
            for (_, frame) in parts {
                let numbers = frame.column("run_number")?.str()?;
                let dates = frame.column("production_date")?.date()?;
                let (active, complete) = (frame.column("active")?.bool()?, frame.column("complete")?.bool()?);
                let is_wanted = |row: usize| {
                    let date = dates.physical().get(row).and_then(NaiveDate::from_epoch_days);
                    let (Some(number), Some(date)) = (numbers.get(row), date) else { return false };
                    let state = active.get(row).zip(complete.get(row));
                    let is_on = state.is_some_and(|(active, complete)| {
                        RunState::of(active, complete) == RunState::On && lately.contains(&date)
                    });
                    is_on
                        || near.as_ref().is_some_and(|near| near.contains(&date))
                        || wanted.contains(&(number.to_owned(), date))
                };
                let is_wanted: Vec<bool> = (0..frame.height()).map(is_wanted).collect();
                let rows = rows::<RunRow>(&picked(&frame, &is_wanted)?)?.into_iter();
                runs.extend(rows.map(|run| ((run.production_date, run.run_number.clone()), run)));
            }
            Ok(Self(runs))
        })
        .await
    }

    /// The dates that runs have.
    pub(crate) fn dates(&self) -> BTreeSet<NaiveDate> {
        self.0.keys().map(|(date, _)| *date).collect()
    }

    /// The run of this key.
    pub(crate) fn get(&self, key: &RunKey) -> Option<&RunRow> {
        self.0.get(&(key.1, key.0.clone()))
    }

    /// All that were read.
    pub(crate) fn all(&self) -> impl Iterator<Item = &RunRow> {
        self.0.values()
    }

    /// The runs that were on at a moment.
    pub(crate) fn on(&self, at: OnAt) -> impl Iterator<Item = &RunRow> {
        let today = at.time.date();
        let first = today.checked_sub_days(Days::new(ON_DAYS)).unwrap_or(today);
        // A run may be dated with the day on which its shift ends.
        let after = today.checked_add_days(Days::new(2)).unwrap_or(NaiveDate::MAX);
        let dated = self.0.range((first, String::new())..(after, String::new()));
        dated.map(|(_, run)| run).filter(move |run| is_on(run, at))
    }

    /// The run that was on at a moment on a line. It is the one of the line's last pack, as long as that is on.
    /// Else it is one that the ERP has on the line and that no other line packs: of several, the one that began
    /// last. `made` are the lines of the shift.
    pub(crate) fn on_line(&self, line: Option<&str>, at: OnAt, made: &[ShiftLineRow]) -> Option<&RunRow> {
        let of_last_pack = made.iter().find(|made| made.prod_line.as_deref() == line);
        let packing = of_last_pack.and_then(|made| self.get(&last_run_of(made))).filter(|run| is_on(run, at));
        packing.or_else(|| {
            let is_packed_elsewhere = |run: &RunRow| made.iter().any(|made| last_run_of(made) == key_of(run));
            let of_line = self.on(at).filter(|run| run.prod_line.as_deref() == line);
            of_line
                .filter(|run| !is_packed_elsewhere(run))
                .max_by(|one, other| (one.started_at, key_of(one)).cmp(&(other.started_at, key_of(other))))
        })
    }
}

/// The key of a run.
pub(crate) fn key_of(run: &RunRow) -> RunKey {
    (run.run_number.clone(), run.production_date)
}

/// The run that a line made last in a shift.
pub(crate) fn last_run_of(line: &ShiftLineRow) -> RunKey {
    (line.last_run_number.clone(), line.last_run_date)
}

/// When a run began by its sheet. Midnight is a date alone: nobody knows when on that day.
pub(crate) fn sheet_start(run: &RunRow) -> Option<NaiveDateTime> {
    run.sheet_started_at.filter(|at| at.time() != NaiveTime::MIN)
}

/// Whether a run was on at a moment: it had begun, by its sheet or because something was booked to it, and it was
/// neither completed nor forgotten. That the ERP made it, and calls it active, says only that it was planned.
fn is_on(run: &RunRow, at: OnAt) -> bool {
    // A stamp from the future is that of a clock that went wrong, and tells nothing.
    let has_come = |time: &NaiveDateTime| *time <= at.time;
    let (begun, booked) = (sheet_start(run).filter(has_come), run.last_activity_at.filter(has_come));
    let is_lasting = run.state() == RunState::On || run.finished_at.is_some_and(|ended| ended > at.time);
    // What was booked later than the moment does not say when before it something was.
    let was_booked_later = run.last_activity_at.is_some_and(|booked| booked > at.time) && begun.is_some();
    is_lasting && (begun.max(booked).is_some_and(|last| last >= at.since) || was_booked_later)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> NaiveDateTime {
        format!("2026-11-{text}:00").parse().unwrap()
    }

    /// At ten on the 20th, where the shift before began at 22:00 on the 19th.
    fn ten() -> OnAt {
        OnAt { time: time("20T10:00"), since: time("19T22:00") }
    }

    fn run(number: &str, line: &str, started: Option<&str>, booked: Option<&str>) -> RunRow {
        RunRow {
            run_number: number.to_owned(),
            production_date: time("20T00:00").date(),
            prod_line: Some(line.to_owned()),
            active: true,
            started_at: started.map(time),
            sheet_started_at: started.map(time),
            last_activity_at: booked.map(time),
            ..RunRow::default()
        }
    }

    #[test]
    fn a_run_is_on_once_it_began_until_it_is_completed_or_forgotten() {
        for (started, booked, expect) in [
            (Some("20T06:00"), None, true),
            (None, Some("20T09:59"), true),
            (Some("20T06:00"), Some("20T09:59"), true),
            // The ERP made it for later today.
            (None, None, false),
            (Some("20T14:00"), None, false),
            // Its sheet has a date alone.
            (Some("20T00:00"), None, false),
            (Some("20T00:00"), Some("20T09:00"), true),
            // Nobody completed it yesterday afternoon.
            (Some("19T14:00"), Some("19T21:50"), false),
            // It goes on from the night.
            (Some("19T22:10"), Some("20T05:50"), true),
            (Some("18T22:10"), Some("20T05:50"), true),
        ] {
            assert_eq!(is_on(&run("1", "L1", started, booked), ten()), expect, "{started:?} {booked:?}");
        }
        let complete = |finished: &str| RunRow {
            complete: true,
            finished_at: Some(time(finished)),
            ..run("1", "L1", Some("20T06:00"), Some("20T09:00"))
        };
        assert!(!is_on(&complete("20T09:30"), ten()) && is_on(&complete("20T10:30"), ten()));
        let clock_is_wrong = run("1", "L1", None, Some("29T00:00"));
        assert!(!is_on(&clock_is_wrong, ten()));
    }

    fn last_pack(line: &str, run: &str) -> ShiftLineRow {
        ShiftLineRow {
            prod_line: Some(line.to_owned()),
            last_run_number: run.to_owned(),
            last_run_date: time("20T00:00").date(),
            ..ShiftLineRow::default()
        }
    }

    #[test]
    fn the_run_on_a_line_is_that_of_its_last_pack_wherever_the_erp_has_it() {
        let runs = [
            run("1", "L1", Some("20T06:00"), Some("20T10:00")),
            // Its inputs were booked for when the one before it ends.
            run("2", "L1", Some("20T09:58"), Some("20T09:59")),
            // The ERP has it on line 3, and line 2 packs it.
            run("3", "L3", Some("20T06:00"), Some("20T09:59")),
        ];
        let runs =
            Runs(runs.into_iter().map(|run| ((run.production_date, run.run_number.clone()), run)).collect());
        let made = [last_pack("L1", "1"), last_pack("L2", "3")];
        let on = |line, made: &[ShiftLineRow]| {
            runs.on_line(Some(line), ten(), made).map(|run| run.run_number.clone())
        };
        let told = ["L1", "L2", "L3", "L4"].map(|line| on(line, &made));
        assert_eq!(told, [Some("1".to_owned()), Some("3".to_owned()), None, None]);
        // Before anything was packed, the one that began last.
        assert_eq!((on("L1", &[]).as_deref(), on("L3", &[]).as_deref()), (Some("2"), Some("3")));
    }
}
