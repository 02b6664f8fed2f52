//! `/temperature/breaches`: readings outside their limits; `/temperature/episodes`: such readings in a row;
//! `/temperature/summary`: all readings per date and location.

mod episodes;

use std::cmp::Reverse;

use api::temperature::{
    BREACHES, Breach, BreachQuery, DAYS, EPISODES, SUMMARY, TemperatureQuery, TemperatureSummary,
};
use serve::{Answer, Ask, Result, Routes, State, work};
use warehouse::marts::{BreachRow, FCT_TEMP_BREACHES, TEMPERATURE_BREACHES, rows};

pub fn routes() -> Routes {
    Routes::new().get(&BREACHES, breaches).get(&EPISODES, episodes::episodes).get(&SUMMARY, summary)
}

async fn breaches(state: State, ask: Ask<BreachQuery, Vec<Breach>>) -> Result<Answer> {
    let hours = state.last_hours(ask.query.hours.0);
    let snapshot = state.snapshot().await?;
    let frame = snapshot.mart(&TEMPERATURE_BREACHES, hours.dates()).await?;
    work(move || {
        let readings = rows::<BreachRow>(&frame)?.into_iter();
        let within = readings.filter(|row| hours.contains(row.breach.reading_time));
        let newest_first = within.map(|BreachRow { log_id, breach, .. }| {
            ((Reverse(breach.reading_time), breach.location.clone(), log_id), breach)
        });
        ask.list(newest_first.collect(), &snapshot)
    })
    .await
}

async fn summary(state: State, ask: Ask<TemperatureQuery, Vec<TemperatureSummary>>) -> Result<Answer> {
    let dates = state.dates(&ask.query, DAYS)?;
    let snapshot = state.snapshot().await?;
    let frame = snapshot.mart(&FCT_TEMP_BREACHES, dates).await?;
    work(move || {
        let days = rows::<TemperatureSummary>(&frame)?.into_iter();
        let newest_first = days.map(|day| ((Reverse(day.reading_date), day.location.clone()), day));
        ask.list(newest_first.collect(), &snapshot)
    })
    .await
}
