//! `/trace/{batch_code}`: where a batch came from and where it went, as JSON, as a flat list or as EPCIS.
//!
//! - [`book`]: reads the links that can matter and no others, and follows batches through them
//! - [`traced`]: all that is known of what was followed
//! - [`detail`], [`flat`] and [`epcis`]: the three forms of the answer
//!
//! Batches descend from each other by scan-backs alone: products are no batches. A run counts for the batches
//! that went into it.

mod balance;
mod book;
mod detail;
mod epcis;
mod flat;
mod link;
mod traced;

use api::Format;
use api::trace::{EPCIS_MEDIA_TYPE, TRACE, TraceFormat, TraceQuery};
use axum::Router;
use axum::extract::{Path, State as Extract};
use axum::routing::get;
use serve::{Answer, Ask, Result, State, work};

use traced::Traced;

/// The endpoints, bare.
pub fn routes() -> Router<State> {
    Router::new().route(TRACE.path, get(trace))
}

/// The endpoints as an app.
pub fn router(state: State) -> Router {
    serve::finish(routes(), state)
}

async fn trace(
    Extract(state): Extract<State>,
    Path(code): Path<String>,
    ask: Ask<TraceQuery>,
) -> Result<Answer> {
    let snapshot = state.snapshot().await?;
    let traced = Traced::of(&snapshot, code.trim(), ask.query.date).await?;
    let preferred = if ask.format() == Format::Csv { TraceFormat::Csv } else { TraceFormat::Json };
    let factory = epcis::Factory::of(state.settings());
    work(move || match ask.query.format.unwrap_or(preferred) {
        TraceFormat::Json => Answer::object(detail::of(&traced), snapshot.as_of()),
        TraceFormat::Csv => ask.csv(flat::steps(detail::of(&traced)), &snapshot),
        TraceFormat::Epcis => {
            // The age of the data and not the time of the request: the same data make the same document.
            let written = snapshot.as_of().map_or_else(|| state.now(), |as_of| as_of.to_utc());
            Answer::document(EPCIS_MEDIA_TYPE, &epcis::document(&traced, &factory, written), snapshot.as_of())
        }
    })
    .await
}
