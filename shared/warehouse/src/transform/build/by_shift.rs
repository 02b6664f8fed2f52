//! Marts whose rows are replaced by the date of a shift, and the one that keeps the last shifts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use polars::prelude::*;

use super::mart_parts::MartParts;
use super::replace::{made, months, split_by_date};
use crate::Result;
use crate::frames::compute;
use crate::marts::{
    Build, LINE_MINUTES, RECENT_SHIFTS, RECENT_SHIFTS_KEPT, SHIFT_PROGRESS, ShiftProgressRow, builds,
    line_shifts, progress_frame, rows,
};
use crate::transform::work::Work;

/// Makes the rows of the shifts of these dates again, from the mart `line_minutes` as it will be.
pub(super) async fn build_shifts(
    work: &Work<'_>,
    parts: &mut MartParts,
    dates: &BTreeSet<NaiveDate>,
) -> Result<()> {
    for (of_month, dates) in months(dates) {
        let minutes = minutes_around(work, parts, &dates).await?;
        let (settings, zone, wanted) = (work.settings.clone(), work.zone, dates.clone());
        let shifts =
            compute("shifts", move || line_shifts(&minutes, &settings.shifts, zone, &wanted)).await?;
        let shifts = Arc::new(shifts);
        for (mart, build) in builds() {
            let Build::Shifts(make) = build else { continue };
            let part = mart.part(build, Some(&of_month));
            let old = parts.rows(work, mart, &part).await?;
            let (shifts, dates) = (shifts.clone(), dates.clone());
            let rows =
                made(mart, move || split_by_date(&old, "shift_date", &dates)?.1.vstack(&make(&shifts)?))
                    .await?;
            parts.set(mart, &part, rows);
        }
    }
    if dates.is_empty() { Ok(()) } else { build_recent(work, parts, dates).await }
}

/// The minutes of which shifts of these dates can be made. A shift lies in the day of its date, and in the one
/// before or after it.
async fn minutes_around(
    work: &Work<'_>,
    parts: &mut MartParts,
    dates: &BTreeSet<NaiveDate>,
) -> Result<DataFrame> {
    let one = Days::new(1);
    let days =
        dates.iter().flat_map(|date| [date.checked_sub_days(one), Some(*date), date.checked_add_days(one)]);
    let days: BTreeSet<NaiveDate> = days.flatten().collect();
    let mut minutes = DataFrame::empty_with_schema(&LINE_MINUTES.schema());
    for (of_month, days) in months(&days) {
        let of_month = parts
            .rows(work, &LINE_MINUTES, &LINE_MINUTES.part(LINE_MINUTES.builds[0], Some(&of_month)))
            .await?;
        minutes = compute("the minutes of shifts", move || {
            minutes.vstack(&split_by_date(&of_month, "packed_on", &days)?.0)
        })
        .await?;
    }
    Ok(minutes)
}

/// A code and a line: their shifts are compared with each other.
type Kind = (String, Option<String>);

/// The last shifts of each kind, by date.
#[derive(Default)]
struct Recent(BTreeMap<Kind, BTreeMap<NaiveDate, Vec<ShiftProgressRow>>>);

impl Recent {
    /// Adds those of these rows that lie in shifts in which something was made.
    fn add(&mut self, rows: Vec<ShiftProgressRow>) {
        let mut shifts: BTreeMap<(Kind, NaiveDate), Vec<ShiftProgressRow>> = BTreeMap::new();
        for row in rows {
            let kind = (row.shift_code.clone(), row.prod_line.clone());
            shifts.entry((kind, row.shift_date)).or_default().push(row);
        }
        for ((kind, date), rows) in shifts {
            if rows.iter().any(|row| row.made_kg > 0.0) {
                self.0.entry(kind).or_default().insert(date, rows);
            }
        }
    }

    /// Takes out the shifts of these dates. Returns the kinds that had as many as are kept, and have fewer now:
    /// earlier shifts of these were forgotten.
    fn without(&mut self, dates: &BTreeSet<NaiveDate>) -> BTreeSet<Kind> {
        let mut forgotten = BTreeSet::new();
        for (kind, shifts) in &mut self.0 {
            let was_full = shifts.len() >= RECENT_SHIFTS_KEPT;
            shifts.retain(|date, _| !dates.contains(date));
            if was_full && shifts.len() < RECENT_SHIFTS_KEPT {
                forgotten.insert(kind.clone());
            }
        }
        forgotten
    }

