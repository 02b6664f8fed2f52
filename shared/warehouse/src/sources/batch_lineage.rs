//! `batch_lineage`: batches scanned into a run and back out of it.

use super::{Owner, Part, Source, number, text, time, whole};

/// Scan-ins, scan-backs and returns of batches.
pub const BATCH_LINEAGE: Source = Source {
    table: "batch_lineage",
    owner: Owner::Factory,
    staging: "batch_lineage",
    columns: &[
        whole("lineage_id"),
        text("run_number"),
        text("batch_code"),
        text("direction"),
        text("return_method"),
        text("new_batch_code"),
        text("parent_batch"),
        text("grade"),
        number("qty_kg"),
        time("scan_time"),
        time("updated_at"),
    ],
    key: &["lineage_id"],
    watermark: "updated_at",
    watermark_until_changed: None,
    part: Part::Range("lineage_id", 20_000),
};
