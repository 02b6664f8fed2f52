//! Stops: when a line made nothing for longer than a little, within the working time of a shift.
//!
//! A line is a run of packs with gaps between them. How long a gap is a stop depends on the run: one that makes
//! a pack a second has stopped after a few minutes, one that makes a pack in two minutes has not.

use chrono::NaiveDateTime;

use crate::named::named_enum;
use crate::working_time::WorkingTime;

named_enum! {
    /// What a line stopped for, as far as its packs tell.
    "kind of stop" StopKind {
        /// The run before it went on after it.
        WithinRun = "within_run",
        /// Another run came after it.
        Changeover = "changeover",
        /// No pack has come after it yet.
        Open = "open",
    }
}

/// A gap is a stop if it is over so many times as long as the median gap of its run.
const MEDIAN_GAPS: f64 = 8.0;

/// For how long a line is without a pack until it has stopped, in minutes. `median_gap_seconds` is that of the
/// run, `None` if it has one pack.
pub fn stop_after_minutes(stop_minutes: f64, median_gap_seconds: Option<f64>) -> f64 {
    stop_minutes.max(median_gap_seconds.unwrap_or_default() * MEDIAN_GAPS / 60.0)
}

/// Packs that a line made without a stop between them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// When the first of them was made.
    pub first_at: NaiveDateTime,
    /// When the last of them was made.
    pub last_at: NaiveDateTime,
    /// See [`stop_after_minutes`], for their run.
    pub stop_after_minutes: f64,
}

/// A stop that ended with a pack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stop {
    /// When the pack before it was made, or when the shift started.
    pub from: NaiveDateTime,
    /// When the pack after it was made.
    pub to: NaiveDateTime,
    /// How many minutes of working time lie between them.
    pub minutes: f64,
    /// Which of the stretches came before it; `None` if it began with the shift.
    pub before: Option<usize>,
    /// Which of the stretches came after it.
    pub after: usize,
}

