//! `line_hours`: what each line made in each hour of a shift, and how long it stood still.

use std::collections::{BTreeMap, BTreeSet};

use api::row;
use chrono::{NaiveDate, NaiveDateTime, TimeDelta, Timelike};
use polars::prelude::*;

use super::line_shifts::LineShift;
use super::{Build, Mart, RUN_TABLES, columns_of};
use crate::frames;

row! {
    /// An hour of the clock on a line, as far as it lies in a shift.
    pub struct LineHourRow {
        /// The date of the shift.
        shift_date: NaiveDate,
        /// The shift.
        shift_code: String,
        /// The line: its id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// When the hour began.
        hour_start: NaiveDateTime,
        /// Packs that are placed on the market.
        #[at_least(0)]
        packs: i64,
        /// What these packs weigh, kg.
        #[at_least(0)]
        made_kg: f64,
        /// What the packs whose net and target weight are both known weigh above their targets, kg.
        giveaway_kg: f64,
        /// Stops that began in it and ended with a pack.
        #[at_least(0)]
        stops: i64,
        /// Minutes of working time in which the line stood still, of stops that ended with a pack.
        #[at_least(0)]
        stopped_minutes: f64,
        /// The most of these minutes that belong to one stop.
        #[at_least(0)]
        longest_stop_minutes: f64,
        /// How many runs made packs in it.
        #[at_least(0)]
        runs: i64,
    }
}

/// Hours in which a line made a pack, or stood still until it made one. Where the clock shows an hour twice,
/// both are one row.
pub const LINE_HOURS: Mart = Mart {
    name: "line_hours",
    columns: columns_of::<LineHourRow>(),
    grain: &["shift_date", "shift_code", "prod_line", "hour_start"],
    month_of: Some("shift_date"),
    batches: &[],
    tables: &[RUN_TABLES],
    builds: &[Build::Shifts(build)],
};

#[derive(Default)]
struct Hour<'a> {
    packs: i64,
    made_kg: f64,
    giveaway_kg: f64,
    stops: i64,
    stopped_minutes: f64,
    longest_stop_minutes: f64,
    runs: BTreeSet<(&'a str, NaiveDate)>,
}

fn build(shifts: &[LineShift]) -> PolarsResult<DataFrame> {
    let hours: Vec<(&LineShift, NaiveDateTime, Hour<'_>)> = shifts
        .iter()
        .flat_map(|shift| hours_of(shift).into_iter().map(move |(start, hour)| (shift, start, hour)))
        .collect();
    let rows = df![
        "shift_date" => hours.iter().map(|hour| hour.0.shift_date).collect::<Vec<_>>(),
        "shift_code" => hours.iter().map(|hour| hour.0.shift_code.as_str()).collect::<Vec<_>>(),
        "prod_line" => hours.iter().map(|hour| hour.0.prod_line.as_deref()).collect::<Vec<_>>(),
        "line_name" => hours.iter().map(|hour| hour.0.line_name.as_deref()).collect::<Vec<_>>(),
        "hour_start" => hours.iter().map(|hour| hour.1).collect::<Vec<_>>(),
        "packs" => hours.iter().map(|hour| hour.2.packs).collect::<Vec<_>>(),
        "made_kg" => hours.iter().map(|hour| hour.2.made_kg).collect::<Vec<_>>(),
        "giveaway_kg" => hours.iter().map(|hour| hour.2.giveaway_kg).collect::<Vec<_>>(),
        "stops" => hours.iter().map(|hour| hour.2.stops).collect::<Vec<_>>(),
        "stopped_minutes" => hours.iter().map(|hour| hour.2.stopped_minutes).collect::<Vec<_>>(),
        "longest_stop_minutes" => hours.iter().map(|hour| hour.2.longest_stop_minutes).collect::<Vec<_>>(),
        "runs" => hours.iter().map(|hour| hour.2.runs.len() as u64).collect::<Vec<_>>(),
    ]?;
    frames::fit(&rows, &LINE_HOURS.schema())
}

fn hours_of(shift: &LineShift) -> BTreeMap<NaiveDateTime, Hour<'_>> {
    let mut hours: BTreeMap<NaiveDateTime, Hour<'_>> = BTreeMap::new();
    for minute in &shift.minutes {
        let hour = hours.entry(hour_of(minute.minute)).or_default();
        hour.packs += minute.made.packs;
        hour.made_kg += minute.made.made_kg;
        hour.giveaway_kg += minute.made.giveaway_kg;
        hour.runs.insert((&minute.run_number, minute.production_date));
    }
    for stop in &shift.stops {
        let mut start = hour_of(stop.from);
        hours.entry(start).or_default().stops += 1;
        while start < stop.to {
            let end = start + TimeDelta::hours(1);
            let minutes = shift.working.minutes_within((stop.from, stop.to), (start, end));
            if minutes > 0.0 {
                let hour = hours.entry(start).or_default();
                hour.stopped_minutes += minutes;
                hour.longest_stop_minutes = hour.longest_stop_minutes.max(minutes);
            }
            start = end;
        }
    }
    hours
}

/// The hour of the clock that a time lies in.
fn hour_of(time: NaiveDateTime) -> NaiveDateTime {
    time.date().and_hms_opt(time.hour(), 0, 0).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::super::line_shifts::tests::of;
    use super::super::small_factory::shown;
    use super::*;

    #[test]
    fn an_hour_has_its_packs_and_the_part_of_each_stop_that_lies_in_it() {
        let minutes = [
            ("1", Some("L1"), 2, 6, 0, 5),
            ("1", Some("L1"), 2, 6, 2, 5),
            ("2", Some("L1"), 2, 6, 2, 5),
            // The break from 10:00 to 10:20 is no stop.
            ("1", Some("L1"), 2, 10, 30, 7),
        ];
        let mart = build(&of(&minutes)).unwrap();
        assert_eq!(**mart.schema(), LINE_HOURS.schema());
        let columns = [
            "hour_start",
            "packs",
            "made_kg",
            "giveaway_kg",
            "stops",
            "stopped_minutes",
            "longest_stop_minutes",
            "runs",
        ];
        let first = 3430.0 / 60.0;
        let last = 610.0 / 60.0;
        assert_eq!(
            shown(&mart, &columns),
            [
                format!("2026-11-02 06:00:00 | 15 | 15 | 1.5 | 1 | {first} | {first} | 2"),
                "2026-11-02 07:00:00 | 0 | 0 | 0 | 0 | 60 | 60 | 0".to_owned(),
                "2026-11-02 08:00:00 | 0 | 0 | 0 | 0 | 60 | 60 | 0".to_owned(),
                "2026-11-02 09:00:00 | 0 | 0 | 0 | 0 | 60 | 60 | 0".to_owned(),
                format!("2026-11-02 10:00:00 | 7 | 7 | 0.5 | 0 | {last} | {last} | 1"),
            ]
        );
    }
}
