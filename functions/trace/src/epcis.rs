//! A trace as a GS1 EPCIS 2.0 document in JSON-LD, with the key data elements that GDST asks of seafood.
//!
//! Receiving and shipping become object events, a run becomes a transformation event, and the packing of an
//! order an aggregation event. What the ERP does not know is left out. So is an event that would have no
//! time, a run without inputs and outputs, and the packing of an unknown quantity.
//!
//! We know of no GS1 company prefix of the factory. So names are GDST's own (`urn:gdst:…`), under the
//! factory's id.

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

/// The document of a trace. Its events are in the order of time.
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
