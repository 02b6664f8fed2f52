//! `/health`: whether there are numbers and how old they are; `/openapi.json`: what can be asked. Both answer
//! before the first job too.

pub mod openapi;

use std::sync::LazyLock;

use api::health::{HEALTH, Health, HealthStatus, old_after_seconds};
use api::openapi::OPENAPI;
use api::query::{AnyQuery, NoQuery};
use api::shape::Anything;
use serve::{Answer, Ask, Result, Routes, State};
use warehouse::sources::Source;

pub fn routes() -> Routes {
    Routes::new().get(&HEALTH, health).get(&OPENAPI, description)
}

async fn health(state: State, ask: Ask<AnyQuery, Health>) -> Result<Answer> {
    let manifest = state.manifest().await?.unwrap_or_default();
    let as_of = manifest.as_of(manifest.tables.keys().map(String::as_str));
    let age_seconds = as_of.map(|as_of| (state.now() - as_of.to_utc()).num_seconds().max(0));
    let stale_after_seconds = i64::from(state.settings().stale_after_seconds);
    let status = match age_seconds {
        None => HealthStatus::Empty,
        Some(age) if age > stale_after_seconds => HealthStatus::Stale,
        Some(_) => HealthStatus::Ok,
    };
    let source_name =
        |staging: &str| Source::of_staging(staging).map_or(staging, |source| source.table).to_owned();
    let health = Health {
        status: status.as_str().to_owned(),
        tables: count(manifest.tables.len()),
        marts: count(manifest.marts.len()),
        data_as_of: as_of,
        age_seconds,
        reconciled_at: manifest.reconciled_at,
        old_after_seconds: old_after_seconds(stale_after_seconds),
        stale_after_seconds,
        watermarks: manifest
            .tables
            .iter()
            .map(|(staging, table)| (source_name(staging), table.watermark.clone()))
            .collect(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    ask.object(health, as_of)
}

async fn description(_: State, _: Ask<NoQuery, Anything>) -> Result<Answer> {
    static DESCRIPTION: LazyLock<Answer> = LazyLock::new(|| Answer::constant(openapi::text()));
    Ok(DESCRIPTION.clone())
}

fn count(things: usize) -> i64 {
    i64::try_from(things).unwrap_or(i64::MAX)
}
