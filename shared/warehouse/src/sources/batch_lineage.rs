//! `batch_lineage`: batches scanned into a run and back out of it.

use super::{Division, OfRun, Owner, Source, Touches, signed, text, time, whole};

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
        signed("qty_kg"),
        time("scan_time"),
        time("updated_at"),
    ],
    key: &["lineage_id"],
    watermark: "updated_at",
    watermark_until_changed: None,
    division: Division::Range("lineage_id", 20_000),
    run: OfRun::AtTime("scan_time"),
    named_batch: Some("parent_batch"),
    days: &[],
    batch: None,
    // A batch that a scan-back made counts as known in the runs that name it.
    touches: &[Touches::RunsNaming("new_batch_code")],
    mart_columns: None,
};
