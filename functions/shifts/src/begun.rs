//! Which shifts have begun, at the moment at which the ERP was read.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;
use domain::clock::first_moment;
use domain::code::folded;
use domain::settings::ShiftTimes;
use domain::shift_instance::ShiftInstance;
use serve::window::Dates;
use serve::{Snapshot, State};
use warehouse::marts::SHIFT_LINES;

/// No shift that is asked for without its date began longer ago.
const BACK_DAYS: u64 = 7;

/// The moment that an answer speaks of: no row is later than it that anybody knows of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadAt {
    pub(crate) moment: DateTime<Utc>,
    pub(crate) zone: Tz,
}

impl ReadAt {
    /// When the ERP was read for the marts of shifts, or for any mart where the factory has no runs.
    pub(crate) fn of(state: &State, snapshot: &Snapshot) -> Self {
        let as_of = snapshot.as_of_mart(&SHIFT_LINES).or_else(|| snapshot.as_of());
        let moment = as_of.map_or_else(|| state.now(), |as_of| as_of.to_utc());
        Self { moment, zone: state.settings().factory_tz }
    }

    /// What the factory's clock showed.
    pub(crate) fn time(self) -> NaiveDateTime {
        self.moment.with_timezone(&self.zone).naive_local()
    }

    /// Whether a time of the clock has come, for the first time if it is shown twice.
    pub(crate) fn has_come(self, time: NaiveDateTime) -> bool {
        first_moment(time, self.zone) <= self.moment
    }
}

/// The shifts of this date and code that have begun, by their starts. Without a date, the one that began last.
pub(crate) fn begun<'a>(
    shifts: &'a [ShiftTimes],
    read_at: ReadAt,
    date: Option<NaiveDate>,
    code: Option<&str>,
) -> Vec<ShiftInstance<'a>> {
    // A shift lies in the day of its date, and in the one before or after it.
    let (last, back) = date.map_or((read_at.time().date(), BACK_DAYS), |date| (next(date), 2));
    let days = (0..=back).filter_map(|days| last.checked_sub_days(Days::new(days)));
    let started =
        days.flat_map(|day| shifts.iter().filter_map(move |shift| ShiftInstance::starting_on(shift, day)));
    let mut begun: Vec<_> = started
        .filter(|shift| read_at.has_come(shift.starts_at))
        .filter(|shift| date.is_none_or(|date| shift.date == date))
        .filter(|shift| code.is_none_or(|code| folded(&shift.shift.code) == folded(code)))
        .collect();
    begun.sort_by_key(|shift| shift.starts_at);
    if date.is_none() {
        begun = begun.pop().into_iter().collect();
    }
    begun
}

/// The shift that began last before this time.
pub(crate) fn begun_before(
    shifts: &[ShiftTimes],
    time: NaiveDateTime,
    read_at: ReadAt,
) -> Option<ShiftInstance<'_>> {
    let days = (0..=BACK_DAYS).filter_map(|days| time.date().checked_sub_days(Days::new(days)));
    let started =
        days.flat_map(|day| shifts.iter().filter_map(move |shift| ShiftInstance::starting_on(shift, day)));
    let before = started.filter(|shift| shift.starts_at < time && read_at.has_come(shift.starts_at));
    before.max_by_key(|shift| shift.starts_at)
}

/// These dates with a day more on either side.
pub(crate) fn widened(dates: Dates) -> Dates {
    let one = Days::new(1);
    Dates { from: dates.from.map(|day| day.checked_sub_days(one).unwrap_or(day)), to: dates.to.map(next) }
}

