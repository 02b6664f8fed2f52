//! `/temperature/breaches`: readings outside their limits; `/temperature/episodes`: such readings in a row;
//! `/temperature/summary`: all readings per date and location.

mod episodes;

use std::cmp::Reverse;

use api::temperature::{
    BREACHES, Breach, BreachQuery, EPISODES, SUMMARY, TemperatureQuery, TemperatureSummary,
};
use serve::{Answer, Ask, Result, Routes, State, rows, work};
use warehouse::marts::{FCT_TEMP_BREACHES, TEMPERATURE_BREACHES};

/// The endpoints.
pub fn routes() -> Routes {
    Routes::new().get(&BREACHES, breaches).get(&EPISODES, episodes::episodes).get(&SUMMARY, summary)
}

/// What tells readings apart that are alike in all else.
#[derive(serde::Deserialize)]
struct Reading {
    log_id: i64,
}

async fn breaches(state: State, ask: Ask<BreachQuery, Vec<Breach>>) -> Result<Answer> {
    let hours = state.last_hours(ask.query.hours.0);
    let snapshot = state.snapshot().await?;
    let frame = snapshot.mart(&TEMPERATURE_BREACHES, hours.dates()).await?;
    work(move || {
        let readings = rows::<Reading>(&frame)?.into_iter().zip(rows::<Breach>(&frame)?);
        let within = readings.filter(|(_, breach)| hours.contains(breach.reading_time));
        let newest_first = within.map(|(reading, breach)| {
            ((Reverse(breach.reading_time), breach.location.clone(), reading.log_id), breach)
        });
        ask.list(newest_first.collect(), &snapshot)
    })
    .await
}

async fn summary(state: State, ask: Ask<TemperatureQuery, Vec<TemperatureSummary>>) -> Result<Answer> {
    let snapshot = state.snapshot().await?;
    let frame = snapshot.mart(&FCT_TEMP_BREACHES, state.last_days(ask.query.days.0)).await?;
    work(move || {
        let days = rows::<TemperatureSummary>(&frame)?.into_iter();
        let newest_first = days.map(|day| ((Reverse(day.reading_date), day.location.clone()), day));
        ask.list(newest_first.collect(), &snapshot)
    })
    .await
}
