//! `/trace/{batch_code}`: where a batch came from and where it went, as JSON, as a flat list (CSV or a
//! workbook) or as EPCIS.
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
        Format::Xlsx => TraceFormat::Xlsx,
    };
    let factory = epcis::Factory::of(state.settings());
    work(move || match ask.query.format.unwrap_or(preferred) {
        TraceFormat::Json => {
            Ok(ask.object(detail::of(&traced), snapshot.as_of())?.or_instead(INSTEAD_OF_JSON))
        }
        TraceFormat::Csv => {
            let (steps, for_excel) = (flat::steps(detail::of(&traced)), ask.query.bom.unwrap_or_default());
            Ok(Answer::csv_rows(steps, for_excel, snapshot.as_of())?.or_instead(INSTEAD_OF_CSV))
        }
        TraceFormat::Xlsx => {
            let steps = flat::steps(detail::of(&traced));
            Ok(Answer::xlsx_rows(steps, ask.name(), snapshot.as_of())?.or_instead(INSTEAD))
        }
        TraceFormat::Epcis => {
            // This is the time of the data and not of the request, so that the same data make the same
            // document.
            let written = snapshot.as_of().map_or_else(|| state.now(), |as_of| as_of.to_utc());
            let document = epcis::document(&traced, &factory, written);
            Ok(Answer::document(EPCIS_MEDIA_TYPE, &document, snapshot.as_of())?.or_instead(INSTEAD))
        }
    })
    .await
}

// What to ask for where a trace is more than one answer can hold.
const INSTEAD_OF_JSON: &str = "ask for the same with `format=csv` or `format=xlsx`, which are shorter, or trace the batch's runs, each by its number and `date`";
const INSTEAD_OF_CSV: &str = "ask for the same with `format=xlsx`, which is shorter, or trace the batch's runs, each by its number and `date`";
const INSTEAD: &str = "trace the batch's runs, each by its number and `date`";