    fn lacks(&self, kind: &Kind) -> bool {
        self.0.get(kind).map_or(0, BTreeMap::len) < RECENT_SHIFTS_KEPT
    }

    /// Keeps the last shifts of each kind alone.
    fn cut(&mut self) {
        for shifts in self.0.values_mut() {
            while shifts.len() > RECENT_SHIFTS_KEPT {
                shifts.pop_first();
            }
        }
    }
}

async fn build_recent(work: &Work<'_>, parts: &mut MartParts, dates: &BTreeSet<NaiveDate>) -> Result<()> {
    let part = RECENT_SHIFTS.part(RECENT_SHIFTS.builds[0], None);
    let mut recent = Recent::default();
    recent.add(read(parts.rows(work, &RECENT_SHIFTS, &part).await?, None).await?);
    let mut forgotten = recent.without(dates);
    for (of_month, dates) in months(dates) {
        let part = SHIFT_PROGRESS.part(SHIFT_PROGRESS.builds[0], Some(&of_month));
        recent.add(read(parts.rows(work, &SHIFT_PROGRESS, &part).await?, Some(dates)).await?);
    }
    // Seldom: a shift among the last has gone, or makes nothing any more.
    let earlier = parts.names(work, &SHIFT_PROGRESS, SHIFT_PROGRESS.builds[0]);
    forgotten.retain(|kind| recent.lacks(kind));
    for part in earlier.iter().rev() {
        if forgotten.is_empty() {
            break;
        }
        let mut rows = read(parts.rows(work, &SHIFT_PROGRESS, part).await?, None).await?;
        rows.retain(|row| forgotten.contains(&(row.shift_code.clone(), row.prod_line.clone())));
        recent.add(rows);
        forgotten.retain(|kind| recent.lacks(kind));
    }
    recent.cut();
    let kept: Vec<ShiftProgressRow> =
        recent.0.into_values().flat_map(BTreeMap::into_values).flatten().collect();
    let rows = made(&RECENT_SHIFTS, move || progress_frame(&kept)).await?;
    parts.set(&RECENT_SHIFTS, &part, rows);
    Ok(())
}

/// The rows of a frame, perhaps of these dates alone.
async fn read(frame: DataFrame, dates: Option<BTreeSet<NaiveDate>>) -> Result<Vec<ShiftProgressRow>> {
    compute("the way through shifts", move || {
        let frame = match dates {
            Some(dates) => split_by_date(&frame, "shift_date", &dates)?.0,
            None => frame,
        };
        Ok(rows(&frame)?)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 1).unwrap() + Days::new(day)
    }

    /// The end of the shifts of these days.
    fn shifts(days: impl IntoIterator<Item = u64>, made_kg: f64) -> Vec<ShiftProgressRow> {
        let end = |of| ShiftProgressRow {
            shift_date: day(of),
            shift_code: "AM".to_owned(),
            prod_line: Some("L1".to_owned()),
            elapsed_pct: 100,
            packs: 1,
            made_kg,
        };
        days.into_iter().map(end).collect()
    }

    fn days_of(recent: &Recent) -> Vec<NaiveDate> {
        recent.0.values().flat_map(BTreeMap::keys).copied().collect()
    }

    #[test]
    fn the_last_shifts_in_which_something_was_made_are_kept() {
        let mut recent = Recent::default();
        recent.add(shifts(0..30, 5.0));
        recent.add(shifts(30..33, 0.0));
        recent.cut();
        let first_kept = 30 - RECENT_SHIFTS_KEPT as u64;
        assert_eq!(days_of(&recent), (first_kept..30).map(day).collect::<Vec<_>>());
    }

    #[test]
    fn shifts_that_were_forgotten_are_missed_only_where_there_were_some_and_one_has_gone() {
        let kept = RECENT_SHIFTS_KEPT as u64;
        for (had, touched, again, misses) in [
            // All that there ever were.
            (kept - 1, 3, false, false),
            (kept, 3, false, true),
            // It is there again.
            (kept, 3, true, false),
            // No shift of this day was among them.
            (kept, kept + 5, false, false),
        ] {
            let mut recent = Recent::default();
            recent.add(shifts(0..had, 5.0));
            let mut forgotten = recent.without(&BTreeSet::from([day(touched)]));
            recent.add(shifts([touched].into_iter().filter(|_| again), 6.0));
            forgotten.retain(|kind| recent.lacks(kind));
            assert_eq!(!forgotten.is_empty(), misses, "{had} {touched} {again}");
        }
    }
}
