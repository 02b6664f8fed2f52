//! `temperature-audit`.

use std::cmp::Reverse;

use api::reports::{LocationReportQuery, TemperatureAudit};
use api::temperature::TemperatureSummary;
use chrono::NaiveDate;
use domain::ratio::ratio_pct;
use serve::{Answer, Ask, Result, State, is_asked_for};
use warehouse::marts::FCT_TEMP_BREACHES;

use crate::ask::{Keyed, of_mart};

pub(crate) async fn report(
    state: State,
    ask: Ask<LocationReportQuery, Vec<TemperatureAudit>>,
) -> Result<Answer> {
    of_mart(state, ask, &FCT_TEMP_BREACHES, audit).await
}

type Key = (Reverse<NaiveDate>, Option<String>);

fn audit(days: Vec<TemperatureSummary>, query: &LocationReportQuery) -> Keyed<Key, TemperatureAudit> {
    let wanted =
        days.into_iter().filter(|day| is_asked_for(day.location.as_deref(), query.location.as_deref()));
    wanted.map(|day| ((Reverse(day.reading_date), day.location.clone()), row(day))).collect()
}

fn row(day: TemperatureSummary) -> TemperatureAudit {
    TemperatureAudit {
        reading_date: day.reading_date,
        location: day.location,
        readings: day.readings,
        breaches: day.breaches,
        sensor_faults: day.sensor_faults,
        min_temp_celsius: day.min_temp_celsius,
        max_temp_celsius: day.max_temp_celsius,
        max_degrees_over: day.max_degrees_over,
        first_breach_at: day.first_breach_at,
        last_breach_at: day.last_breach_at,
        episodes: day.episodes,
        longest_episode_minutes: day.longest_episode_minutes,
        breach_pct: ratio_pct(day.breaches as f64, (day.readings - day.sensor_faults) as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(location: Option<&str>, readings: i64, breaches: i64) -> TemperatureSummary {
        TemperatureSummary {
            reading_date: "2026-11-02".parse().unwrap(),
            location: location.map(str::to_owned),
            readings,
            breaches,
            sensor_faults: 0,
            min_temp_celsius: Some(-1.0),
            max_temp_celsius: Some(6.0),
            max_degrees_over: Some(1.0),
            first_breach_at: None,
            last_breach_at: None,
            episodes: 0,
            longest_episode_minutes: None,
        }
    }

    #[test]
    fn breaches_are_counted_of_the_readings_of_their_place_and_day_that_are_a_temperature() {
        let days = vec![
            day(Some("Chill 1"), 8, 1),
            day(None, 4, 4),
            day(Some("Dock"), 3, 0),
            TemperatureSummary { sensor_faults: 3, ..day(Some("Store"), 3, 0) },
        ];
        let all = audit(days.clone(), &LocationReportQuery::default());
        assert_eq!(
            all.iter().map(|(_, row)| row.breach_pct).collect::<Vec<_>>(),
            [Some(12.5), Some(100.0), Some(0.0), None]
        );
        let query =
            LocationReportQuery { location: Some("chill 1".to_owned()), ..LocationReportQuery::default() };
        assert_eq!(audit(days, &query).iter().map(|(_, row)| row.readings).collect::<Vec<_>>(), [8]);
    }
}
