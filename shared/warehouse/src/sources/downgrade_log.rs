//! `downgrade_log`: product of a run that went down a tier while it was packed, and why.

use super::{Division, OfRun, Owner, Source, number, text, time, whole};

/// Downgrades.
pub const DOWNGRADE_LOG: Source = Source {
    table: "downgrade_log",
    owner: Owner::Factory,
    staging: "downgrade_log",
    columns: &[
        whole("downgrade_id"),
        text("run_number"),
        text("from_product"),
        text("to_product"),
        whole("from_tier").within(1, 3),
        whole("to_tier").within(1, 3),
        // Factories have reasons of their own beside `underweight`, `tail`, `visual` and `light_portion`.
        text("reason"),
        number("qty_kg"),
        time("logged_at"),
    ],
    key: &["downgrade_id"],
    watermark: "logged_at",
    watermark_until_changed: None,
    division: Division::Range("downgrade_id", 20_000),
    run: OfRun::AtTime("logged_at"),
    named_batch: None,
    days: &[],
    batch: None,
    touches: &[],
    mart_columns: None,
};
