//! Probes that are silent or stuck: `sensor_silent`, `sensor_stuck`. Both last until the probe reports again,
//! so they are judged for each answer, at the moment at which the ERP was last read.

use std::collections::BTreeMap;

use api::compliance::{Check, CheckFinding};
use chrono::{DateTime, FixedOffset, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::clock::{first_moment, last_moment};
use domain::probes::{gap_seconds, is_fault, is_silent, is_stuck};
use domain::settings::Limits;
use serve::window::Dates;
use serve::{Result, Snapshot, State, work};
use warehouse::finding_id;
use warehouse::marts::{FindingRow, PlaceDayRow, TEMPERATURE_PLACES, rows};

/// A place that was not read for longer is no longer in use.
const IN_USE_DAYS: i64 = 30;

/// What is wrong with probes now. Nothing if the factory has no temperatures.
pub(crate) async fn findings(state: &State, snapshot: &Snapshot) -> Result<Vec<FindingRow>> {
    let Some(as_of) = snapshot.as_of_mart(&TEMPERATURE_PLACES) else { return Ok(Vec::new()) };
    let tz = state.settings().factory_tz;
    let today = as_of.with_timezone(&tz).date_naive();
    let days = Dates { from: today.checked_sub_signed(TimeDelta::days(IN_USE_DAYS)), to: Some(today) };
    let frame = snapshot.mart(&TEMPERATURE_PLACES, days).await?;
    let limits = snapshot.factory_settings()?.limits;
    work(move || Ok(judged(rows(&frame)?, as_of, tz, &limits))).await
}

fn judged(days: Vec<PlaceDayRow>, as_of: DateTime<FixedOffset>, tz: Tz, limits: &Limits) -> Vec<FindingRow> {
    let mut places: BTreeMap<String, BTreeMap<_, PlaceDayRow>> = BTreeMap::new();
    for day in days {
        // Readings without a place are of nobody knows how many probes.
        if let Some(location) = day.location.clone().filter(|location| !location.is_empty()) {
            places.entry(location).or_default().insert(day.reading_date, day);
        }
    }
    let of_place = |(location, days): (String, BTreeMap<_, PlaceDayRow>)| {
        let days: Vec<PlaceDayRow> = days.into_values().collect();
        [silent(&location, &days, as_of, tz), stuck(&location, &days, tz, limits)]
    };
    places.into_iter().flat_map(of_place).flatten().collect()
}

/// Judges the last days of a place, the latest of which comes last.
fn silent(location: &str, days: &[PlaceDayRow], as_of: DateTime<FixedOffset>, tz: Tz) -> Option<FindingRow> {
    let last = days.last()?;
    // A probe that comes back for a moment was read too seldom lately to tell how often it is read.
    let usual_seconds = days.iter().rev().find_map(|day| day.usual_interval_seconds)?;
    let since_last_seconds = seconds(tz, last.last_reading_at, as_of.to_utc());
    if !is_silent(since_last_seconds, Some(usual_seconds)) {
        return None;
    }
    let gap_seconds = gap_seconds(Some(usual_seconds));
    let detail = format!(
        "not read since {}, though usually every {}: look at the probe and what records it",
        last.last_reading_at.format("%Y-%m-%d %H:%M"),
        spelt(usual_seconds)
    );
    Some(finding(
        Check::SensorSilent,
        location,
        (since_last_seconds as f64 / 60.0, gap_seconds as f64 / 60.0),
        last.last_reading_at,
        detail,
    ))
}

/// The same for a probe that shows one value.
fn stuck(location: &str, days: &[PlaceDayRow], tz: Tz, limits: &Limits) -> Option<FindingRow> {
    let last = days.last().filter(|last| !is_fault(last.last_celsius, limits))?;
    let (mut since, mut readings, mut goes_back) =
        (last.same_since, last.same_readings, last.is_same_all_day);
    for day in days.iter().rev().skip(1) {
        // Nobody knows what a probe would have shown on a day without readings.
        let is_day_before = day.reading_date.succ_opt() == Some(since.date());
        if !goes_back || !is_day_before || day.last_celsius != last.last_celsius {
            break;
        }
        (since, readings, goes_back) = (day.same_since, readings + day.same_readings, day.is_same_all_day);
    }
    let same_seconds = seconds(tz, since, first_moment(last.last_reading_at, tz));
    is_stuck(same_seconds, readings).then(|| {
        let detail = format!(
            "{} °C in each of {readings} readings since {}: look at the probe",
            last.last_celsius,
            since.format("%Y-%m-%d %H:%M")
        );
        finding(Check::SensorStuck, location, (same_seconds as f64 / 60.0, 1440.0), since, detail)
    })
}

/// `figures` are the minutes that were measured and those that are allowed.
fn finding(
    check: Check,
    location: &str,
    figures: (f64, f64),
    detected_at: NaiveDateTime,
    detail: String,
) -> FindingRow {
    FindingRow {
        detected_on: detected_at.date(),
        reading_id: None,
        finding: CheckFinding {
            check: check.as_str().to_owned(),
            severity: check.severity().as_str().to_owned(),
            location: Some(location.to_owned()),
            measured: Some(figures.0),
            limit: Some(figures.1),
            detail,
            detected_at: Some(detected_at),
            finding_id: finding_id::of_place(check, location, detected_at),
            ..CheckFinding::default()
        },
    }
}

/// The seconds from a time on the factory's clock to a moment: real ones, also in a night in which the clock
/// is changed.
fn seconds(tz: Tz, from: NaiveDateTime, to: DateTime<Utc>) -> i64 {
    (to - last_moment(from, tz)).num_seconds()
}

/// "5 minutes", "8 hours".
fn spelt(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds} seconds"),
        120..7200 => format!("{} minutes", seconds / 60),
        _ => format!("{} hours", seconds / 3600),
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use chrono_tz::Europe::London;

    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    /// A day of a place that is read every five minutes, and whose last reading was then.
    fn day(last_reading_at: &str) -> PlaceDayRow {
        let last_reading_at = at(last_reading_at);
        PlaceDayRow {
            reading_date: last_reading_at.date(),
            location: Some("Chill".to_owned()),
            usual_interval_seconds: Some(300),
            last_reading_at,
            last_celsius: 2.0,
            same_since: last_reading_at,
            same_readings: 1,
            ..PlaceDayRow::default()
        }
    }

    /// A day on which every reading was 2.00.
    fn stuck_day(date: &str) -> PlaceDayRow {
        let date: NaiveDate = date.parse().unwrap();
        PlaceDayRow {
            same_since: date.and_hms_opt(0, 0, 0).unwrap(),
            same_readings: 288,
            is_same_all_day: true,
            ..day(&format!("{date}T23:55:00"))
        }
    }

    fn shown(days: Vec<PlaceDayRow>, as_of: &str) -> Vec<String> {
        let found = judged(days, as_of.parse().unwrap(), London, &Limits::default()).into_iter();
        found.map(|row| format!("{} {}", row.finding.check, row.finding.detail)).collect()
    }

    #[test]
    fn a_probe_is_silent_from_a_gap_on_until_it_is_read_again() {
        let last = || vec![day("2026-11-20T08:00:00")];
        assert_eq!(shown(last(), "2026-11-20T08:30:00+00:00"), [""; 0]);
        let words = "sensor_silent not read since 2026-11-20 08:00, though usually every 5 minutes: look at the probe and what records it";
        assert_eq!(shown(last(), "2026-11-20T08:31:00+00:00"), [words]);
        assert_eq!(shown(last(), "2026-11-28T08:31:00+00:00"), [words]);
        let again = vec![day("2026-11-20T08:00:00"), day("2026-11-28T08:00:00")];
        assert_eq!(shown(again, "2026-11-28T08:10:00+00:00"), [""; 0]);
        let by_hand = PlaceDayRow { usual_interval_seconds: None, ..day("2026-11-20T08:00:00") };
        assert_eq!(shown(vec![by_hand], "2026-11-28T08:00:00+00:00"), [""; 0], "nobody knows when it is due");
        let of_no_place = PlaceDayRow { location: None, ..day("2026-11-20T08:00:00") };
        assert_eq!(shown(vec![of_no_place], "2026-11-28T08:00:00+00:00"), [""; 0]);
    }

    #[test]
    fn no_probe_is_silent_because_the_clock_was_changed() {
        assert_eq!(shown(vec![day("2026-03-29T00:55:00")], "2026-03-29T02:05:00+01:00"), [""; 0]);
        // The hour that comes twice: it may have been read ten minutes ago.
        assert_eq!(shown(vec![day("2026-10-25T01:55:00")], "2026-10-25T02:05:00+00:00"), [""; 0]);
        assert_eq!(shown(vec![day("2026-10-25T01:55:00")], "2026-10-25T02:26:00+00:00").len(), 1);
    }

    #[test]
    fn a_probe_is_stuck_after_a_day_of_one_value_over_any_midnight() {
        let last = |time: &str, celsius| PlaceDayRow {
            same_since: at("2026-11-20T00:00:00"),
            same_readings: 100,
            is_same_all_day: true,
            last_celsius: celsius,
            ..day(time)
        };
        let days = |last| vec![stuck_day("2026-11-18"), stuck_day("2026-11-19"), last];
        let words = "sensor_stuck 2 °C in each of 676 readings since 2026-11-18 00:00: look at the probe";
        let now = "2026-11-20T08:20:00+00:00";
        assert_eq!(shown(days(last("2026-11-20T08:15:00", 2.0)), now), [words]);
        assert_eq!(shown(days(last("2026-11-20T08:15:00", 2.1)), now), [""; 0], "to the last digit");
        let missing = vec![stuck_day("2026-11-18"), last("2026-11-20T08:15:00", 2.0)];
        assert_eq!(shown(missing, now), [""; 0], "a day between was not read");
        assert_eq!(
            shown(vec![stuck_day("2026-11-19")], "2026-11-19T23:59:00+00:00"),
            [""; 0],
            "five minutes early"
        );
        let silent_too = shown(vec![stuck_day("2026-11-18"), stuck_day("2026-11-19")], now);
        assert!(silent_too.len() == 2 && silent_too[1].starts_with("sensor_stuck "), "{silent_too:?}");
        let mut broken = days(last("2026-11-20T08:15:00", -127.0));
        for day in &mut broken {
            day.last_celsius = -127.0;
        }
        assert_eq!(shown(broken, now), [""; 0], "its readings are findings already");
    }
}
