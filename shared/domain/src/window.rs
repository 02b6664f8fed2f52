//! The days that a question covers. This module does not know today's date: the caller says which day it is
//! at the factory.

use chrono::{Days, NaiveDate};
use thiserror::Error;

/// The longest window that may be asked for.
pub const MAX_DAYS: i64 = 365;

/// A range of days, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    from: NaiveDate,
    to: NaiveDate,
}

/// Why there is no such window.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WindowError {
    /// Fewer than one day or more than [`MAX_DAYS`].
    #[error("days is `{0}`: use 1 to {MAX_DAYS}")]
    Days(i64),
    /// The end lies before the beginning.
    #[error("from `{from}` is after to `{to}`: swap them")]
    Reversed {
        /// The first day asked for.
        from: NaiveDate,
        /// The last day asked for.
        to: NaiveDate,
    },
    /// The calendar does not reach back that far.
    #[error("there are no `{days}` days before `{today}`")]
    Calendar {
        /// The length asked for.
        days: i64,
        /// The last day asked for.
        today: NaiveDate,
    },
}

impl Window {
    /// The last `days` days, up to and including `today`.
    pub fn days(today: NaiveDate, days: i64) -> Result<Self, WindowError> {
        if !(1..=MAX_DAYS).contains(&days) {
            return Err(WindowError::Days(days));
        }
        let from = today
            .checked_sub_days(Days::new(days.unsigned_abs() - 1))
            .ok_or(WindowError::Calendar { days, today })?;
        Ok(Self { from, to: today })
    }

    /// The days from `from` to `to`, both included.
    pub fn between(from: NaiveDate, to: NaiveDate) -> Result<Self, WindowError> {
        if from > to {
            return Err(WindowError::Reversed { from, to });
        }
        Ok(Self { from, to })
    }

    /// The first day.
    pub fn from(&self) -> NaiveDate {
        self.from
    }

    /// The last day.
    pub fn to(&self) -> NaiveDate {
        self.to
    }

    /// Whether the day lies in the window.
    pub fn contains(&self, day: NaiveDate) -> bool {
        (self.from..=self.to).contains(&day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_window_is_today_and_the_days_before_it() {
        let today = day("2026-03-02");
        assert_eq!(Window::days(today, 1), Window::between(today, today));
        let week = Window::days(today, 7).unwrap();
        assert_eq!((week.from(), week.to()), (day("2026-02-24"), today));
        let year = Window::days(today, 365).unwrap();
        assert_eq!(year.from(), day("2025-03-03"));
    }

    #[test]
    fn a_window_contains_its_ends_and_nothing_beyond() {
        let week = Window::days(day("2026-03-02"), 7).unwrap();
        for (text, expect) in
            [("2026-02-23", false), ("2026-02-24", true), ("2026-03-02", true), ("2026-03-03", false)]
        {
            assert_eq!(week.contains(day(text)), expect, "{text}");
        }
    }

    #[test]
    fn windows_that_make_no_sense_are_refused() {
        let today = day("2026-03-02");
        for days in [i64::MIN, -1, 0, 366, i64::MAX] {
            assert_eq!(Window::days(today, days), Err(WindowError::Days(days)));
        }
        assert_eq!(WindowError::Days(0).to_string(), "days is `0`: use 1 to 365");
        assert!(matches!(Window::between(today, day("2026-03-01")), Err(WindowError::Reversed { .. })));
        assert!(matches!(Window::days(NaiveDate::MIN, 2), Err(WindowError::Calendar { .. })));
    }
}
