//! The factory's clock: which moments its times stand for.

use chrono::{DateTime, LocalResult, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// The first moment at which a clock of this zone showed this time. One that it leaves out, as it is set
/// forward, is read as if it had not been set.
pub fn first_moment(time: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    match zone.from_local_datetime(&time) {
        LocalResult::Single(moment) | LocalResult::Ambiguous(moment, _) => moment.to_utc(),
        LocalResult::None => left_out(time, zone),
    }
}

/// The last moment at which a clock of this zone showed this time: as [`first_moment`], but for the hour that
/// it shows twice.
pub fn last_moment(time: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    match zone.from_local_datetime(&time) {
        LocalResult::Single(moment) | LocalResult::Ambiguous(_, moment) => moment.to_utc(),
        LocalResult::None => left_out(time, zone),
    }
}

/// No clock is set by more than this.
const BEFORE: TimeDelta = TimeDelta::hours(3);

fn left_out(time: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    let before =
        time.checked_sub_signed(BEFORE).and_then(|before| zone.from_local_datetime(&before).latest());
    let moment = before.and_then(|before| before.to_utc().checked_add_signed(BEFORE));
    // At the ends of the calendar there is no time before.
    moment.unwrap_or_else(|| time.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::{Asia::Tokyo, Europe::London};

    #[test]
    fn a_time_is_one_moment_but_for_the_hour_that_the_clock_shows_twice() {
        for (zone, time, first, last) in [
            (Tokyo, "2026-03-29T01:30:00", "2026-03-28T16:30:00Z", "2026-03-28T16:30:00Z"),
            (London, "2026-07-01T12:00:00", "2026-07-01T11:00:00Z", "2026-07-01T11:00:00Z"),
            (London, "2026-10-25T01:30:00", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"),
            (London, "2026-10-25T02:00:00", "2026-10-25T02:00:00Z", "2026-10-25T02:00:00Z"),
            // There is no such time: the clock goes from 01:00 to 02:00.
            (London, "2026-03-29T01:30:00", "2026-03-29T01:30:00Z", "2026-03-29T01:30:00Z"),
        ] {
            let time: NaiveDateTime = time.parse().unwrap();
            assert_eq!(first_moment(time, zone), first.parse::<DateTime<Utc>>().unwrap(), "{time}");
            assert_eq!(last_moment(time, zone), last.parse::<DateTime<Utc>>().unwrap(), "{time}");
        }
    }

    #[test]
    fn the_ends_of_the_calendar_are_moments_too() {
        for time in [NaiveDateTime::MIN, NaiveDateTime::MAX] {
            assert_eq!(first_moment(time, London), last_moment(time, London));
        }
    }
}
