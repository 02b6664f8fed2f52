//! Quality records that have to be there, and those that have to be closed. They carry dates, not times: what a
//! date leaves open is no violation.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

/// A longer breach of temperatures needs a quality record, in minutes.
pub const BREACH_WITHOUT_RECORD_MINUTES: i64 = 30;
/// How soon after the breach began the record has to be there, in hours.
pub const RECORD_WITHIN_HOURS: i64 = 24;
/// How long a critical record may stay open, in hours.
pub const CRITICAL_OPEN_HOURS: i64 = 48;

/// Whether a record of this type is about temperatures.
pub fn is_of_temperature(nc_type: Option<&str>) -> bool {
    nc_type.is_some_and(|text| text.to_lowercase().contains("temp"))
}

/// Whether a breach that began and ended then needs a quality record, and whether by `now` the time for it has
/// passed.
pub fn is_record_due(started_at: NaiveDateTime, ended_at: NaiveDateTime, now: NaiveDateTime) -> bool {
    ended_at - started_at > TimeDelta::minutes(BREACH_WITHOUT_RECORD_MINUTES)
        && now - started_at > TimeDelta::hours(RECORD_WITHIN_HOURS)
}

/// Whether a record that was raised on this date may have been raised in time for a breach that began then. It
/// may have been raised at any time of its date.
pub fn is_in_time(started_at: NaiveDateTime, raised_on: NaiveDate) -> bool {
    let last = started_at.checked_add_signed(TimeDelta::hours(RECORD_WITHIN_HOURS)).unwrap_or(started_at);
    (started_at.date()..=last.date()).contains(&raised_on)
}

/// Whether a record is critical and known to be still open. The texts are those of the ERP.
pub fn is_critical_and_open(severity: Option<&str>, status: Option<&str>) -> bool {
    let is_one_of = |text: Option<&str>, words: &[&str]| {
        text.is_some_and(|text| words.iter().any(|word| word.eq_ignore_ascii_case(text.trim())))
    };
    is_one_of(severity, &["critical"]) && is_one_of(status, &["open", "investigating"])
}

/// From when on a record that was raised on this date has certainly been open for longer than
/// [`CRITICAL_OPEN_HOURS`]: it may have been raised in the last minute of its date.
pub fn open_too_long_from(raised_on: NaiveDate) -> Option<NaiveDateTime> {
    raised_on.succ_opt()?.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::hours(CRITICAL_OPEN_HOURS))
}

/// For how many hours a record that was raised on this date has at least been open.
pub fn open_at_least_hours(raised_on: NaiveDate, now: NaiveDateTime) -> Option<f64> {
    let end_of_day = raised_on.succ_opt()?.and_time(NaiveTime::MIN);
    Some(((now - end_of_day).num_seconds() as f64 / 3600.0).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn a_breach_of_over_half_an_hour_needs_a_record_after_a_day() {
        let due = |ended: &str, now: &str| is_record_due(at("2026-11-20T08:00:00"), at(ended), at(now));
        let later = "2026-11-21T08:00:01";
        assert!(due("2026-11-20T08:30:01", later));
        assert!(!due("2026-11-20T08:30:00", later), "half an hour is short");
        assert!(!due("2026-11-20T09:00:00", "2026-11-21T08:00:00"), "there is still a moment");
        assert!(
            due("2026-11-21T20:00:00", "2026-11-21T20:00:00"),
            "it goes on, and nobody has written it down"
        );
    }

    #[test]
    fn a_record_of_the_same_or_the_next_date_is_in_time() {
        let in_time = |date: &str| is_in_time(at("2026-11-20T08:00:00"), date.parse().unwrap());
        assert!(in_time("2026-11-20") && in_time("2026-11-21"));
        assert!(!in_time("2026-11-19") && !in_time("2026-11-22"));
    }

    #[test]
    fn a_record_is_of_temperature_by_a_part_of_its_type() {
        for (nc_type, expect) in
            [(Some("temperature"), true), (Some("Core TEMP"), true), (Some("hygiene"), false), (None, false)]
        {
            assert_eq!(is_of_temperature(nc_type), expect, "{nc_type:?}");
        }
    }

    #[test]
    fn only_a_critical_record_that_is_known_to_be_open_is_one() {
        for (severity, status, expect) in [
            (Some("critical"), Some("open"), true),
            (Some(" Critical"), Some("INVESTIGATING"), true),
            (Some("critical"), Some("closed"), false),
            (Some("critical"), Some("dropped"), false),
            (Some("critical"), None, false),
            (Some("major"), Some("open"), false),
            (None, Some("open"), false),
        ] {
            assert_eq!(is_critical_and_open(severity, status), expect, "{severity:?} {status:?}");
        }
    }

    #[test]
    fn a_record_is_open_for_too_long_two_days_after_the_end_of_its_date() {
        let raised = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        assert_eq!(open_too_long_from(raised), Some(at("2026-11-23T00:00:00")));
        assert_eq!(open_at_least_hours(raised, at("2026-11-23T06:30:00")), Some(54.5));
        assert_eq!(open_at_least_hours(raised, at("2026-11-20T06:30:00")), Some(0.0));
    }
}
