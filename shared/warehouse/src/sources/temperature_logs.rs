//! `temperature_logs`: readings with the limits that held for them, in °C.

use super::{Division, OfRun, Owner, Source, signed, text, time, whole};

/// Temperature readings.
pub const TEMPERATURE_LOGS: Source = Source {
    table: "temperature_logs",
    owner: Owner::Factory,
    staging: "temperature_logs",
    columns: &[
        whole("log_id"),
        text("location"),
        time("reading_time"),
        signed("temp_celsius"),
        signed("target_min"),
        signed("target_max"),
        text("recorded_by"),
        time("updated_at"),
    ],
    key: &["log_id"],
    watermark: "updated_at",
    watermark_until_changed: None,
    division: Division::Range("log_id", 20_000),
    run: OfRun::None,
    named_batch: None,
    days: &["reading_time"],
    batch: None,
    touches: &[],
    mart_columns: None,
};
