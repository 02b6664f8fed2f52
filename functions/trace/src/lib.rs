//! `/trace/{batch_code}`: where a batch came from and where it went, as JSON, as a flat list or as EPCIS.
//!
//! - [`batches`]: which batch a code means, where it was used again
//! - [`book`]: reads the links that can matter and no others, and follows batches through them
//! - [`traced`]: all that is known of what was followed
//! - [`detail`], [`flat`] and [`epcis`]: the three forms of the answer
//!
//! Batches descend from each other by scan-backs alone: products are no batches. A run counts for the batches
//! that went into it.

mod balance;
mod batches;
mod book;
mod detail;
mod epcis;
mod flat;
mod traced;

use api::Format;
use api::trace::{EPCIS_MEDIA_TYPE, TRACE, Trace, TraceFormat, TraceQuery};
use serve::{Answer, Ask, Result, Routes, State, work};

use traced::Traced;

pub fn routes() -> Routes {
    Routes::new().get(&TRACE, trace)
}

async fn trace(state: State, ask: Ask<TraceQuery, Trace>) -> Result<Answer> {
    let snapshot = state.snapshot().await?;
    let traced = Traced::of(&snapshot, ask.value().trim(), ask.query.date, ask.query.received).await?;
    let preferred = match ask.accepted {
        Format::Json => TraceFormat::Json,
        Format::Csv => TraceFormat::Csv,
    };
    let factory = epcis::Factory::of(state.settings());
    work(move || match ask.query.format.unwrap_or(preferred) {
        TraceFormat::Json => ask.object(detail::of(&traced), snapshot.as_of()),
        TraceFormat::Csv => Answer::csv_rows(
            flat::steps(detail::of(&traced)),
            ask.query.bom.unwrap_or_default(),
            snapshot.as_of(),
        ),
        TraceFormat::Epcis => {
            // This is the time of the data and not of the request, so that the same data make the same
            // document.
            let written = snapshot.as_of().map_or_else(|| state.now(), |as_of| as_of.to_utc());
            Answer::document(EPCIS_MEDIA_TYPE, &epcis::document(&traced, &factory, written), snapshot.as_of())
        }
    })
    .await
}
