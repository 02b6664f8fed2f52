//! The three shifts of a factory day and the break of each. Everybody takes the break at the same time, so
//! all lines stand still then.

use std::ops::Range;

use super::clock::{DAY, HOUR, Moment, begins};

/// The codes of the shifts, which are of equal length. The first begins with the factory day.
pub(super) const SHIFTS: [&str; 3] = ["AM", "PM", "NIGHT"];

pub(super) const SHIFT: i64 = DAY / SHIFTS.len() as i64;
const BREAK_AFTER: i64 = 4 * HOUR;
const BREAK: i64 = 20 * 60;

/// From when until when a shift of a factory day lasts.
pub(super) fn shift_of(day: i64, shift: usize) -> Range<Moment> {
    let begin = begins(day) + shift as i64 * SHIFT;
    begin..begin + SHIFT
}

/// The break of a shift.
pub(super) fn break_of(day: i64, shift: usize) -> Range<Moment> {
    let begin = shift_of(day, shift).start + BREAK_AFTER;
    begin..begin + BREAK
}
