//! Pace: how many packs a line makes in a minute.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::clock::{first_moment, last_moment};
use crate::working_time::WorkingTime;

/// Over how many minutes a pace is taken.
pub const PACE_MINUTES: i64 = 15;

/// The most packs per minute that a line made over [`PACE_MINUTES`] of a shift, of the packs that it made in
/// each minute. In the hour that the clock shows twice, nobody knows which packs are of one minute. `None` if
/// all of them are of that hour, or there are none.
pub fn best_packs_per_minute(
    working: &WorkingTime,
    minutes: impl IntoIterator<Item = (NaiveDateTime, i64)>,
) -> Option<f64> {
    let mut packs: BTreeMap<NaiveDateTime, i64> = BTreeMap::new();
    for (minute, count) in minutes {
        *packs.entry(minute).or_default() += count;
    }
    let counts = packs.keys().filter_map(|from| {
        let to = from.checked_add_signed(TimeDelta::minutes(PACE_MINUTES))?;
        let is_known = working.is_one_moment(*from) && working.is_one_moment(to - TimeDelta::minutes(1));
        is_known.then(|| packs.range(*from..to).map(|(_, count)| count).sum::<i64>())
    });
    counts.max().map(|count| count as f64 / PACE_MINUTES as f64)
}

/// The packs of a line in a minute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PackMinute {
    /// When the first of them was made.
    pub first_at: NaiveDateTime,
    /// When the last of them was made.
    pub last_at: NaiveDateTime,
    /// How many they are.
    pub packs: i64,
    /// What they weigh.
    pub made_kg: f64,
    /// See [`crate::stops::stop_after_minutes`], for their run.
    pub stop_after_minutes: f64,
}

/// How fast a line is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecentPace {
    /// Packs per minute.
    pub packs_per_min: f64,
    /// Kilograms per minute.
    pub kg_per_min: f64,
}

/// The pace of a line over the last [`PACE_MINUTES`] before a moment that are not a stop's, or over fewer if it
/// made nothing before. A break is no stop, but it is not working time either: `working` tells where one is known.
/// `minutes` are in the order of their first packs. Those of a clock that is ahead do not count yet.
///
/// `None` before there is a minute to tell it by, and where a pack may be of either of two hours because the
/// clock was set back.
pub fn recent_pace(
    minutes: &[PackMinute],
    now: DateTime<Utc>,
    zone: Tz,
    working: Option<&WorkingTime>,
) -> Option<RecentPace> {
    let of = passed(minutes, now, zone, working, PACE_MINUTES as f64)?;
    (of.minutes >= 1.0)
        .then(|| RecentPace { packs_per_min: of.packs / of.minutes, kg_per_min: of.made_kg / of.minutes })
}

/// How many packs a line made until a moment, and in how many minutes that are not a stop's. `None` as for
/// [`recent_pace`].
pub fn pace_of_all(minutes: &[PackMinute], until: DateTime<Utc>, zone: Tz) -> Option<(f64, f64)> {
    passed(minutes, until, zone, None, f64::INFINITY).map(|of| (of.packs, of.minutes))
}

#[derive(Default)]
struct Passed {
    minutes: f64,
    packs: f64,
    made_kg: f64,
}

/// What was made in the last so many minutes that are not a stop's.
fn passed(
    minutes: &[PackMinute],
    until: DateTime<Utc>,
    zone: Tz,
    working: Option<&WorkingTime>,
    most_minutes: f64,
) -> Option<Passed> {
    let minutes_from = |from: DateTime<Utc>, to: DateTime<Utc>| match working {
        Some(working) => (working.minutes_until(to) - working.minutes_until(from)).max(0.0),
        None => minutes_of(from, to),
    };
    let mut passed = Passed::default();
    let mut end = until;
    for minute in minutes.iter().rev() {
        let [first_at, last_at] = [minute.first_at, minute.last_at].map(|time| first_moment(time, zone));
        if last_moment(minute.first_at, zone) != first_at || last_moment(minute.last_at, zone) != last_at {
            return None;
        }
        if first_at >= until && last_at > until {
            continue;
        }
        // A window that ends with a pack begins just behind one, so that it has as many packs as gaps.
        let gap = minutes_from(last_at, end);
        if gap <= minute.stop_after_minutes {
            passed.minutes += gap;
        }
        if passed.minutes >= most_minutes {
            break;
        }
        passed.minutes += minutes_from(first_at, end.min(last_at));
        // Of a minute that has not passed, so much of its packs.
        let whole = minutes_of(first_at, last_at);
        let share = if last_at > until { minutes_of(first_at, until) / whole } else { 1.0 };
        passed.packs += minute.packs as f64 * share;
        passed.made_kg += minute.made_kg * share;
        end = end.min(first_at);
    }
    Some(passed)
}

