//! The factory's wall-clock times as moments with their offset.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use chrono_tz::Tz;
use domain::clock::first_moment;

/// The moment of a wall-clock time. A time that comes twice means its first moment. A time that the clock
/// skips is read as if the clock had not been set forward.
pub(super) fn moment(time: NaiveDateTime, tz: Tz) -> DateTime<Tz> {
    first_moment(time, tz).with_timezone(&tz)
}

/// The beginning of a day, for an event of which only the day is known.
pub(super) fn start_of(date: NaiveDate, tz: Tz) -> DateTime<Tz> {
    moment(date.and_time(NaiveTime::MIN), tz)
}

/// The end of a day, by which an order of that day has left.
pub(super) fn end_of(date: NaiveDate, tz: Tz) -> Option<DateTime<Tz>> {
    date.and_hms_opt(23, 59, 59).map(|time| moment(time, tz))
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::London;

    use super::*;

    #[test]
    fn a_time_has_the_offset_of_its_day() {
        let check = |time: &str, expect: &str| {
            assert_eq!(moment(time.parse().unwrap(), London).to_rfc3339(), expect);
        };
        check("2026-07-01T12:00:00", "2026-07-01T12:00:00+01:00");
        check("2026-11-23T12:00:00", "2026-11-23T12:00:00+00:00");
        check("2026-10-25T01:30:00", "2026-10-25T01:30:00+01:00");
        check("2026-03-29T01:30:00", "2026-03-29T02:30:00+01:00");
    }
}
