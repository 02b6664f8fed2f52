//! `traceability`: one row per intake batch, with where the fish came from.

use super::{Division, OfRun, Owner, Source, Touches, date, number, signed, text, time};

/// Intake batches: supplier, vessel, catch area, certificate.
pub const TRACEABILITY: Source = Source {
    table: "traceability",
    owner: Owner::Factory,
    staging: "traceability",
    columns: &[
        text("trace_id"),
        text("batch_code"),
        text("supplier"),
        text("species"),
        text("grade"),
        text("catch_area"),
        text("catch_method"),
        text("vessel_name"),
        date("landing_date"),
        date("kill_date"),
        date("received_date"),
        signed("received_temp_c"),
        number("qty_kg"),
        date("use_by_date"),
        text("country_origin"),
        text("certified"),
        time("updated_at"),
    ],
    key: &["trace_id"],
    watermark: "updated_at",
    watermark_until_changed: None,
    division: Division::Digits("trace_id", 5000),
    run: OfRun::None,
    named_batch: None,
    days: &["received_date", "landing_date", "kill_date", "updated_at"],
    batch: Some("batch_code"),
    // The species and the supplier of an intake stand in the rows of the runs that took it in.
    touches: &[Touches::RunsNaming("batch_code")],
    mart_columns: None,
};
