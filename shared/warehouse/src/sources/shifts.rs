//! `shifts`: people and hours per shift and line.

use super::{Division, OfRun, Owner, Source, date, number, text, time, whole};

/// Labour per shift and line.
pub const SHIFTS: Source = Source {
    table: "shifts",
    owner: Owner::Factory,
    staging: "shifts",
    columns: &[
        whole("shift_id"),
        date("shift_date"),
        text("shift_code"),
        text("line_id"),
        whole("headcount"),
        number("planned_hours"),
        number("actual_hours"),
        number("overtime_hours"),
        number("output_kg"),
        time("updated_at"),
    ],
    key: &["shift_id"],
    watermark: "updated_at",
    watermark_until_changed: None,
    division: Division::Range("shift_id", 20_000),
    run: OfRun::None,
    named_batch: None,
    days: &["shift_date"],
    batch: None,
    touches: &[],
    mart_columns: None,
};
