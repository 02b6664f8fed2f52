//! `breach_without_record` and `critical_nc_open`: quality records that are missing, or open for too long. Time
//! alone makes both, so they are judged for each answer, at the moment at which the ERP was last read.

use std::collections::BTreeSet;

use api::compliance::{Check, CheckFinding};
use chrono::{Days, NaiveDate, NaiveDateTime};
use domain::quality_records::{
    BREACH_WITHOUT_RECORD_MINUTES, CRITICAL_OPEN_HOURS, RECORD_WITHIN_HOURS, is_critical_and_open,
    is_in_time, is_of_temperature, is_record_due, open_at_least_hours, open_too_long_from,
};
use domain::rounding::rounded;
use serve::window::Dates;
use serve::{Result, Snapshot, State, work};
use warehouse::finding_id;
use warehouse::marts::{
    EpisodeRow, FindingRow, NonConformanceRow, STG_NON_CONFORMANCE, TEMPERATURE_EPISODES, rows,
};
use warehouse::staging::zones::{OPEN_RECORD, may_hold};
use warehouse::whole_episodes::{WholeEpisode, whole};

/// Breaches that began on these dates and of which nobody wrote a quality record. Nothing if the factory keeps
/// no temperatures or no quality records.
pub(crate) async fn missing(state: &State, snapshot: &Snapshot, dates: Dates) -> Result<Vec<FindingRow>> {
    let read_at = [&TEMPERATURE_EPISODES, &STG_NON_CONFORMANCE].map(|mart| snapshot.as_of_mart(mart));
    let [Some(readings_as_of), Some(records_as_of)] = read_at else { return Ok(Vec::new()) };
    let now = readings_as_of.min(records_as_of).with_timezone(&state.settings().factory_tz).naive_local();
    // What began on the day before, or goes on into the day after, has to be seen as a whole.
    let day_before = dates.from.and_then(|from| from.checked_sub_days(Days::new(1)));
    let day_after = dates.to.and_then(|to| to.checked_add_days(Days::new(1)));
    let seen = Dates { from: day_before, to: day_after };
    let episodes = snapshot.mart(&TEMPERATURE_EPISODES, seen).await?;
    let records = snapshot.mart(&STG_NON_CONFORMANCE, seen).await?;
    work(move || Ok(unrecorded(rows(&episodes)?, &rows(&records)?, dates, now))).await
}

/// Critical records that are open for too long now, whenever they were raised.
pub(crate) async fn open(state: &State, snapshot: &Snapshot) -> Result<Vec<FindingRow>> {
    let Some(as_of) = snapshot.as_of_mart(&STG_NON_CONFORMANCE) else { return Ok(Vec::new()) };
    let now = as_of.with_timezone(&state.settings().factory_tz).naive_local();
    // The zone of each month tells whether it has such a record.
    let critical = BTreeSet::from(["critical".to_owned()]);
    let months =
        snapshot.parts(&STG_NON_CONFORMANCE, |_, zone| may_hold(zone, OPEN_RECORD, &critical)).await?;
    work(move || {
        let mut found = Vec::new();
        for (_, records) in months {
            found.extend(rows(&records)?.into_iter().filter_map(|record| too_long(record, now)));
        }
        Ok(found)
    })
    .await
}

fn unrecorded(
    episodes: Vec<EpisodeRow>,
    records: &[NonConformanceRow],
    dates: Dates,
    now: NaiveDateTime,
) -> Vec<FindingRow> {
    let of_temperature = records.iter().filter(|record| is_of_temperature(record.nc_type.as_deref()));
    let raised_on: BTreeSet<NaiveDate> = of_temperature.map(|record| record.nc_date).collect();
    let is_asked = |began: NaiveDate| {
        dates.from.is_none_or(|from| from <= began) && dates.to.is_none_or(|to| began <= to)
    };
    let without = whole(episodes).into_iter().filter(|WholeEpisode { episode, .. }| {
        is_asked(episode.started_at.date())
            && is_record_due(episode.started_at, episode.ended_at, now)
            && !raised_on.iter().any(|date| is_in_time(episode.started_at, *date))
    });
    without.map(breach).collect()
}

fn breach(WholeEpisode { location, episode, .. }: WholeEpisode) -> FindingRow {
    let check = Check::BreachWithoutRecord;
    let minutes = episode.minutes();
    let detail = format!(
        "outside its limits for {minutes} minutes from {}, by {:.1} °C at most, and no quality record of type \
         temperature within {RECORD_WITHIN_HOURS} hours",
        episode.started_at.format("%Y-%m-%d %H:%M"),
        rounded(episode.max_degrees_over, 1)
    );
    FindingRow {
        detected_on: episode.started_at.date(),
        reading_id: Some(episode.first_id),
        finding: CheckFinding {
            check: check.as_str().to_owned(),
            severity: check.severity().as_str().to_owned(),
            location,
            measured: Some(minutes as f64),
            limit: Some(BREACH_WITHOUT_RECORD_MINUTES as f64),
            detail,
            detected_at: Some(episode.started_at),
            finding_id: finding_id::of_row(check, &episode.first_id.to_string()),
            ..CheckFinding::default()
        },
    }
}

