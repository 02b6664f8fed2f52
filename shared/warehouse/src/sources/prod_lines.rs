//! `prod_lines`: the production lines.

use super::{Division, OfRun, Owner, SHIFTS, Source, Touches, flag, number, text, time};

/// Production lines with their capacity per shift.
pub const PROD_LINES: Source = Source {
    table: "prod_lines",
    owner: Owner::Factory,
    staging: "prod_lines",
    columns: &[
        text("line_id"),
        text("line_name"),
        text("line_type"),
        text("area"),
        number("max_capacity_kg"),
        flag("active").when_null(true),
        time("updated_at"),
    ],
    key: &["line_id"],
    watermark: "updated_at",
    watermark_until_changed: None,
    division: Division::One,
    run: OfRun::None,
    named_batch: None,
    days: &[],
    batch: None,
    // The name of a line stands in the rows of every run of it, and in those of its shifts.
    touches: &[Touches::EveryRun, Touches::EveryDayOf(&SHIFTS)],
    mart_columns: None,
};
