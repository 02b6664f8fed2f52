//! `shift_lines`: what each line made in each shift.

use std::ops::Add;

use api::row;
use chrono::{NaiveDate, NaiveDateTime};
use domain::pace::best_packs_per_minute;
use polars::prelude::*;

use super::line_minutes::{LineMinuteRow, PackSums};
use super::line_shifts::LineShift;
use super::{Build, Mart, RUN_TABLES, columns_of};
use crate::frames;

row! {
    /// A line in a shift in which it made a pack.
    pub struct ShiftLineRow {
        /// The date of the shift.
        shift_date: NaiveDate,
        /// The shift.
        shift_code: String,
        /// The line: its id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// The line's name.
        line_name: Option<String>,
        /// When the shift starts.
        starts_at: NaiveDateTime,
        /// When the shift ends.
        ends_at: NaiveDateTime,
        /// The working time of the whole shift, minutes.
        #[at_least(0)]
        working_minutes: f64,
        /// When the first pack was made.
        first_pack_at: NaiveDateTime,
        /// When the last pack was made.
        last_pack_at: NaiveDateTime,
        /// The run of the last pack.
        last_run_number: String,
        /// The production date of that run.
        last_run_date: NaiveDate,
        /// After how long without a pack that run has stopped, minutes.
        #[at_least(0)]
        stop_after_minutes: f64,
        /// Stops that ended with a pack.
        #[at_least(0)]
        stops: i64,
        /// The minutes of working time that they took.
        #[at_least(0)]
        stopped_minutes: f64,
        /// The minutes of the longest of them.
        #[at_least(0)]
        longest_stop_minutes: f64,
        /// The most packs per minute that were made in a quarter of an hour. Null if every quarter of an hour
        /// lies in the hour that the clock shows twice.
        #[at_least(0)]
        best_packs_per_min: Option<f64>,
        ..made: PackSums,
    }
}

/// Lines in shifts.
pub const SHIFT_LINES: Mart = Mart {
    name: "shift_lines",
    columns: columns_of::<ShiftLineRow>(),
    grain: &["shift_date", "shift_code", "prod_line"],
    month_of: Some("shift_date"),
    batches: &[],
    tables: &[RUN_TABLES],
    builds: &[Build::Shifts(build)],
};

