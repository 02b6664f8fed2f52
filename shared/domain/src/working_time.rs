//! The working time of a shift: its minutes less its breaks, as they really pass.
//!
//! Shifts and stamps are written by the factory's clock. Twice a year that clock is changed within a shift: an
//! hour that it leaves out is no working time, and one that it shows twice counts twice.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::clock::{first_moment, last_moment};
use crate::shift_instance::ShiftInstance;

/// The working time of a shift on one date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkingTime {
    zone: Tz,
    /// From when until when people work, in order and without a moment in common.
    stretches: Vec<(DateTime<Utc>, DateTime<Utc>)>,
}

impl WorkingTime {
    /// The working time of a shift in a factory whose clock shows this zone's time. Breaks may touch or overlap.
    pub fn of(instance: &ShiftInstance<'_>, zone: Tz) -> Self {
        let moment = |time| first_moment(time, zone);
        let mut breaks: Vec<_> = instance
            .breaks()
            .map(|(from, to)| (moment(from), moment(to)))
            .filter(|(from, to)| from < to)
            .collect();
        breaks.sort_unstable();
        let (mut from, end) = (moment(instance.starts_at), moment(instance.ends_at));
        let mut stretches = Vec::with_capacity(breaks.len() + 1);
        for (begins, ends) in breaks {
            if from < begins {
                stretches.push((from, begins));
            }
            from = from.max(ends);
        }
        if from < end {
            stretches.push((from, end));
        }
        Self { zone, stretches }
    }

    /// How many minutes it has.
    pub fn minutes(&self) -> f64 {
        minutes(self.stretches.iter().map(|(from, to)| *to - *from).sum())
    }

    /// How many of its minutes lie before this moment.
    pub fn minutes_until(&self, moment: DateTime<Utc>) -> f64 {
        minutes(self.span_until(moment))
    }

    fn span_until(&self, moment: DateTime<Utc>) -> TimeDelta {
        self.stretches.iter().map(|(from, to)| (moment.min(*to) - *from).max(TimeDelta::zero())).sum()
    }

    fn minutes_of(&self, (begins, ends): (DateTime<Utc>, DateTime<Utc>)) -> f64 {
        minutes((self.span_until(ends) - self.span_until(begins)).max(TimeDelta::zero()))
    }

    /// How many of its minutes lie before a time that the clock showed, for the first time if it did so twice.
    pub fn minutes_before(&self, time: NaiveDateTime) -> f64 {
        self.minutes_until(first_moment(time, self.zone))
    }

    /// How many of its minutes have passed for certain between two times that the clock showed, of which the
    /// first came first. A time of the hour that the clock shows twice may be either of two moments.
    pub fn minutes_between(&self, from: NaiveDateTime, to: NaiveDateTime) -> f64 {
        self.minutes_of(self.moments(from, to))
    }

    /// The same, as far as they lie within a stretch of the clock: all of it, also what is shown twice.
    pub fn minutes_within(
        &self,
        (from, to): (NaiveDateTime, NaiveDateTime),
        (start, end): (NaiveDateTime, NaiveDateTime),
    ) -> f64 {
        let (begins, ends) = self.moments(from, to);
        let begins = begins.max(first_moment(start, self.zone));
        self.minutes_of((begins, ends.min(first_moment(end, self.zone))))
    }

    /// The last moment of the one and the first moment of the other, or one that is not before it.
    fn moments(&self, from: NaiveDateTime, to: NaiveDateTime) -> (DateTime<Utc>, DateTime<Utc>) {
        let begins = last_moment(from, self.zone);
        let ends = match first_moment(to, self.zone) {
            ends if ends < begins => last_moment(to, self.zone),
            ends => ends,
        };
        (begins, ends)
    }

    /// Whether the clock shows this time only once.
    pub fn is_one_moment(&self, time: NaiveDateTime) -> bool {
        first_moment(time, self.zone) == last_moment(time, self.zone)
    }

    /// What the clock shows when so many of its minutes have passed, or all of them.
    pub fn time_after(&self, minutes: f64) -> Option<NaiveDateTime> {
        let mut left = minutes;
        for (from, to) in &self.stretches {
            let has = self::minutes(*to - *from);
            if left < has {
                let passed = TimeDelta::milliseconds((left.max(0.0) * 60_000.0) as i64);
                return Some((*from + passed).with_timezone(&self.zone).naive_local());
            }
            left -= has;
        }
        self.stretches.last().map(|(_, to)| to.with_timezone(&self.zone).naive_local())
    }
}