fn next(day: NaiveDate) -> NaiveDate {
    day.succ_opt().unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveTime;
    use domain::settings::{ShiftDate, WEEK};

    fn shifts() -> Vec<ShiftTimes> {
        let at = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        let of = |code: &str, start, end, days: &[_], date| ShiftTimes {
            code: code.to_owned(),
            start: at(start),
            end: at(end),
            date,
            days: days.to_vec(),
            breaks: Vec::new(),
        };
        let (weekdays, _) = WEEK.split_at(5);
        vec![of("AM", 6, 14, weekdays, ShiftDate::Start), of("N", 22, 6, weekdays, ShiftDate::End)]
    }

    fn told(at: &str, date: Option<&str>, code: Option<&str>) -> Vec<String> {
        let read_at = ReadAt { moment: at.parse().unwrap(), zone: Tz::Europe__London };
        let shifts = shifts();
        let begun = begun(&shifts, read_at, date.map(|date| date.parse().unwrap()), code);
        begun.iter().map(|shift| format!("{} {}", shift.date, shift.shift.code)).collect()
    }

    #[test]
    fn the_shift_that_is_on_or_was_on_last_is_told_where_no_date_is_named() {
        // 20 November 2026 is a Friday.
        assert_eq!(told("2026-11-20T06:00:00Z", None, None), ["2026-11-20 AM"]);
        assert_eq!(told("2026-11-20T05:59:59Z", None, None), ["2026-11-20 N"]);
        assert_eq!(told("2026-11-20T21:59:59Z", None, None), ["2026-11-20 AM"]);
        assert_eq!(told("2026-11-20T22:00:00Z", None, None), ["2026-11-21 N"]);
        assert_eq!(told("2026-11-20T10:00:00Z", None, Some("n ")), ["2026-11-20 N"]);
        // On Sunday, the last one began on Friday.
        assert_eq!(told("2026-11-22T12:00:00Z", None, Some("AM")), ["2026-11-20 AM"]);
        assert_eq!(told("2026-11-22T12:00:00Z", None, Some("PM")), Vec::<String>::new());
    }

    #[test]
    fn the_shift_before_one_is_the_last_to_begin_before_it_over_a_weekend_too() {
        let read_at = ReadAt { moment: "2026-11-23T10:00:00Z".parse().unwrap(), zone: Tz::Europe__London };
        let before = |time: &str| {
            let shifts = shifts();
            begun_before(&shifts, time.parse().unwrap(), read_at)
                .map(|shift| format!("{} {}", shift.date, shift.shift.code))
        };
        assert_eq!(before("2026-11-23T06:00:00").as_deref(), Some("2026-11-21 N"));
        assert_eq!(before("2026-11-20T22:00:00").as_deref(), Some("2026-11-20 AM"));
        assert_eq!(before("2026-12-23T06:00:00"), None, "nothing that has begun is so near");
    }

    #[test]
    fn all_shifts_of_a_date_are_told_that_have_begun() {
        assert_eq!(told("2026-11-20T10:00:00Z", Some("2026-11-20"), None), ["2026-11-20 N", "2026-11-20 AM"]);
        assert_eq!(told("2026-11-20T10:00:00Z", Some("2026-11-21"), None), Vec::<String>::new());
        assert_eq!(told("2026-11-20T23:00:00Z", Some("2026-11-21"), None), ["2026-11-21 N"]);
        assert_eq!(told("2026-11-20T10:00:00Z", Some("2026-11-20"), Some("AM")), ["2026-11-20 AM"]);
    }

    #[test]
    fn a_shift_that_starts_in_the_hour_that_is_shown_twice_begins_once() {
        let mut at_one = shifts();
        at_one[0].start = NaiveTime::from_hms_opt(1, 30, 0).unwrap();
        at_one[0].days = WEEK.to_vec();
        let is_begun = |at: &str| {
            let read_at = ReadAt { moment: at.parse().unwrap(), zone: Tz::Europe__London };
            let begun = begun(&at_one, read_at, Some("2026-10-25".parse().unwrap()), Some("AM"));
            !begun.is_empty()
        };
        assert!(!is_begun("2026-10-25T00:29:59Z") && is_begun("2026-10-25T00:30:00Z"));
    }
}
