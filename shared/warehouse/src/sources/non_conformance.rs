//! `non_conformance`: quality records from raised to closed.

use super::{Division, OfRun, Owner, Source, date, text, time, whole};

/// Quality records.
pub const NON_CONFORMANCE: Source = Source {
    table: "non_conformance",
    owner: Owner::Factory,
    staging: "non_conformance",
    columns: &[
        whole("nc_id"),
        date("nc_date"),
        text("run_number"),
        text("product_code"),
        text("nc_type"),
        text("severity"),
        text("description"),
        text("root_cause"),
        text("corrective_action"),
        text("raised_by"),
        text("closed_by"),
        date("closed_date"),
        text("status"),
        time("updated_at"),
    ],
    key: &["nc_id"],
    watermark: "updated_at",
    watermark_until_changed: None,
    division: Division::Range("nc_id", 20_000),
    run: OfRun::None,
    named_batch: None,
    days: &["nc_date"],
    batch: None,
    touches: &[],
    mart_columns: None,
};
