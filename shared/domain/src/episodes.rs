//! Episodes: temperature readings in a row outside their limits, as one event.
//!
//! A manager acts on one episode, not on the forty readings that it is made of.

use chrono::{NaiveDateTime, TimeDelta};

/// A reading of one thermometer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// Tells readings of the same time apart.
    pub id: i64,
    /// When it was read.
    pub time: NaiveDateTime,
    /// The temperature, °C.
    pub temp_celsius: f64,
    /// How far the temperature lies outside its limits, °C. `None` if it lies inside.
    pub degrees_over: Option<f64>,
}

/// Readings in a row that all lie outside their limits, without a gap between them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Episode {
    /// The id of the first reading.
    pub first_id: i64,
    /// The time of the first reading.
    pub started_at: NaiveDateTime,
    /// The time of the last reading.
    pub ended_at: NaiveDateTime,
    /// How many readings there are.
    pub readings: i64,
    /// The temperature of the reading that lies furthest outside its limits, °C.
    pub peak_celsius: f64,
    /// How far that reading lies outside its limits, °C.
    pub max_degrees_over: f64,
    /// Whether the episode begins with the first of all readings, so that it may have begun before.
    pub is_from_start: bool,
    /// Whether the episode ends with the last of all readings, so that it may go on after.
    pub is_to_end: bool,
    /// Whether no reading inside the limits came after it, so that nobody knows whether it is over.
    pub is_open: bool,
}

impl Episode {
    /// The minutes from the first reading to the last. 0 for a single reading, since nobody knows how long
    /// it went on.
    pub fn minutes(&self) -> i64 {
        (self.ended_at - self.started_at).max(TimeDelta::zero()).num_minutes()
    }

    /// Joins this episode with the one that continues it.
    pub fn joined(self, next: Self) -> Self {
        let peak = if next.max_degrees_over > self.max_degrees_over { next } else { self };
        Self {
            first_id: self.first_id,
            started_at: self.started_at,
            ended_at: next.ended_at,
            readings: self.readings + next.readings,
            peak_celsius: peak.peak_celsius,
            max_degrees_over: peak.max_degrees_over,
            is_from_start: self.is_from_start,
            is_to_end: next.is_to_end,
            is_open: next.is_open,
        }
    }
}

/// Whether two readings in a row lie so far apart that nobody knows how warm it was between them.
pub fn is_gap(from: NaiveDateTime, to: NaiveDateTime, gap_seconds: i64) -> bool {
    (to - from).num_seconds() > gap_seconds
}