fn too_long(record: NonConformanceRow, now: NaiveDateTime) -> Option<FindingRow> {
    let is_open = is_critical_and_open(record.severity.as_deref(), record.status.as_deref());
    let since = open_too_long_from(record.nc_date).filter(|since| is_open && *since < now)?;
    let check = Check::CriticalNcOpen;
    let said =
        |before: &str, text: Option<&str>| text.map_or_else(String::new, |text| format!("{before}{text}"));
    let detail = format!(
        "critical record {}{} of {}{} is {}{}",
        record.nc_id,
        said(" of type ", record.nc_type.as_deref()),
        record.nc_date,
        said(", raised by ", record.raised_by.as_deref()),
        record.status.as_deref().unwrap_or_default(),
        said(": ", record.description.as_deref()),
    );
    Some(FindingRow {
        detected_on: since.date(),
        reading_id: None,
        finding: CheckFinding {
            check: check.as_str().to_owned(),
            severity: check.severity().as_str().to_owned(),
            run_number: record.run_number,
            product_code: record.product_code,
            measured: open_at_least_hours(record.nc_date, now),
            limit: Some(CRITICAL_OPEN_HOURS as f64),
            detail,
            detected_at: Some(since),
            finding_id: finding_id::of_row(check, &record.nc_id.to_string()),
            ..CheckFinding::default()
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// An episode of the dock, as far as it lies in one day.
    fn episode(started: &str, ended: &str) -> EpisodeRow {
        EpisodeRow {
            first_log_id: 7,
            reading_date: at(started).date(),
            is_from_start: started.ends_with("00:00:00"),
            is_to_end: ended.ends_with("23:55:00"),
            gap_seconds: 1800,
            episode: api::temperature::Episode {
                location: Some("Dock".to_owned()),
                started_at: at(started),
                ended_at: at(ended),
                max_degrees_over: 2.26,
                ..api::temperature::Episode::default()
            },
        }
    }

    fn record(nc_date: &str, nc_type: &str) -> NonConformanceRow {
        NonConformanceRow {
            nc_date: date(nc_date),
            nc_type: Some(nc_type.to_owned()),
            ..NonConformanceRow::default()
        }
    }

    const NOW: &str = "2026-11-22T14:00:00";

    fn of_days(episodes: Vec<EpisodeRow>, records: &[NonConformanceRow], dates: Dates) -> Vec<String> {
        let found = unrecorded(episodes, records, dates, at(NOW)).into_iter();
        found.map(|row| format!("{} {}", row.detected_on, row.finding.detail)).collect()
    }

    #[test]
    fn a_long_breach_without_a_record_of_its_days_is_found_on_the_day_it_began() {
        let breach = || vec![episode("2026-11-20T08:00:00", "2026-11-20T08:45:00")];
        let words = "2026-11-20 outside its limits for 45 minutes from 2026-11-20 08:00, by 2.3 °C at most, and no \
                     quality record of type temperature within 24 hours";
        assert_eq!(of_days(breach(), &[], Dates::ALL), [words]);
        assert_eq!(of_days(breach(), &[record("2026-11-20", "hygiene")], Dates::ALL), [words]);
        assert_eq!(
            of_days(breach(), &[record("2026-11-22", "temperature")], Dates::ALL),
            [words],
            "too late"
        );
        assert_eq!(of_days(breach(), &[record("2026-11-21", "Temp.")], Dates::ALL), [""; 0]);
        assert_eq!(of_days(breach(), &[], Dates::on(date("2026-11-21"))), [""; 0]);
        let of_today = vec![episode("2026-11-22T08:00:00", "2026-11-22T08:45:00")];
        assert_eq!(of_days(of_today, &[], Dates::ALL), [""; 0], "there is still time");
    }

    #[test]
    fn a_breach_over_midnight_is_one_and_began_on_the_first_day() {
        let breach = || {
            vec![
                episode("2026-11-19T23:40:00", "2026-11-19T23:55:00"),
                episode("2026-11-20T00:00:00", "2026-11-20T00:20:00"),
            ]
        };
        assert_eq!(of_days(breach(), &[], Dates::on(date("2026-11-19"))).len(), 1);
        assert_eq!(of_days(breach(), &[], Dates::on(date("2026-11-20"))), [""; 0]);
    }

    #[test]
    fn a_critical_record_is_found_while_it_is_open() {
        let open = |nc_date: &str, severity: &str, status: &str| {
            let record = NonConformanceRow {
                nc_id: 12,
                severity: Some(severity.to_owned()),
                status: Some(status.to_owned()),
                description: Some("Fragment found".to_owned()),
                run_number: Some("7".to_owned()),
                ..record(nc_date, "foreign_body")
            };
            too_long(record, at(NOW)).map(|row| (row.finding.measured, row.finding.detail))
        };
        let words = "critical record 12 of type foreign_body of 2026-11-19 is investigating: Fragment found";
        assert_eq!(open("2026-11-19", "critical", "investigating"), Some((Some(62.0), words.to_owned())));
        assert_eq!(open("2026-11-20", "critical", "open"), None, "nobody knows at what time it was raised");
        assert_eq!(open("2026-11-19", "critical", "closed"), None);
        assert_eq!(open("2026-11-19", "major", "open"), None);
    }
}