fn minutes(span: TimeDelta) -> f64 {
    span.num_milliseconds() as f64 / 60_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{ShiftDate, ShiftTimes, WEEK};
    use chrono::NaiveTime;
    use chrono_tz::Europe::London;
    use proptest::prelude::*;

    fn clock(text: &str) -> NaiveTime {
        NaiveTime::parse_from_str(text, "%H:%M").unwrap()
    }

    fn of(date: &str, start: &str, end: &str, breaks: &[(&str, &str)]) -> WorkingTime {
        let shift = ShiftTimes {
            code: "X".to_owned(),
            start: clock(start),
            end: clock(end),
            date: ShiftDate::Start,
            days: WEEK.to_vec(),
            breaks: breaks.iter().map(|(from, to)| (clock(from), clock(to))).collect(),
        };
        let instance = ShiftInstance::starting_on(&shift, date.parse().unwrap()).unwrap();
        WorkingTime::of(&instance, London)
    }

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn breaks_are_not_working_time_even_where_they_overlap_or_end_the_shift() {
        let shift =
            of("2026-11-20", "06:00", "14:00", &[("10:00", "10:20"), ("10:10", "10:30"), ("13:50", "14:00")]);
        assert_eq!(shift.minutes(), 480.0 - 30.0 - 10.0);
        let until = |time: &str| shift.minutes_until(first_moment(at(time), London));
        assert_eq!(until("2026-11-20T05:00:00"), 0.0);
        assert_eq!(until("2026-11-20T06:00:30"), 0.5);
        assert_eq!(until("2026-11-20T10:15:00"), 240.0);
        assert_eq!(until("2026-11-20T23:00:00"), 440.0);
        assert_eq!(shift.minutes_between(at("2026-11-20T09:55:00"), at("2026-11-20T10:40:00")), 15.0);
        assert_eq!(of("2026-11-20", "06:00", "06:00", &[]).minutes(), 1440.0);
        assert_eq!(of("2026-11-20", "06:00", "07:00", &[("06:00", "07:00")]).minutes(), 0.0);
    }

    #[test]
    fn a_night_has_the_minutes_that_pass_in_it_when_the_clock_is_changed() {
        let spring = of("2026-03-28", "22:00", "06:00", &[("00:00", "00:20")]);
        assert_eq!(spring.minutes(), 420.0 - 20.0);
        // A line that runs through has no gap of an hour.
        let gap = spring.minutes_between(at("2026-03-29T00:59:50"), at("2026-03-29T02:00:10"));
        assert!((gap - 20.0 / 60.0).abs() < 1e-9, "{gap}");
        let autumn = of("2026-10-24", "22:00", "06:00", &[("00:00", "00:20")]);
        assert_eq!(autumn.minutes(), 540.0 - 20.0);
        let between = |from: &str, to: &str| {
            autumn.minutes_between(at(&format!("2026-10-25T{from}")), at(&format!("2026-10-25T{to}")))
        };
        // Within the hour that is shown twice, at its end, and over the whole of it.
        assert_eq!(between("01:10:00", "01:20:00"), 10.0);
        assert_eq!(between("01:50:00", "02:10:00"), 20.0);
        assert_eq!(between("00:50:00", "01:10:00"), 20.0);
        assert_eq!(between("00:50:00", "02:10:00"), 140.0);
        // The hour that is shown twice has 120 of them.
        let hour = |from: &str, to: &str| {
            let time = |text: &str| at(&format!("2026-10-25T{text}"));
            [("00", "01"), ("01", "02"), ("02", "03")].map(|(start, end)| {
                let stretch = (time(&format!("{start}:00:00")), time(&format!("{end}:00:00")));
                autumn.minutes_within((time(from), time(to)), stretch)
            })
        };
        assert_eq!(hour("00:50:00", "02:10:00"), [10.0, 120.0, 10.0]);
        assert_eq!(hour("01:50:00", "02:10:00"), [0.0, 10.0, 10.0]);
        assert_eq!(hour("00:50:00", "01:10:00"), [10.0, 10.0, 0.0]);
        // The second time that the clock shows ten past one: 01:50 may be forty minutes later, or before.
        assert_eq!(between("01:50:00", "01:10:00"), 0.0);
    }

    #[test]
    fn a_share_of_the_working_time_is_a_time_of_the_clock() {
        let shift = of("2026-11-20", "06:00", "14:00", &[("10:00", "10:20")]);
        for (minutes, time) in [
            (-1.0, "06:00:00"),
            (0.0, "06:00:00"),
            (239.5, "09:59:30"),
            (240.0, "10:20:00"),
            (460.0, "14:00:00"),
            (999.0, "14:00:00"),
        ] {
            assert_eq!(shift.time_after(minutes), Some(at(&format!("2026-11-20T{time}"))), "{minutes}");
        }
        let spring = of("2026-03-28", "22:00", "06:00", &[]);
        assert_eq!(spring.time_after(180.0), Some(at("2026-03-29T02:00:00")));
    }

    proptest! {
        /// What has passed until a time and what follows it are the whole.
        #[test]
        fn minutes_before_and_after_a_time_are_all_of_them(start in 0_u32..24, hours in 1_u32..24, pause in 0_u32..24, minute in 0_i64..1500) {
            let text = |hour: u32| format!("{:02}:00", hour % 24);
            let breaks = [(text(start + pause), format!("{:02}:20", (start + pause) % 24))];
            let breaks: Vec<_> = breaks.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
            let shift = of("2026-11-20", &text(start), &text(start + hours), &breaks);
            let begins = at(&format!("2026-11-20T{}:00", text(start)));
            let time = begins + TimeDelta::minutes(minute);
            let far = begins + TimeDelta::days(2);
            let sum = shift.minutes_between(begins, time) + shift.minutes_between(time, far);
            prop_assert!((sum - shift.minutes()).abs() < 1e-9);
            let pause = if pause < hours { 20.0 } else { 0.0 };
            prop_assert_eq!(shift.minutes(), f64::from(hours) * 60.0 - pause);
            let passed = shift.minutes_between(begins, time);
            prop_assert_eq!(shift.minutes_between(begins, shift.time_after(passed).unwrap()), passed);
        }
    }
}
