//! `run_outputs`: what came out of a run, per product and tier.

use super::{Division, OfRun, Owner, Source, signed, text, time, whole};

/// What came out of a run.
pub const RUN_OUTPUTS: Source = Source {
    table: "run_outputs",
    owner: Owner::Factory,
    staging: "run_outputs",
    columns: &[
        whole("output_id"),
        text("run_number"),
        text("product_code"),
        whole("tier").within(1, 3),
        text("piece_type"),
        text("source_grade"),
        whole("qty_packs"),
        signed("qty_kg"),
        time("updated_at"),
    ],
    key: &["output_id"],
    watermark: "updated_at",
    watermark_until_changed: None,
    division: Division::Range("output_id", 20_000),
    run: OfRun::AtFirstStamp,
    named_batch: None,
    days: &[],
    batch: None,
    touches: &[],
    mart_columns: None,
};