fn build(shifts: &[LineShift]) -> PolarsResult<DataFrame> {
    let sums = |value: fn(&LineMinuteRow) -> f64| {
        shifts.iter().map(|shift| shift.minutes.iter().map(value).fold(0.0, Add::add)).collect::<Vec<f64>>()
    };
    let counts = |value: fn(&LineMinuteRow) -> i64| {
        shifts.iter().map(|shift| shift.minutes.iter().map(value).sum()).collect::<Vec<i64>>()
    };
    let stop_minutes = |shift: &LineShift| shift.stops.iter().map(|stop| stop.minutes).collect::<Vec<_>>();
    // A shift without packs is none of these.
    let last: Vec<Option<&LineMinuteRow>> = shifts.iter().map(last_of).collect();
    let rows = df![
        "shift_date" => shifts.iter().map(|shift| shift.shift_date).collect::<Vec<_>>(),
        "shift_code" => shifts.iter().map(|shift| shift.shift_code.as_str()).collect::<Vec<_>>(),
        "prod_line" => shifts.iter().map(|shift| shift.prod_line.as_deref()).collect::<Vec<_>>(),
        "line_name" => shifts.iter().map(|shift| shift.line_name.as_deref()).collect::<Vec<_>>(),
        "starts_at" => shifts.iter().map(|shift| shift.starts_at).collect::<Vec<_>>(),
        "ends_at" => shifts.iter().map(|shift| shift.ends_at).collect::<Vec<_>>(),
        "working_minutes" => shifts.iter().map(|shift| shift.working.minutes()).collect::<Vec<_>>(),
        "packs" => counts(|minute| minute.made.packs),
        "packs_excluded" => counts(|minute| minute.made.packs_excluded),
        "made_kg" => sums(|minute| minute.made.made_kg),
        "giveaway_kg" => sums(|minute| minute.made.giveaway_kg),
        "pack_target_kg" => sums(|minute| minute.made.pack_target_kg),
        "first_pack_at" => shifts.iter().map(|shift| shift.minutes.first().map(|minute| minute.first_pack_at)).collect::<Vec<_>>(),
        "last_pack_at" => last.iter().map(|minute| minute.map(|minute| minute.last_pack_at)).collect::<Vec<_>>(),
        "last_run_number" => last.iter().map(|minute| minute.map(|minute| minute.run_number.as_str())).collect::<Vec<_>>(),
        "last_run_date" => last.iter().map(|minute| minute.map(|minute| minute.production_date)).collect::<Vec<_>>(),
        "stop_after_minutes" => last.iter().map(|minute| minute.map(|minute| minute.stop_after_minutes)).collect::<Vec<_>>(),
        "stops" => shifts.iter().map(|shift| shift.stops.len() as u64).collect::<Vec<_>>(),
        "stopped_minutes" => shifts.iter().map(|shift| stop_minutes(shift).into_iter().fold(0.0, Add::add)).collect::<Vec<f64>>(),
        "longest_stop_minutes" => shifts.iter().map(|shift| stop_minutes(shift).into_iter().fold(0.0, f64::max)).collect::<Vec<_>>(),
        "best_packs_per_min" => shifts.iter().map(best).collect::<Vec<_>>(),
    ]?;
    frames::fit(&rows, &SHIFT_LINES.schema())
}

/// The minute with the last pack. Of several runs, the last by its number.
fn last_of(shift: &LineShift) -> Option<&LineMinuteRow> {
    shift
        .minutes
        .iter()
        .max_by_key(|minute| (minute.last_pack_at, &minute.run_number, minute.production_date))
}

fn best(shift: &LineShift) -> Option<f64> {
    let minutes = shift.minutes.iter().map(|minute| (minute.minute, minute.made.packs));
    best_packs_per_minute(&shift.working, minutes)
}

#[cfg(test)]
mod tests {
    use super::super::line_shifts::tests::of;
    use super::super::small_factory::shown;
    use super::*;

    #[test]
    fn a_line_in_a_shift_has_all_that_it_made_and_its_last_run() {
        let minutes = [
            ("1", Some("L1"), 2, 6, 1, 30),
            ("2", Some("L1"), 2, 6, 20, 45),
            ("1", Some("L1"), 2, 6, 20, 15),
            // Of two runs that made the last pack at once, the later number.
            ("1", Some("L2"), 2, 6, 0, 1),
        ];
        let mart = build(&of(&minutes)).unwrap();
        assert_eq!(**mart.schema(), SHIFT_LINES.schema());
        let columns = [
            "prod_line",
            "working_minutes",
            "packs",
            "packs_excluded",
            "made_kg",
            "giveaway_kg",
            "first_pack_at",
            "last_pack_at",
            "last_run_number",
            "stops",
            "best_packs_per_min",
        ];
        assert_eq!(
            shown(&mart, &columns),
            [
                "L1 | 460 | 90 | 3 | 90 | 1.5 | 2026-11-02 06:01:10 | 2026-11-02 06:20:50 | 2 | 1 | 4",
                format!(
                    "L2 | 460 | 1 | 1 | 1 | 0.5 | 2026-11-02 06:00:10 | 2026-11-02 06:00:50 | 1 | 0 | {}",
                    1.0 / 15.0
                )
                .as_str(),
            ]
        );
        let stop = 1100.0 / 60.0;
        assert_eq!(
            shown(&mart, &["stopped_minutes", "longest_stop_minutes"]),
            [format!("{stop} | {stop}"), "0 | 0".to_owned()]
        );
    }
}