/// The episodes in the readings of one location, which must come in the order of time. A time without a
/// reading that is longer than `gap_seconds` ends an episode.
pub fn episodes(readings: impl IntoIterator<Item = Reading>, gap_seconds: i64) -> Vec<Episode> {
    let mut episodes: Vec<Episode> = Vec::new();
    let mut previous: Option<Reading> = None;
    // So many of the episodes were followed by a reading inside the limits.
    let mut closed = 0;
    for reading in readings {
        let goes_on = previous.is_some_and(|previous| {
            previous.degrees_over.is_some() && !is_gap(previous.time, reading.time, gap_seconds)
        });
        let one = reading.degrees_over.map(|over| Episode {
            first_id: reading.id,
            started_at: reading.time,
            ended_at: reading.time,
            readings: 1,
            peak_celsius: reading.temp_celsius,
            max_degrees_over: over,
            is_from_start: previous.is_none(),
            is_to_end: true,
            is_open: true,
        });
        match (one, episodes.last_mut()) {
            (Some(one), Some(last)) if goes_on => *last = last.joined(one),
            (one, last) => {
                if let Some(last) = last {
                    last.is_to_end = false;
                }
                if one.is_none() {
                    closed = episodes.len();
                }
                episodes.extend(one);
            }
        }
        previous = Some(reading);
    }
    for episode in &mut episodes[..closed] {
        episode.is_open = false;
    }
    episodes
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use proptest::prelude::*;

    fn at(minute: i64) -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2026, 11, 2).unwrap().and_time(chrono::NaiveTime::MIN)
            + TimeDelta::minutes(minute)
    }

    const GAP_SECONDS: i64 = 30 * 60;

    /// Readings five minutes apart.
    fn read(over: &[f64]) -> Vec<Reading> {
        read_at(&(0..).zip(over).map(|(i, over)| (i * 5, *over)).collect::<Vec<_>>())
    }

    /// Readings at these minutes, each so many degrees over its limit.
    fn read_at(readings: &[(i64, f64)]) -> Vec<Reading> {
        let reading = |(id, (minute, over)): (i64, &(i64, f64))| Reading {
            id,
            time: at(*minute),
            temp_celsius: 5.0 + over,
            degrees_over: (*over > 0.0).then_some(*over),
        };
        (0..).zip(readings).map(reading).collect()
    }

    #[test]
    fn readings_in_a_row_are_one_episode_with_its_peak() {
        let found = episodes(read(&[0.0, 1.0, 3.0, 2.0, 0.0, 0.0, 0.5]), GAP_SECONDS);
        let (first, second) = (found[0], found[1]);
        assert_eq!(
            (found.len(), first.started_at, first.ended_at, first.readings, first.minutes()),
            (2, at(5), at(15), 3, 10)
        );
        assert_eq!((first.peak_celsius, first.max_degrees_over), (8.0, 3.0));
        assert_eq!((first.is_from_start, first.is_to_end, first.is_open), (false, false, false));
        assert_eq!(
            (second.readings, second.minutes(), second.is_from_start, second.is_to_end, second.is_open),
            (1, 0, false, true, true)
        );
    }

    #[test]
    fn a_gap_ends_an_episode_which_is_open_until_a_reading_is_good_again() {
        let found = |readings: &[(i64, f64)]| {
            let found = episodes(read_at(readings), GAP_SECONDS);
            found.iter().map(|one| (one.readings, one.minutes(), one.is_open)).collect::<Vec<_>>()
        };
        assert_eq!(found(&[(0, 1.0), (720, 1.0)]), [(1, 0, true), (1, 0, true)]);
        assert_eq!(found(&[(0, 1.0), (30, 1.0)]), [(2, 30, true)], "not over the gap");
        assert_eq!(found(&[(0, 1.0), (31, 1.0), (36, 2.0)]), [(1, 0, true), (2, 5, true)]);
        assert_eq!(
            found(&[(0, 1.0), (720, 1.0), (725, 0.0), (730, 1.0)]),
            [(1, 0, false), (1, 0, false), (1, 0, true)]
        );
        let cut = episodes(read_at(&[(0, 1.0), (720, 1.0)]), GAP_SECONDS);
        assert_eq!(
            [cut[0], cut[1]].map(|one| (one.is_from_start, one.is_to_end)),
            [(true, false), (false, true)],
            "no later day goes on with what a gap has ended"
        );
    }

    #[test]
    fn nothing_outside_is_no_episode() {
        assert_eq!(episodes(read(&[]), GAP_SECONDS), []);
        assert_eq!(episodes(read(&[0.0, 0.0]), GAP_SECONDS), []);
    }

    proptest! {
        #[test]
        fn episodes_cut_anywhere_and_joined_again_are_those_of_all_readings(
            readings in prop::collection::vec((1_i64..50, 0_u8..3), 1..40),
            cut in 0_usize..40,
        ) {
            let mut minute = 0;
            let timed: Vec<_> = readings.into_iter().map(|(after, over)| {
                minute += after;
                (minute, f64::from(over))
            }).collect();
            let readings = read_at(&timed);
            let (before, after) = readings.split_at(cut.min(readings.len()));
            let found = |readings: &[Reading]| episodes(readings.iter().copied(), GAP_SECONDS);
            let (mut joined, mut rest, whole) = (found(before), found(after), found(&readings));
            if after.iter().any(|reading| reading.degrees_over.is_none()) {
                for episode in &mut joined {
                    episode.is_open = false;
                }
            }
            let goes_on = |last: &Episode, first: &Episode| {
                last.is_to_end && first.is_from_start && !is_gap(last.ended_at, first.started_at, GAP_SECONDS)
            };
            if joined.last().zip(rest.first()).is_some_and(|(last, first)| goes_on(last, first)) {
                let first = rest.remove(0);
                let last = joined.pop().unwrap();
                joined.push(last.joined(first));
            }
            joined.extend(rest);
            let shown = |all: &[Episode]| all.iter().map(|one| {
                (one.first_id, one.ended_at, one.readings, one.max_degrees_over.to_bits(), one.is_open)
            }).collect::<Vec<_>>();
            prop_assert_eq!(shown(&joined), shown(&whole));
            let outside = readings.iter().map(|reading| i64::from(reading.degrees_over.is_some())).sum::<i64>();
            prop_assert_eq!(whole.iter().map(|episode| episode.readings).sum::<i64>(), outside);
        }
    }
}
