//! Shifts on their dates: which one is on at a time, from when until when, and which one made a run.
//!
//! All times are what the factory's clock shows, as the ERP's stamps are. So a time lies in its shift on the
//! two nights when the clock changes, too, and no zone has to be known. If a shift ends within the hour that
//! the clock shows twice, a time of that hour counts as if the clock showed it once: a stamp tells no more.

use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta};

use crate::settings::{ShiftDate, ShiftTimes};

/// A run's date and that of the shift that made it lie at most so many days apart. At night, factories date a
/// run with the day on which the shift starts, the one on which it ends, or the one on which the run began. A
/// run that is dated otherwise has a wrong date or a wrong time.
pub const RUN_DATE_DAYS: u64 = 1;

/// A shift on one date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShiftInstance<'a> {
    /// Which shift it is.
    pub shift: &'a ShiftTimes,
    /// The date that it belongs to.
    pub date: NaiveDate,
    /// When it starts.
    pub starts_at: NaiveDateTime,
    /// When it ends. It is no longer on at that moment.
    pub ends_at: NaiveDateTime,
}

impl<'a> ShiftInstance<'a> {
    /// The instance that starts on this day, if the shift starts on such days.
    pub fn starting_on(shift: &'a ShiftTimes, day: NaiveDate) -> Option<Self> {
        let starts_at = day.and_time(shift.start);
        let ends_at = starts_at.checked_add_signed(TimeDelta::minutes(shift.minutes()))?;
        let date = match shift.date {
            ShiftDate::Start => day,
            ShiftDate::End => ends_at.date(),
        };
        shift.days.contains(&day.weekday()).then_some(Self { shift, date, starts_at, ends_at })
    }

    /// The instance that is on at this time. No two are, since shifts do not overlap.
    pub fn at(shifts: &'a [ShiftTimes], time: NaiveDateTime) -> Option<Self> {
        let day = time.date();
        // No shift lasts longer than a day.
        let days = [Some(day), day.pred_opt()].into_iter().flatten();
        days.flat_map(|day| shifts.iter().filter_map(move |shift| Self::starting_on(shift, day)))
            .find(|instance| instance.is_on(time))
    }

    /// The instance that made a run of this date which began at this time. `None` if no shift was on then, or
    /// if the date and the time of the run contradict each other.
    pub fn of_run(shifts: &'a [ShiftTimes], date: NaiveDate, began_at: NaiveDateTime) -> Option<Self> {
        Self::at(shifts, began_at)
            .filter(|instance| (instance.date - date).num_days().unsigned_abs() <= RUN_DATE_DAYS)
    }

    /// When its breaks begin and end.
    pub fn breaks(&self) -> impl Iterator<Item = (NaiveDateTime, NaiveDateTime)> {
        let places = self.shift.breaks.iter().filter_map(|pause| self.shift.place_of_break(*pause));
        places.map(|(begins, ends)| {
            (self.starts_at + TimeDelta::minutes(begins), self.starts_at + TimeDelta::minutes(ends))
        })
    }

