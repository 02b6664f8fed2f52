//! `run_sheets`: the digitised paperwork of a run.

use super::{Division, OfRun, Owner, Source, date, number, text, time, whole};

/// Run sheets: target, label range, times.
pub const RUN_SHEETS: Source = Source {
    table: "run_sheets",
    owner: Owner::Factory,
    staging: "run_sheets",
    columns: &[
        text("run_number"),
        date("production_date"),
        number("target_qty_kg"),
        whole("baskets"),
        whole("start_label"),
        whole("end_label"),
        date("pack_date"),
        whole("shelf_life_adjustment").within(0, 3),
        time("started_at"),
        time("finished_at"),
        text("recorded_by"),
        time("updated_at"),
    ],
    key: &["run_number", "production_date"],
    watermark: "updated_at",
    watermark_until_changed: None,
    division: Division::Digits("run_number", 1000),
    run: OfRun::Dated,
    named_batch: None,
    days: &[],
    batch: None,
    touches: &[],
    mart_columns: None,
};
