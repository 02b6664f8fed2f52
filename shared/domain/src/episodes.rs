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

/// Readings in a row that all lie outside their limits.
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
        }
    }
}

/// The episodes in the readings of one location. The readings must come in the order of time.
pub fn episodes(readings: impl IntoIterator<Item = Reading>) -> Vec<Episode> {
    let mut episodes: Vec<Episode> = Vec::new();
    // Whether the previous reading was outside. `None` before the first reading.
    let mut was_outside = None;
    for reading in readings {
        match (reading.degrees_over, episodes.last_mut()) {
            (Some(over), last) => {
                let one = Episode {
                    first_id: reading.id,
                    started_at: reading.time,
                    ended_at: reading.time,
                    readings: 1,
                    peak_celsius: reading.temp_celsius,
                    max_degrees_over: over,
                    is_from_start: was_outside.is_none(),
                    is_to_end: true,
                };
                match last.filter(|_| was_outside == Some(true)) {
                    Some(last) => *last = last.joined(one),
                    None => episodes.push(one),
                }
            }
            (None, Some(last)) => last.is_to_end = false,
            (None, None) => {}
        }
        was_outside = Some(reading.degrees_over.is_some());
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

    fn read(over: &[f64]) -> Vec<Reading> {
        let degrees_over = |over: f64| (over > 0.0).then_some(over);
        (0..)
            .zip(over)
            .map(|(i, over)| Reading {
                id: i,
                time: at(i * 5),
                temp_celsius: 5.0 + over,
                degrees_over: degrees_over(*over),
            })
            .collect()
    }

    #[test]
    fn readings_in_a_row_are_one_episode_with_its_peak() {
        let found = episodes(read(&[0.0, 1.0, 3.0, 2.0, 0.0, 0.0, 0.5]));
        let (first, second) = (found[0], found[1]);
        assert_eq!(
            (found.len(), first.started_at, first.ended_at, first.readings, first.minutes()),
            (2, at(5), at(15), 3, 10)
        );
        assert_eq!((first.peak_celsius, first.max_degrees_over), (8.0, 3.0));
        assert_eq!((first.is_from_start, first.is_to_end), (false, false));
        assert_eq!(
            (second.readings, second.minutes(), second.is_from_start, second.is_to_end),
            (1, 0, false, true)
        );
    }

    #[test]
    fn nothing_outside_is_no_episode() {
        assert_eq!(episodes(read(&[])), []);
        assert_eq!(episodes(read(&[0.0, 0.0])), []);
    }

    proptest! {
        #[test]
        fn episodes_cut_anywhere_and_joined_again_are_those_of_all_readings(over in prop::collection::vec(0_u8..3, 1..40), cut in 0_usize..40) {
            let readings = read(&over.into_iter().map(f64::from).collect::<Vec<_>>());
            let (before, after) = readings.split_at(cut.min(readings.len()));
            let (mut joined, mut rest) = (episodes(before.iter().copied()), episodes(after.iter().copied()));
            let whole = episodes(readings.iter().copied());
            if joined.last().is_some_and(|last| last.is_to_end) && rest.first().is_some_and(|first| first.is_from_start) {
                let first = rest.remove(0);
                let last = joined.pop().unwrap();
                joined.push(last.joined(first));
            }
            joined.extend(rest);
            prop_assert_eq!(joined.len(), whole.len());
            for (one, other) in joined.iter().zip(&whole) {
                prop_assert_eq!((one.first_id, one.ended_at, one.readings, one.max_degrees_over), (other.first_id, other.ended_at, other.readings, other.max_degrees_over));
            }
            let outside = (0..).zip(readings.iter().filter(|reading| reading.degrees_over.is_some())).map(|(i, _)| i + 1_i64).last().unwrap_or(0);
            prop_assert_eq!(whole.iter().map(|episode| episode.readings).sum::<i64>(), outside);
        }
    }
}