/// The stops of a line in a shift, in their order. `starts_at` is when the shift started. The stretches are
/// those of the shift, sorted by their first packs. Several runs may take turns.
pub fn stops(working: &WorkingTime, starts_at: NaiveDateTime, stretches: &[Stretch]) -> Vec<Stop> {
    let mut stops = Vec::new();
    // Where the line is at: which stretch has the latest pack so far, and when that was.
    let (mut before, mut from) = (None, starts_at);
    for (after, stretch) in stretches.iter().enumerate() {
        // It is a stop of the run that made the pack before it.
        let of_run = before.map_or(stretch, |before: usize| &stretches[before]);
        if stretch.first_at > from {
            let minutes = working.minutes_between(from, stretch.first_at);
            if minutes > of_run.stop_after_minutes {
                stops.push(Stop { from, to: stretch.first_at, minutes, before, after });
            }
        }
        if before.is_none() || stretch.last_at >= from {
            (before, from) = (Some(after), stretch.last_at);
        }
    }
    stops
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{ShiftDate, ShiftTimes, WEEK};
    use crate::shift_instance::ShiftInstance;
    use chrono::NaiveTime;
    use chrono_tz::Europe::London;
    use proptest::prelude::*;

    fn am() -> ShiftTimes {
        let at = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
        ShiftTimes {
            code: "AM".to_owned(),
            start: at(6, 0),
            end: at(14, 0),
            date: ShiftDate::Start,
            days: WEEK.to_vec(),
            breaks: vec![(at(10, 0), at(10, 20))],
        }
    }

    fn at(text: &str) -> NaiveDateTime {
        format!("2026-11-20T{text}").parse().unwrap()
    }

    fn told(stretches: &[(&str, &str, f64)]) -> Vec<String> {
        let shift = am();
        let instance = ShiftInstance::at(std::slice::from_ref(&shift), at("06:00:00")).unwrap();
        let stretches: Vec<_> = stretches
            .iter()
            .map(|(first, last, after)| Stretch {
                first_at: at(first),
                last_at: at(last),
                stop_after_minutes: *after,
            })
            .collect();
        let stops = stops(&WorkingTime::of(&instance, London), instance.starts_at, &stretches);
        let told = stops.iter().map(|stop| {
            format!(
                "{}-{} {:.2} {:?}-{}",
                stop.from.time(),
                stop.to.time(),
                stop.minutes,
                stop.before,
                stop.after
            )
        });
        told.collect()
    }

    #[test]
    fn a_line_stops_if_it_makes_nothing_for_longer_than_its_run_does_between_packs() {
        assert_eq!(stop_after_minutes(3.0, None), 3.0);
        assert_eq!(stop_after_minutes(3.0, Some(0.0)), 3.0);
        assert_eq!(stop_after_minutes(3.0, Some(22.5)), 3.0);
        assert_eq!(stop_after_minutes(3.0, Some(45.0)), 6.0);
    }

    #[test]
    fn a_gap_is_a_stop_only_if_it_is_longer() {
        let two = |to| told(&[("06:01:00", "07:00:00", 3.0), (to, "08:00:00", 3.0)]);
        assert_eq!(two("07:03:00"), Vec::<String>::new());
        assert_eq!(two("07:03:00.001"), ["07:00:00-07:03:00.001 3.00 Some(0)-1"]);
    }

    #[test]
    fn a_late_start_is_a_stop_and_a_line_without_packs_has_none() {
        assert_eq!(told(&[("06:20:00", "07:00:00", 3.0)]), ["06:00:00-06:20:00 20.00 None-0"]);
        assert_eq!(told(&[]), Vec::<String>::new());
    }

    #[test]
    fn a_break_is_no_stop_and_a_stop_over_a_break_is_shorter_by_it() {
        let two = |from, to| told(&[("06:00:00", from, 3.0), (to, "11:00:00", 3.0)]);
        assert_eq!(two("09:59:00", "10:21:00"), Vec::<String>::new());
        assert_eq!(two("09:50:00", "10:30:00"), ["09:50:00-10:30:00 20.00 Some(0)-1"]);
    }

    #[test]
    fn runs_that_take_turns_stop_together() {
        let packs = [
            ("06:00:00", "06:30:00", 3.0),
            ("06:10:00", "06:20:00", 9.0),
            ("06:32:00", "06:40:00", 9.0),
            ("06:48:00", "06:50:00", 3.0),
            ("06:54:00", "06:55:00", 3.0),
        ];
        // The gap of eight minutes is one of a slow run.
        assert_eq!(told(&packs), ["06:50:00-06:54:00 4.00 Some(3)-4"]);
    }

    proptest! {
        /// Another computation: minute by minute, whether a pack was made in it.
        #[test]
        fn stops_are_the_long_gaps_between_packs(minutes in prop::collection::btree_set(0_i64..480, 0..60)) {
            let shift = am();
            let instance = ShiftInstance::at(std::slice::from_ref(&shift), at("06:00:00")).unwrap();
            let time = |minute: i64| instance.starts_at + chrono::TimeDelta::minutes(minute);
            let stretches: Vec<_> = minutes
                .iter()
                .map(|minute| Stretch { first_at: time(*minute), last_at: time(*minute), stop_after_minutes: 3.0 })
                .collect();
            let found = stops(&WorkingTime::of(&instance, London), instance.starts_at, &stretches);
            let works = |minute: &i64| !(240..260).contains(minute);
            let last = minutes.last().copied().unwrap_or_default();
            let (mut expected, mut from) = (Vec::new(), 0);
            for to in 0..=last {
                if minutes.contains(&to) {
                    let length = (from..to).filter(works).count();
                    if length > 3 {
                        expected.push((time(from), time(to), length as f64));
                    }
                    from = to;
                }
            }
            let found: Vec<_> = found.iter().map(|stop| (stop.from, stop.to, stop.minutes)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
