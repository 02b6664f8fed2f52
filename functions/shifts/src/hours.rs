//! `/shift/hours`: what each line made in each hour of a shift.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use api::shift::{HoursQuery, ShiftHour};
use api::stops::LineStop;
use chrono::{NaiveDateTime, TimeDelta, Timelike};
use domain::clock::first_moment;
use domain::settings::FactorySettings;
use domain::shift_instance::ShiftInstance;
use domain::working_time::WorkingTime;
use serve::window::Dates;
use serve::{Answer, Ask, Result, State, is_line_asked_for, work};
use warehouse::marts::{LINE_HOURS, LineHourRow, SHIFT_LINES, ShiftLineRow, rows};

use crate::begun::{ReadAt, begun};
use crate::open_stop::{on_at, open_stop};
use crate::runs::{Runs, last_runs_of};
use crate::target::Before;

pub(crate) async fn hours(state: State, ask: Ask<HoursQuery, Vec<ShiftHour>>) -> Result<Answer> {
    let snapshot = state.snapshot().await?;
    let settings = snapshot.factory_settings()?;
    let read_at = ReadAt::of(&state, &snapshot);
    let mut all = Vec::new();
    for shift in begun(&settings.shifts, read_at, ask.query.date, ask.query.shift.as_deref()) {
        let of_date = Dates::on(shift.date);
        let (lines, hours) =
            (snapshot.mart(&SHIFT_LINES, of_date).await?, snapshot.mart(&LINE_HOURS, of_date).await?);
        let code = shift.shift.code.clone();
        let (lines, hours) = work(move || {
            let lines = rows::<ShiftLineRow>(&lines)?.into_iter().filter(|line| line.shift_code == code);
            let hours = rows::<LineHourRow>(&hours)?.into_iter().filter(|hour| hour.shift_code == code);
            Ok((lines.collect::<Vec<_>>(), hours.collect::<Vec<_>>()))
        })
        .await?;
        let told = Told {
            runs: Runs::read(
                &snapshot,
                read_at,
                last_runs_of(&lines),
                Some(shift.starts_at.date()..=shift.ends_at.date()),
            )
            .await?,
            before: Before::read(&snapshot, shift.date, &shift.shift.code).await?,
            working: WorkingTime::of(&shift, read_at.zone),
            shift,
            read_at,
            settings: &settings,
        };
        all.extend(told.hours(&lines, hours));
    }
    work(move || {
        let asked = ask.query.line.as_deref();
        all.retain(|hour: &ShiftHour| {
            is_line_asked_for([hour.prod_line.as_deref(), hour.line_name.as_deref()], asked)
        });
        let newest_first = all.into_iter().map(|hour| {
            (
                (Reverse(hour.hour_start), hour.prod_line.clone(), hour.shift_date, hour.shift_code.clone()),
                hour,
            )
        });
        ask.list(newest_first.collect(), &snapshot)
    })
    .await
}

/// What is known of a shift.
struct Told<'a> {
    shift: ShiftInstance<'a>,
    working: WorkingTime,
    runs: Runs,
    before: Before,
    read_at: ReadAt,
    settings: &'a FactorySettings,
}

impl Told<'_> {
    fn hours(&self, lines: &[ShiftLineRow], made: Vec<LineHourRow>) -> Vec<ShiftHour> {
        let key = |line: &Option<String>, start| (line.clone(), start);
        let mut made: BTreeMap<_, LineHourRow> =
            made.into_iter().map(|hour| (key(&hour.prod_line, hour.hour_start), hour)).collect();
        let mut hours = Vec::new();
        for line in lines {
            let at = on_at(&self.shift, &self.settings.shifts, self.read_at);
            let on = self.runs.on_line(line.prod_line.as_deref(), at, lines);
            let open = open_stop(line, &self.shift, &self.runs, on, self.read_at);
            let target = self.before.target(line.prod_line.as_deref(), self.settings);
            for start in self.starts() {
                let made = made.remove(&key(&line.prod_line, start));
                hours.push(self.hour(line, start, made, open.as_ref(), target.map(|target| target.kg)));
            }
        }
        hours
    }

    /// The hours of the clock that have begun, in part or as a whole in the shift.
    fn starts(&self) -> impl Iterator<Item = NaiveDateTime> + '_ {
        let first = hour_of(self.shift.starts_at);
        let starts = std::iter::successors(Some(first), |start| start.checked_add_signed(HOUR));
        starts.take_while(|start| *start < self.shift.ends_at && self.read_at.has_come(*start))
    }

    fn hour(
        &self,
        line: &ShiftLineRow,
        start: NaiveDateTime,
        made: Option<LineHourRow>,
        open: Option<&LineStop>,
        target_kg: Option<f64>,
    ) -> ShiftHour {
        let end = start + HOUR;
        let passed =
            |time| self.working.minutes_until(first_moment(time, self.read_at.zone).min(self.read_at.moment));
        let share = (passed(end) - passed(start)) / self.working.minutes();
        let target_kg = target_kg.map(|kg| kg * share).filter(|kg| kg.is_finite());
        let made = made.unwrap_or_default();
        let stood = open.map_or(0.0, |stop| {
            let until = stop.ended_at.unwrap_or_else(|| self.read_at.time());
            self.working.minutes_within((stop.started_at, until), (start, end))
        });
        let begins = open.is_some_and(|stop| hour_of(stop.started_at) == start);
        ShiftHour {
            shift_date: self.shift.date,
            shift_code: self.shift.shift.code.clone(),
            hour_start: start,
            prod_line: line.prod_line.clone(),
            line_name: line.line_name.clone(),
            packs: made.packs,
            made_kg: made.made_kg,
            target_kg,
            delta_kg: target_kg.map(|target_kg| made.made_kg - target_kg),
            giveaway_kg: made.giveaway_kg,
            stops: made.stops + i64::from(begins),
            stopped_minutes: made.stopped_minutes + stood,
            longest_stop_minutes: made.longest_stop_minutes.max(stood),
            runs: made.runs,
        }
    }
}

const HOUR: TimeDelta = TimeDelta::hours(1);

/// The hour of the clock that a time lies in.
fn hour_of(time: NaiveDateTime) -> NaiveDateTime {
    time.date().and_hms_opt(time.hour(), 0, 0).unwrap_or(time)
}
