//! `/quality/summary`: how many quality records there are, and how many are closed.

use std::cmp::Reverse;

use api::quality::{DAYS, QualityQuery, QualitySummary};
use serve::{Answer, Ask, Result, State, work};
use warehouse::marts::{FCT_QUALITY_SUMMARY, rows};

pub(crate) async fn summary(state: State, ask: Ask<QualityQuery, Vec<QualitySummary>>) -> Result<Answer> {
    let dates = state.dates(&ask.query, DAYS)?;
    let snapshot = state.snapshot().await?;
    let frame = snapshot.mart(&FCT_QUALITY_SUMMARY, dates).await?;
    work(move || {
        let days = rows::<QualitySummary>(&frame)?.into_iter();
        let newest_first =
            days.map(|day| ((Reverse(day.nc_date), day.nc_type.clone(), day.severity.clone()), day));
        ask.list(newest_first.collect(), &snapshot)
    })
    .await
}
