//! Temperature probes: which readings are a temperature, how often a place is read, and when a probe is
//! silent or stuck.

use chrono::NaiveDateTime;

use crate::settings::Limits;

/// So many usual intervals without a reading are a gap.
const GAP_INTERVALS: i64 = 3;
/// A shorter time without a reading is never a gap, however often a place is read.
const GAP_AT_LEAST_SECONDS: i64 = 30 * 60;
/// From so many intervals on it is known how often a place is read.
const KNOWN_FROM_INTERVALS: usize = 3;

/// For how long a probe may show one value.
const STUCK_SECONDS: i64 = 24 * 60 * 60;
/// So many readings of one value make a probe stuck. Somebody who reads a thermometer three times a day may
/// well find the same twice.
const STUCK_READINGS: i64 = 8;

/// Whether a reading is no temperature of a place where fish is kept, but says that something is wrong with
/// its probe. One that is broken or not connected reports values such as -127, 85 and 327.67.
pub fn is_fault(temp_celsius: f64, limits: &Limits) -> bool {
    !(limits.sensor_min_c..=limits.sensor_max_c).contains(&temp_celsius)
}

/// How often a place is usually read: the median of the whole seconds between its readings, the shorter one
/// of two in the middle. The times must come in order. `None` if there are too few to tell.
pub fn usual_interval_seconds(times: impl IntoIterator<Item = NaiveDateTime>) -> Option<i64> {
    let mut last = None;
    let mut intervals: Vec<i64> = times
        .into_iter()
        .filter_map(|time| last.replace(time).map(|last| (time - last).num_seconds()))
        // Two probes of one place may be read at the same moment.
        .filter(|seconds| *seconds > 0)
        .collect();
    if intervals.len() < KNOWN_FROM_INTERVALS {
        return None;
    }
    let middle = (intervals.len() - 1) / 2;
    Some(*intervals.select_nth_unstable(middle).1)
}

/// How long a place may be without a reading before that is a gap, in which nobody knows how warm it was.
pub fn gap_seconds(usual_interval_seconds: Option<i64>) -> i64 {
    let of_interval = usual_interval_seconds.map_or(0, |usual| usual.saturating_mul(GAP_INTERVALS));
    of_interval.max(GAP_AT_LEAST_SECONDS)
}

/// Whether a probe is silent that was read for the last time so long ago. A place that is not read regularly
/// is never silent.
pub fn is_silent(since_last_seconds: i64, usual_interval_seconds: Option<i64>) -> bool {
    usual_interval_seconds.is_some() && since_last_seconds > gap_seconds(usual_interval_seconds)
}

/// Whether a probe is stuck that has shown one value, to the last digit, for so long and in so many readings.
pub fn is_stuck(same_seconds: i64, same_readings: i64) -> bool {
    same_seconds >= STUCK_SECONDS && same_readings >= STUCK_READINGS
}

#[cfg(test)]
mod tests {
    use chrono::{NaiveDate, TimeDelta};

    use super::*;

    fn usual(minutes: &[i64]) -> Option<i64> {
        let midnight = NaiveDate::from_ymd_opt(2026, 11, 2).unwrap().and_time(chrono::NaiveTime::MIN);
        let times = minutes.iter().map(|minute| midnight + TimeDelta::minutes(*minute));
        usual_interval_seconds(times).map(|seconds| seconds / 60)
    }

    #[test]
    fn what_no_place_can_be_is_a_fault_of_the_probe() {
        for (temp, expect) in [
            (85.0, true),
            (-127.0, true),
            (327.67, true),
            (f64::NAN, true),
            (60.0, false),
            (-60.0, false),
            (60.1, true),
            (-18.0, false),
        ] {
            assert_eq!(is_fault(temp, &Limits::default()), expect, "{temp}");
        }
        let narrow = Limits { sensor_min_c: -30.0, sensor_max_c: 40.0, ..Limits::default() };
        let faults = [-30.1, -30.0, 40.0, 40.1].map(|temp| is_fault(temp, &narrow));
        assert_eq!(faults, [true, false, false, true], "a factory draws its own lines");
    }

    #[test]
    fn a_place_is_usually_read_at_the_median_of_its_intervals() {
        assert_eq!(usual(&[0, 5, 10, 15]), Some(5));
        assert_eq!(usual(&[0, 5, 725, 730, 735]), Some(5), "a long gap is not usual");
        assert_eq!(usual(&[0, 5, 15, 30, 60]), Some(10), "the shorter one of two in the middle");
        assert_eq!(usual(&[0, 0, 5, 5, 10, 10, 15, 15]), Some(5), "two probes of one place");
        assert_eq!(usual(&[0, 720]), None, "one interval is not known to be usual");
        assert_eq!(usual(&[0, 60, 780]), None);
        assert_eq!(usual(&[]), None);
    }

    #[test]
    fn a_gap_is_over_three_usual_intervals_and_over_half_an_hour() {
        let minutes = |usual: Option<i64>| gap_seconds(usual.map(|minutes| minutes * 60)) / 60;
        assert_eq!([None, Some(5), Some(10), Some(11), Some(480)].map(minutes), [30, 30, 30, 33, 1440]);
        assert_eq!(gap_seconds(Some(i64::MAX)), i64::MAX);
    }

    #[test]
    fn a_probe_that_is_read_regularly_is_silent_after_a_gap_and_one_that_is_not_never() {
        assert!(!is_silent(1800, Some(300)) && is_silent(1801, Some(300)));
        assert!(!is_silent(86_400, Some(28_800)) && is_silent(86_401, Some(28_800)));
        assert!(!is_silent(i64::MAX, None));
    }

    #[test]
    fn a_day_of_one_value_is_a_stuck_probe_unless_people_write_it_down() {
        assert!(is_stuck(86_400, 288) && !is_stuck(86_399, 288));
        assert!(!is_stuck(172_800, 7), "three readings a day, and all the same");
    }
}
