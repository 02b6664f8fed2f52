//! What every report does with a request: the days that it covers, and the way from one mart to a page of
//! rows.

use api::days::DaysQuery;
use api::reports::DAYS;
use api::{Query, Row};
use serde::Serialize;
use serve::window::Dates;
use serve::{Answer, Ask, Key, Result, State, work};
use warehouse::marts::{Mart, ReadMart, rows};

/// The days that a report was asked for.
pub(crate) fn dates(query: &impl DaysQuery, state: &State) -> Result<Dates> {
    Ok(state.dates(query, DAYS)?)
}

/// Rows, each with what it is sorted by.
pub(crate) type Keyed<K, R> = Vec<(K, R)>;

/// Answers a report whose rows follow from those of one mart in the days that were asked for.
pub(crate) async fn of_mart<Q, M, K, R>(
    state: State,
    ask: Ask<Q, Vec<R>>,
    mart: &'static Mart,
    report: fn(Vec<M>, &Q) -> Keyed<K, R>,
) -> Result<Answer>
where
    Q: Query + DaysQuery + Send + 'static,
    M: ReadMart + 'static,
    K: Key + 'static,
    R: Row + Serialize + 'static,
{
    let dates = dates(&ask.query, &state)?;
    let snapshot = state.snapshot().await?;
    let frame = snapshot.mart(mart, dates).await?;
    work(move || ask.list(report(rows(&frame)?, &ask.query), &snapshot)).await
}
