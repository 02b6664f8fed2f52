//! `RunNumber`: one row per production run.

use super::{Division, OfRun, Owner, Source, date, flag, text, time};

/// Production runs: a run number on a production date.
pub const RUN_NUMBERS: Source = Source {
    table: "RunNumber",
    owner: Owner::Erp,
    staging: "run_numbers",
    columns: &[
        text("RunNumber"),
        date("ProductionDate"),
        text("Description").upper_case(),
        text("ProductCode"),
        text("ProdLine"),
        text("ShiftCode"),
        text("Spec"),
        flag("Active").when_null(true),
        flag("Complete").when_null(false),
        time("Created"),
        time("Updated"),
    ],
    key: &["RunNumber", "ProductionDate"],
    watermark: "Updated",
    watermark_until_changed: Some("Created"),
    division: Division::Digits("RunNumber", 1000),
    run: OfRun::Dated,
    named_batch: None,
    days: &[],
    batch: None,
    touches: &[],
    mart_columns: None,
};