    /// Whether it is on at this time.
    pub fn is_on(&self, time: NaiveDateTime) -> bool {
        self.starts_at <= time && time < self.ends_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::WEEK;
    use chrono::{NaiveTime, TimeZone, Timelike, Weekday};
    use chrono_tz::Europe::London;
    use proptest::prelude::*;
    use proptest::sample::subsequence;

    fn shift(code: &str, from: u32, to: u32, days: &[Weekday], date: ShiftDate) -> ShiftTimes {
        let [start, end] = [from, to].map(|hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap());
        ShiftTimes { code: code.to_owned(), start, end, date, days: days.to_vec(), breaks: Vec::new() }
    }

    /// On weekdays three shifts without a gap, on Saturday one of twelve hours.
    fn of_two_sets() -> Vec<ShiftTimes> {
        let (weekdays, saturday) = WEEK.split_at(5);
        vec![
            shift("AM", 6, 14, weekdays, ShiftDate::Start),
            shift("PM", 14, 22, weekdays, ShiftDate::Start),
            shift("N", 22, 6, weekdays, ShiftDate::Start),
            shift("WE", 7, 19, &saturday[..1], ShiftDate::Start),
        ]
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn time(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    fn told(instance: Option<ShiftInstance<'_>>) -> String {
        instance.map_or_else(|| "-".to_owned(), |on| format!("{} {}", on.date, on.shift.code))
    }

    #[test]
    fn a_time_lies_in_the_shift_that_is_on_until_the_moment_at_which_it_ends() {
        let shifts = of_two_sets();
        for (at, expect) in [
            // Monday, after a Sunday without shifts.
            ("2026-11-02T05:59:59", "-"),
            ("2026-11-02T06:00:00", "2026-11-02 AM"),
            ("2026-11-02T13:59:59.999", "2026-11-02 AM"),
            ("2026-11-02T14:00:00", "2026-11-02 PM"),
            ("2026-11-02T22:00:00", "2026-11-02 N"),
            ("2026-11-03T00:00:00", "2026-11-02 N"),
            ("2026-11-03T05:59:59", "2026-11-02 N"),
            ("2026-11-03T06:00:00", "2026-11-03 AM"),
            // The night that starts on Friday; a gap; Saturday's own shift.
            ("2026-11-07T05:00:00", "2026-11-06 N"),
            ("2026-11-07T06:30:00", "-"),
            ("2026-11-07T07:00:00", "2026-11-07 WE"),
            ("2026-11-07T19:00:00", "-"),
            ("2026-11-08T02:00:00", "-"),
        ] {
            assert_eq!(told(ShiftInstance::at(&shifts, time(at))), expect, "{at}");
        }
        assert_eq!(told(ShiftInstance::at(&[], time("2026-11-02T06:00:00"))), "-");
        for far in [NaiveDateTime::MIN, NaiveDateTime::MAX] {
            // The days before and after these do not exist.
            let _ = ShiftInstance::at(&shifts, far);
        }
    }

    #[test]
    fn a_shift_over_midnight_belongs_to_the_day_that_the_factory_says() {
        for (from, to, date, expect) in [
            (22, 6, ShiftDate::Start, "2026-11-02 N"),
            (22, 6, ShiftDate::End, "2026-11-03 N"),
            (14, 23, ShiftDate::End, "2026-11-02 N"),
            (14, 0, ShiftDate::Start, "2026-11-02 N"),
            (14, 0, ShiftDate::End, "2026-11-03 N"),
            (22, 22, ShiftDate::End, "2026-11-03 N"),
        ] {
            let shifts = [shift("N", from, to, &WEEK, date)];
            let on = ShiftInstance::at(&shifts, time("2026-11-02T22:30:00"));
            assert_eq!(told(on), expect, "{from} {to} {date}");
        }
    }

    #[test]
    fn a_run_of_the_night_is_made_by_its_shift_whichever_of_both_days_it_is_dated_with() {
        let shifts = of_two_sets();
        let of_run = |date, began| told(ShiftInstance::of_run(&shifts, day(date), time(began)));
        for began in ["2026-11-03T22:00:00", "2026-11-04T01:30:00"] {
            assert_eq!(of_run("2026-11-03", began), "2026-11-03 N");
            assert_eq!(of_run("2026-11-04", began), "2026-11-03 N");
            assert_eq!(of_run("2026-11-05", began), "-", "the date or the time is wrong");
            assert_eq!(of_run("2026-11-01", began), "-", "the date or the time is wrong");
        }
    }

    #[test]
    fn every_moment_of_a_night_on_which_the_clock_changes_lies_in_its_shift() {
        let shifts = of_two_sets().into_iter().map(|shift| ShiftTimes { days: WEEK.to_vec(), ..shift });
        let shifts: Vec<_> = shifts.take(3).collect();
        for (evening, hours) in [("2026-03-28", 7), ("2026-10-24", 9), ("2026-11-02", 8)] {
            let from = London.from_local_datetime(&day(evening).and_hms_opt(22, 0, 0).unwrap()).unwrap();
            let on = |minute| {
                let moment = from + TimeDelta::minutes(minute);
                told(ShiftInstance::at(&shifts, moment.naive_local()))
            };
            let night = format!("{evening} N");
            assert!((0..hours * 60).all(|minute| on(minute) == night), "{evening}");
            assert!(on(-1).ends_with("PM") && on(hours * 60).ends_with("AM"), "{evening}");
        }
    }

    proptest! {
        /// Another computation: some shift is on in this minute of the week.
        #[test]
        fn the_shift_that_is_on_is_the_one_found_in_the_minutes_of_the_week(
            cuts in subsequence((0..24).collect::<Vec<u32>>(), 2..5),
            days in proptest::array::uniform4(subsequence(WEEK.to_vec(), 1..=7)),
            ends_early in proptest::array::uniform4(0_u32..2),
            minute in 0_i64..28 * 1440,
        ) {
            let next = cuts.iter().cycle().skip(1);
            let pieces = cuts.iter().zip(next).zip(&ends_early).zip(&days);
            let shifts: Vec<_> = pieces
                .map(|(((from, to), early), days)| {
                    let hours = (to + 24 - from) % 24;
                    let hours = if hours > 1 { hours - early } else { hours };
                    let date = if *early == 0 { ShiftDate::Start } else { ShiftDate::End };
                    shift("N", *from, (from + hours) % 24, days, date)
                })
                .collect();
            let monday = day("2026-10-05").and_time(NaiveTime::MIN);
            let time = monday + TimeDelta::minutes(minute);
            let is_on = |shift: &&ShiftTimes| {
                let start = i64::from(shift.start.hour()) * 60;
                shift.days.iter().any(|day| {
                    let starts = i64::from(day.num_days_from_monday()) * 1440 + start;
                    (minute - starts).rem_euclid(7 * 1440) < shift.minutes()
                })
            };
            let found = ShiftInstance::at(&shifts, time);
            prop_assert_eq!(found.map(|on| on.shift), shifts.iter().find(is_on));
            if let Some(on) = found {
                prop_assert!(on.is_on(time) && !on.is_on(on.ends_at));
                prop_assert_eq!((on.ends_at - on.starts_at).num_minutes(), on.shift.minutes());
                prop_assert_eq!(on.starts_at.time(), on.shift.start);
                let end = if on.shift.date == ShiftDate::End { on.ends_at } else { on.starts_at };
                prop_assert_eq!(on.date, end.date());
                prop_assert_eq!(ShiftInstance::of_run(&shifts, time.date(), time), Some(on));
            }
        }
    }
}
