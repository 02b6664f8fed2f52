//! `shift_progress`: how much a line had made at each twentieth of a shift's working time, and `recent_shifts`:
//! the same of the last shifts alone. The forecast of a shift that is on compares it with these.

use api::row;
use chrono::NaiveDate;
use domain::projection::SHIFTS_MAX;
use polars::prelude::*;

use super::line_minutes::LineMinuteRow;
use super::line_shifts::LineShift;
use super::{Build, Mart, RUN_TABLES, columns_of};
use crate::frames;

row! {
    /// How far a line was when a share of a shift's working time had passed.
    pub struct ShiftProgressRow {
        /// The date of the shift.
        shift_date: NaiveDate,
        /// The shift.
        shift_code: String,
        /// The line: its id, or the ERP's own text where the line is unknown.
        prod_line: Option<String>,
        /// How much of the working time had passed, %.
        #[within(0, 100)]
        elapsed_pct: i64,
        /// Packs so far that are placed on the market.
        #[at_least(0)]
        packs: i64,
        /// What they weigh, kg.
        #[at_least(0)]
        made_kg: f64,
    }
}

/// How far apart the rows of a shift are, % of its working time.
const PROGRESS_STEP_PCT: usize = 5;

/// How many shifts of a code and line are recent: those that tell what is usual before the one that is on and
/// before the one that was on last, and these two.
pub(crate) const RECENT_SHIFTS_KEPT: usize = SHIFTS_MAX + 2;

/// The way of each line through each shift. A shift that is on has all its rows: those of the time to come say
/// what it had made by its last pack.
pub const SHIFT_PROGRESS: Mart = Mart {
    name: "shift_progress",
    columns: columns_of::<ShiftProgressRow>(),
    grain: &["shift_date", "shift_code", "prod_line", "elapsed_pct"],
    month_of: Some("shift_date"),
    batches: &[],
    tables: &[RUN_TABLES],
    builds: &[Build::Shifts(build)],
};

/// The rows of [`SHIFT_PROGRESS`] of the last 22 shifts of each code in which a line made
/// something. However long the history is, the mart stays as small.
pub const RECENT_SHIFTS: Mart = Mart {
    name: "recent_shifts",
    columns: columns_of::<ShiftProgressRow>(),
    grain: &["shift_date", "shift_code", "prod_line", "elapsed_pct"],
    month_of: None,
    batches: &[],
    tables: &[RUN_TABLES],
    builds: &[Build::RecentShifts],
};

fn build(shifts: &[LineShift]) -> PolarsResult<DataFrame> {
    progress_frame(&shifts.iter().flat_map(steps_of).collect::<Vec<_>>())
}

/// Rows as the marts hold them.
pub(crate) fn progress_frame(steps: &[ShiftProgressRow]) -> PolarsResult<DataFrame> {
    let rows = df![
        "shift_date" => steps.iter().map(|step| step.shift_date).collect::<Vec<_>>(),
        "shift_code" => steps.iter().map(|step| step.shift_code.as_str()).collect::<Vec<_>>(),
        "prod_line" => steps.iter().map(|step| step.prod_line.as_deref()).collect::<Vec<_>>(),
        "elapsed_pct" => steps.iter().map(|step| step.elapsed_pct).collect::<Vec<_>>(),
        "packs" => steps.iter().map(|step| step.packs).collect::<Vec<_>>(),
        "made_kg" => steps.iter().map(|step| step.made_kg).collect::<Vec<_>>(),
    ]?;
    frames::fit(&rows, &SHIFT_PROGRESS.schema())
}

fn steps_of(shift: &LineShift) -> Vec<ShiftProgressRow> {
    let whole = shift.working.minutes();
    // How much working time had passed when each minute began.
    let begun = |minute: &LineMinuteRow| shift.working.minutes_before(minute.minute);
    let begun: Vec<(f64, &LineMinuteRow)> =
        shift.minutes.iter().map(|minute| (begun(minute), minute)).collect();
    let step = |elapsed_pct: i64| {
        let until = whole * elapsed_pct as f64 / 100.0;
        // At the end all counts, also what was made in a break at the end.
        let so_far = begun.iter().filter(|(begun, _)| *begun < until || elapsed_pct == 100);
        let (packs, made_kg) = so_far
            .fold((0, 0.0), |(packs, kg), (_, minute)| (packs + minute.made.packs, kg + minute.made.made_kg));
        ShiftProgressRow {
            shift_date: shift.shift_date,
            shift_code: shift.shift_code.clone(),
            prod_line: shift.prod_line.clone(),
            elapsed_pct,
            packs,
            made_kg,
        }
    };
    (0..=100).step_by(PROGRESS_STEP_PCT).map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::super::line_shifts::tests::of;
    use super::super::small_factory::shown;
    use super::*;

    #[test]
    fn the_way_through_a_shift_goes_by_its_working_time_and_ends_with_all_of_it() {
        // 5 % of 460 minutes are 23; half of them are over at 09:50, and the break begins at 10:00.
        let minutes = [
            ("1", Some("L1"), 2, 6, 0, 1),
            ("1", Some("L1"), 2, 6, 23, 2),
            ("1", Some("L1"), 2, 9, 49, 4),
            ("1", Some("L1"), 2, 9, 50, 8),
            ("1", Some("L1"), 2, 10, 10, 16),
            ("1", Some("L1"), 2, 13, 59, 32),
        ];
        let mart = build(&of(&minutes)).unwrap();
        assert_eq!(**mart.schema(), SHIFT_PROGRESS.schema());
        let steps = shown(&mart, &["elapsed_pct", "packs", "made_kg"]);
        assert_eq!(steps.len(), 21);
        assert_eq!(steps[..3], ["0 | 0 | 0", "5 | 1 | 1", "10 | 3 | 3"]);
        assert_eq!(steps[10..13], ["50 | 7 | 7", "55 | 31 | 31", "60 | 31 | 31"]);
        assert_eq!(steps[19..], ["95 | 31 | 31", "100 | 63 | 63"]);
    }
}
