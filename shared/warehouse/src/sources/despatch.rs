//! `despatch`: what left the factory, for whom.

use super::{Division, OfRun, Owner, Source, date, signed, text, time, whole};

/// Orders on their way out.
pub const DESPATCH: Source = Source {
    table: "despatch",
    owner: Owner::Factory,
    staging: "despatch",
    columns: &[
        whole("despatch_id"),
        text("order_number"),
        text("customer"),
        text("product_code"),
        text("batch_code"),
        text("run_number"),
        whole("qty_cases"),
        signed("qty_kg"),
        date("despatch_date"),
        date("delivery_date"),
        signed("vehicle_temp_c"),
        text("status"),
        time("updated_at"),
    ],
    key: &["despatch_id"],
    watermark: "updated_at",
    watermark_until_changed: None,
    division: Division::Range("despatch_id", 20_000),
    // An order leaves at some time of its day. By the end of that day all runs of the day have begun.
    run: OfRun::AtEndOf("despatch_date"),
    named_batch: None,
    days: &["despatch_date", "updated_at"],
    batch: Some("batch_code"),
    touches: &[],
    mart_columns: None,
};
