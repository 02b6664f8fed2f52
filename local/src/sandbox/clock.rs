//! The factory's wall clock: whole seconds without an offset, days that begin with the morning shift, and
//! times written as the ERP stamps them.

use chrono::{DateTime, Datelike, NaiveDateTime};

/// Seconds of wall-clock time since the start of 1970.
pub(super) type Moment = i64;

pub(super) const HOUR: i64 = 3600;
pub(super) const DAY: i64 = 24 * HOUR;
const MORNING: i64 = 6 * HOUR;

/// The moment of a wall-clock time.
pub(super) fn moment(time: NaiveDateTime) -> Moment {
    time.and_utc().timestamp()
}

/// The wall-clock time of a moment.
pub(super) fn time(moment: Moment) -> NaiveDateTime {
    DateTime::from_timestamp(moment, 0).unwrap_or_default().naive_utc()
}

/// The number of the factory day that a moment falls into. A factory day lasts from 06:00 to 06:00.
pub(super) fn factory_day(moment: Moment) -> i64 {
    (moment - MORNING).div_euclid(DAY)
}

/// The moment at which a factory day begins.
pub(super) fn begins(day: i64) -> Moment {
    day * DAY + MORNING
}

/// A date such as `2026-11-13`.
pub(super) fn date_text(moment: Moment) -> String {
    let mut text = String::with_capacity(10);
    push_date(&mut text, moment);
    text
}

/// A stamp such as `2026-11-13 09:05:00`. Most of the text in a sandbox are stamps, so they are written digit
/// by digit, which is fast.
pub(super) fn stamp_text(moment: Moment) -> String {
    let mut text = String::with_capacity(23);
    push_date(&mut text, moment);
    let second = moment.rem_euclid(DAY);
    for (mark, value) in [(b' ', second / HOUR), (b':', second / 60 % 60), (b':', second % 60)] {
        text.push(mark as char);
        push_two(&mut text, value);
    }
    text
}

/// Like [`stamp_text`], but with milliseconds of the previous second, so that the stamp is never later than
/// its moment.
pub(super) fn stamp_text_with_millis(moment: Moment, millis: i64) -> String {
    let mut text = stamp_text(moment - 1);
    text.push('.');
    text.push(digit(millis / 100 % 10));
    push_two(&mut text, millis % 100);
    text
}

fn push_date(text: &mut String, moment: Moment) {
    let date = DateTime::from_timestamp(moment, 0).unwrap_or_default().date_naive();
    let year = i64::from(date.year());
    push_two(text, year / 100);
    push_two(text, year % 100);
    text.push('-');
    push_two(text, i64::from(date.month()));
    text.push('-');
    push_two(text, i64::from(date.day()));
}

fn push_two(text: &mut String, value: i64) {
    text.push(digit(value / 10 % 10));
    text.push(digit(value % 10));
}

fn digit(value: i64) -> char {
    (b'0' + value as u8) as char
}

/// A stretch of time: after one moment, up to and including another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) after: Moment,
    pub(super) until: Moment,
}

impl Window {
    /// Whether something that happens at this moment happens in the window.
    pub(super) fn contains(self, moment: Moment) -> bool {
        self.after < moment && moment <= self.until
    }

    /// The stage that a thing reaches in this window, if it reaches one. The thing changes at these moments,
    /// which come in order.
    pub(super) fn stage(self, changes: &[Moment]) -> Option<usize> {
        let reached = changes.iter().take_while(|&&change| change <= self.until).count().checked_sub(1)?;
        (changes[reached] > self.after).then_some(reached)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    #[test]
    fn moments_are_written_as_the_erp_stamps_them() {
        let at = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap().and_hms_opt(0, 0, 0).unwrap();
        assert_eq!(stamp_text(moment(at)), "2026-03-01 00:00:00");
        assert_eq!(stamp_text_with_millis(moment(at), 7), "2026-02-28 23:59:59.007");
        assert_eq!(date_text(moment(at) - 1), "2026-02-28");
        assert_eq!(time(moment(at)), at);
    }

    #[test]
    fn the_factory_day_turns_at_six() {
        assert_eq!(factory_day(begins(20_000)), 20_000);
        assert_eq!(factory_day(begins(20_000) - 1), 19_999);
    }

    #[test]
    fn a_stage_counts_in_the_window_that_reached_it() {
        let changes = [10, 20, 30];
        let stage = |after, until| Window { after, until }.stage(&changes);
        assert_eq!(stage(0, 9), None);
        assert_eq!(stage(9, 10), Some(0));
        assert_eq!(stage(10, 19), None);
        assert_eq!(stage(5, 25), Some(1));
        assert_eq!(stage(i64::MIN, 99), Some(2));
    }
}
