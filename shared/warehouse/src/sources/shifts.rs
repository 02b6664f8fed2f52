//! `shifts`: people and hours per shift and line.

use super::{Owner, Part, Source, date, number, text, time, whole};

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
    part: Part::Range("shift_id", 20_000),
};
