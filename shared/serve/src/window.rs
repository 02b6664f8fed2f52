//! Which days and hours a question covers, on the factory's clock.
//!
//! The ERP stamps rows with wall-clock time without an offset. When the clock is set back, the stamps of an
//! hour come twice, and such a stamp may mean either of two moments. A window covers it if either moment lies
//! in the window.

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use domain::window::Window;

/// A range of days, both ends included. Either end may be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dates {
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
}

impl Dates {
    pub const ALL: Self = Self { from: None, to: None };

    pub fn on(date: NaiveDate) -> Self {
        Self { from: Some(date), to: Some(date) }
    }
}

impl From<Window> for Dates {
    fn from(window: Window) -> Self {
        Self { from: Some(window.from()), to: Some(window.to()) }
    }
}

/// A range of wall-clock times, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    pub from: NaiveDateTime,
    pub to: NaiveDateTime,
}

impl Hours {
    /// Whether a time lies in the range.
    pub fn contains(&self, time: NaiveDateTime) -> bool {
        (self.from..=self.to).contains(&time)
    }

    /// The days that the range touches.
    pub fn dates(&self) -> Dates {
        Dates { from: Some(self.from.date()), to: Some(self.to.date()) }
    }
}

/// Today's date at the factory.
pub fn today(now: DateTime<Utc>, tz: Tz) -> NaiveDate {
    now.with_timezone(&tz).date_naive()
}

/// Today and the days before it, `days` in all.
pub fn last_days(now: DateTime<Utc>, tz: Tz, days: u32) -> Dates {
    let to = today(now, tz);
    Window::days(to, i64::from(days)).map_or(Dates { from: None, to: Some(to) }, Dates::from)
}

/// The last `hours` hours on the wall clock.
///
/// An end may lie in an hour that comes twice. Stamps of the range may then lie beyond that end on the clock,
/// so the end is moved to the edge of that hour.
pub fn last_hours(now: DateTime<Utc>, tz: Tz, hours: u32) -> Hours {
    let since = now - TimeDelta::hours(i64::from(hours));
    let (from, to) = (since.with_timezone(&tz).naive_local(), now.with_timezone(&tz).naive_local());
    let from = match tz.from_local_datetime(&from) {
        LocalResult::Ambiguous(first, _) if first == since => last_ambiguous(from, tz, -1),
        _ => from,
    };
    let to = match tz.from_local_datetime(&to) {
        LocalResult::Ambiguous(_, second) if second == now => last_ambiguous(to, tz, 1),
        _ => to,
    };
    Hours { from, to }
}

/// The last time that comes twice, going from `time` in steps of `minutes`, forwards or backwards. Steps of a
/// minute are enough: clocks are set on whole minutes.
fn last_ambiguous(time: NaiveDateTime, tz: Tz, minutes: i64) -> NaiveDateTime {
    let step = TimeDelta::minutes(minutes);
    let whole_minute = time.and_utc().timestamp() / 60 * 60;
    let start = DateTime::from_timestamp(whole_minute, 0).map_or(time, |start| start.naive_utc());
    let twice = |time: &NaiveDateTime| matches!(tz.from_local_datetime(time), LocalResult::Ambiguous(..));
    let minutes = std::iter::successors(Some(start), |time| time.checked_add_signed(step));
    let furthest = minutes.take_while(twice).last().unwrap_or(time);
    // All of the last minute comes twice, up to its end.
    if step > TimeDelta::zero() { furthest + step - TimeDelta::microseconds(1) } else { furthest }
}

#[cfg(test)]
mod tests {
    use chrono_tz::{Asia::Tokyo, Europe::London};

    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn wall(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn today_is_the_factory_s_day() {
        assert_eq!(today(utc("2026-07-01T23:30:00Z"), London).to_string(), "2026-07-02");
        assert_eq!(today(utc("2026-11-23T15:00:00Z"), Tokyo).to_string(), "2026-11-24");
        let week = last_days(utc("2026-07-01T23:30:00Z"), London, 7);
        assert_eq!(week, Dates { from: "2026-06-26".parse().ok(), to: "2026-07-02".parse().ok() });
    }

    #[test]
    fn hours_are_wall_clock_times_where_the_clock_stands_still() {
        let hours = last_hours(utc("2026-07-01T10:00:00Z"), London, 24);
        assert_eq!((hours.from, hours.to), (wall("2026-06-30T11:00:00"), wall("2026-07-01T11:00:00")));
        assert!(hours.contains(hours.from) && hours.contains(hours.to));
        assert!(!hours.contains(wall("2026-06-30T10:59:59")) && !hours.contains(wall("2026-07-01T11:00:01")));
        assert_eq!(hours.dates(), Dates { from: "2026-06-30".parse().ok(), to: "2026-07-01".parse().ok() });
    }

    #[test]
    fn a_day_in_which_the_clock_was_set_forward_is_23_wall_hours_long() {
        let hours = last_hours(utc("2026-03-29T11:00:00Z"), London, 24);
        assert_eq!((hours.from, hours.to), (wall("2026-03-28T11:00:00"), wall("2026-03-29T12:00:00")));
        assert_eq!(last_hours(utc("2026-03-29T01:30:00Z"), London, 1).from, wall("2026-03-29T00:30:00"));
    }

    #[test]
    fn a_day_in_which_the_clock_was_set_back_is_25_wall_hours_long() {
        let hours = last_hours(utc("2026-10-25T12:00:00Z"), London, 24);
        assert_eq!((hours.from, hours.to), (wall("2026-10-24T13:00:00"), wall("2026-10-25T12:00:00")));
    }

    #[test]
    fn a_stamp_that_comes_twice_counts_if_either_moment_lies_in_the_hours() {
        // It is 01:40 for the second time. An hour ago it was 01:40 for the first time. Since then stamps
        // went 01:40-01:59, 01:00-01:40.
        let hours = last_hours(utc("2026-10-25T01:40:00Z"), London, 1);
        assert_eq!(hours.from, wall("2026-10-25T01:00:00"));
        assert_eq!(hours.to, wall("2026-10-25T01:59:59.999999"));
        assert!(!hours.contains(wall("2026-10-25T02:00:00")));
        // It is 02:30. An hour ago it was 01:30 for the second time. What is stamped 01:20 is older in either
        // case.
        let hours = last_hours(utc("2026-10-25T02:30:00Z"), London, 1);
        assert_eq!((hours.from, hours.to), (wall("2026-10-25T01:30:00"), wall("2026-10-25T02:30:00")));
        // It is 01:10 for the first time. No stamp has come twice yet.
        let hours = last_hours(utc("2026-10-25T00:10:00Z"), London, 1);
        assert_eq!((hours.from, hours.to), (wall("2026-10-25T00:10:00"), wall("2026-10-25T01:10:00")));
    }

    #[test]
    fn every_stamp_of_the_last_hours_is_covered_around_a_change_of_the_clock() {
        for change in ["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"].map(utc) {
            for now in (-180..180).step_by(7).map(|minutes| change + TimeDelta::minutes(minutes)) {
                let hours = last_hours(now, London, 2);
                for age_minutes in 0..=120 {
                    let stamp = (now - TimeDelta::minutes(age_minutes)).with_timezone(&London).naive_local();
                    assert!(hours.contains(stamp), "{stamp} at {now}");
                }
                let after = (now + TimeDelta::minutes(61)).with_timezone(&London).naive_local();
                assert!(!hours.contains(after), "{after} at {now}");
            }
        }
    }
}