/// How long it is from one moment to another; nothing, if that is not later: two runs may take turns.
fn minutes_of(from: DateTime<Utc>, to: DateTime<Utc>) -> f64 {
    (to - from).max(TimeDelta::zero()).num_milliseconds() as f64 / 60_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{ShiftDate, ShiftTimes, WEEK};
    use crate::shift_instance::ShiftInstance;
    use chrono::NaiveTime;
    use chrono_tz::Europe::London;

    fn best(on: &str, minutes: &[(&str, i64)]) -> Option<f64> {
        let at = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        let shift = ShiftTimes {
            code: "N".to_owned(),
            start: at(22),
            end: at(6),
            date: ShiftDate::Start,
            days: WEEK.to_vec(),
            breaks: Vec::new(),
        };
        let instance = ShiftInstance::starting_on(&shift, on.parse().unwrap()).unwrap();
        let working = WorkingTime::of(&instance, London);
        best_packs_per_minute(
            &working,
            minutes.iter().map(|(minute, packs)| (minute.parse().unwrap(), *packs)),
        )
    }

    #[test]
    fn the_best_quarter_of_an_hour_counts_whatever_came_before_it() {
        assert_eq!(best("2026-11-20", &[]), None);
        let minutes = [
            ("2026-11-20T22:00:00", 60),
            ("2026-11-20T22:14:00", 30),
            // Two runs in one minute.
            ("2026-11-20T22:14:00", 15),
            ("2026-11-20T22:15:00", 30),
            ("2026-11-20T23:00:00", 90),
        ];
        assert_eq!(best("2026-11-20", &minutes), Some(105.0 / 15.0));
    }

    #[test]
    fn the_hour_that_the_clock_shows_twice_tells_no_pace() {
        let twice = [("2026-10-25T01:30:00", 600), ("2026-10-25T01:59:00", 600)];
        assert_eq!(best("2026-10-24", &twice), None);
        // Its beginning would count in the quarter of an hour before it.
        let around = [("2026-10-25T00:50:00", 15), ("2026-10-25T01:00:00", 600), ("2026-10-25T02:00:00", 30)];
        assert_eq!(best("2026-10-24", &around), Some(2.0));
    }

    /// Packs of a kilogram every so many seconds from one second of the day to before another, by minutes.
    fn packed(stretches: &[(i64, i64, i64)]) -> Vec<PackMinute> {
        let day: NaiveDateTime = "2026-11-20T00:00:00".parse().unwrap();
        let at = |second| day + TimeDelta::seconds(second);
        let mut minutes: Vec<PackMinute> = Vec::new();
        for (from, to, every) in stretches {
            for second in (*from..*to).step_by(usize::try_from(*every).unwrap()) {
                let time = at(second);
                match minutes
                    .last_mut()
                    .filter(|last| (time - day).num_minutes() == (last.first_at - day).num_minutes())
                {
                    Some(last) => {
                        (last.last_at, last.packs, last.made_kg) = (time, last.packs + 1, last.made_kg + 1.0);
                    }
                    None => minutes.push(PackMinute {
                        first_at: time,
                        last_at: time,
                        packs: 1,
                        made_kg: 1.0,
                        stop_after_minutes: f64::max(3.0, *every as f64 * 8.0 / 60.0),
                    }),
                }
            }
        }
        minutes
    }

    fn pace_at(stretches: &[(i64, i64, i64)], second: i64) -> Option<f64> {
        let now = DateTime::from_timestamp(1_795_132_800 + second, 0).unwrap();
        recent_pace(&packed(stretches), now, Tz::UTC, None).map(|pace| {
            assert_eq!(pace.kg_per_min, pace.packs_per_min);
            pace.packs_per_min
        })
    }

    #[test]
    fn a_pace_is_that_of_the_last_quarter_of_an_hour_without_stops() {
        assert_eq!(pace_at(&[], 3_600), None);
        assert_eq!(pace_at(&[(0, 30, 2)], 30), None, "half a minute tells nothing");
        let near = |stretches: &[(i64, i64, i64)], second: i64, expect: f64| {
            let pace = pace_at(stretches, second).unwrap();
            assert!((pace - expect).abs() < 0.2, "{pace}, not {expect}");
        };
        // A pack in two seconds, then for ten minutes in three.
        near(&[(0, 3_600, 2)], 3_600, 30.0);
        near(&[(0, 3_600, 2), (3_600, 4_200, 3)], 4_200, (20.0 * 10.0 + 30.0 * 5.0) / 15.0);
        // A stop, or a break, of twenty minutes takes nothing away; a gap of two minutes does.
        near(&[(0, 3_600, 2), (4_800, 5_100, 2)], 5_100, 30.0);
        near(&[(0, 3_600, 2)], 3_600 + 1_200, 30.0);
        near(&[(0, 3_600, 2), (3_720, 4_020, 2)], 4_020, 30.0 * 13.0 / 15.0);
    }

    #[test]
    fn packs_of_a_clock_that_is_ahead_do_not_count_yet() {
        for second in [3_600, 3_630, 3_658] {
            let pace = pace_at(&[(0, 3_720, 2)], second).unwrap();
            assert!((pace - 30.0).abs() < 0.3, "{second}: {pace}");
        }
    }

    #[test]
    fn the_window_of_a_slow_line_begins_behind_a_pack() {
        // The last pack is of second 7,080. The line is the slower, the longer the next one takes.
        for (second, expect) in [(7_080, 8.0 / 16.0), (7_200, 7.0 / 16.0), (7_260, 6.0 / 15.0)] {
            let pace = pace_at(&[(0, 7_200, 120)], second).unwrap();
            assert!((pace - expect).abs() < 1e-9, "{second}: {pace}, not {expect}");
        }
    }

    #[test]
    fn in_the_hour_that_the_clock_shows_twice_nobody_knows_the_pace() {
        let of = |time: &str| PackMinute {
            first_at: time.parse().unwrap(),
            last_at: time.parse().unwrap(),
            packs: 10,
            made_kg: 1.0,
            stop_after_minutes: 3.0,
        };
        let told = |time: &str, now: &str| recent_pace(&[of(time)], now.parse().unwrap(), London, None);
        assert_eq!(told("2026-10-25T01:30:00", "2026-10-25T01:32:00Z"), None);
        assert!(told("2026-10-25T02:30:00", "2026-10-25T02:32:00Z").is_some());
    }
}
