//! A trace as a GS1 EPCIS 2.0 document in JSON-LD, with the key data elements that GDST asks of seafood.
//!
//! Receiving and shipping are observed objects, a run is a transformation, packing an order an aggregation.
//! What the ERP does not know is left out, and an event that would have no time or no quantity at all is no
//! event. The factory has no GS1 company prefix that we know of, so that names are GDST's own (`urn:gdst:…`),
//! under the factory's id.

mod events;
mod names;
mod times;

use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};
use serve::Settings;

use crate::traced::Traced;

/// Whose document it is.
#[derive(Clone, Debug)]
pub(crate) struct Factory {
    id: String,
    tz: Tz,
}

impl Factory {
    pub(crate) fn of(settings: &Settings) -> Self {
        Self { id: settings.factory_id.clone(), tz: settings.factory_tz }
    }
}

/// The document of a trace, its events by time.
pub(crate) fn document(traced: &Traced, factory: &Factory, written: DateTime<Utc>) -> Value {
    let mut events = events::of(traced, factory);
    events.sort_by_key(|event| event.at);
    json!({
        "@context": [
            "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
            {"gdst": "https://traceability-dialogue.org/epcis/", "cbvmda": "urn:epcglobal:cbv:mda:"},
        ],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": written.with_timezone(&factory.tz).to_rfc3339_opts(SecondsFormat::Millis, false),
        "epcisBody": {"eventList": events.into_iter().map(|event| event.written(factory)).collect::<Vec<_>>()},
    })
}
