//! `/temperature/breaches`: readings outside their limits; `/temperature/episodes`: such readings in a row;
//! `/temperature/summary`: all readings per date and location.

mod episodes;

use std::cmp::Reverse;

use api::temperature::{
    BREACHES, Breach, BreachQuery, EPISODES, SUMMARY, TemperatureQuery, TemperatureSummary,
};
use axum::Router;
use axum::extract::State as Extract;
use axum::routing::get;
use serve::{Answer, Ask, Result, State, rows, work};
use warehouse::marts::{FCT_TEMP_BREACHES, TEMPERATURE_BREACHES};

/// The endpoints, bare.
pub fn routes() -> Router<State> {
    Router::new()
        .route(BREACHES.path, get(breaches))
        .route(EPISODES.path, get(episodes::episodes))
        .route(SUMMARY.path, get(summary))
}

/// The endpoints as an app.
pub fn router(state: State) -> Router {
    serve::finish(routes(), state)
}

/// What tells readings apart that are alike in all else.
#[derive(serde::Deserialize)]
struct Reading {
    log_id: i64,
}

async fn breaches(Extract(state): Extract<State>, ask: Ask<BreachQuery>) -> Result<Answer> {
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

async fn summary(Extract(state): Extract<State>, ask: Ask<TemperatureQuery>) -> Result<Answer> {
    let snapshot = state.snapshot().await?;
    let frame = snapshot.mart(&FCT_TEMP_BREACHES, state.last_days(ask.query.days.0)).await?;
    work(move || {
        let days = rows::<TemperatureSummary>(&frame)?.into_iter();
        let newest_first = days.map(|day| ((Reverse(day.reading_date), day.location.clone()), day));
        ask.list(newest_first.collect(), &snapshot)
    })
    .await
}
