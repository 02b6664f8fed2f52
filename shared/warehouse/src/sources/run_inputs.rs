//! `run_inputs`: kilograms of each batch code that went into a run.

use super::{Division, OfRun, Owner, Source, signed, text, time, whole};

/// What went into a run, per batch. A booking may be corrected by a negative one.
pub const RUN_INPUTS: Source = Source {
    table: "run_inputs",
    owner: Owner::Factory,
    staging: "run_inputs",
    columns: &[
        whole("input_id"),
        text("run_number"),
        text("batch_code"),
        text("grade"),
        text("species"),
        signed("qty_kg"),
        time("updated_at"),
    ],
    key: &["input_id"],
    watermark: "updated_at",
    watermark_until_changed: None,
    division: Division::Range("input_id", 20_000),
    run: OfRun::AtFirstStamp,
    named_batch: Some("batch_code"),
    days: &[],
    batch: None,
    touches: &[],
    mart_columns: None,
};
