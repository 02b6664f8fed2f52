//! Pace: how many packs a line makes in a minute.

use std::collections::BTreeMap;

use chrono::{NaiveDateTime, TimeDelta};

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
}
