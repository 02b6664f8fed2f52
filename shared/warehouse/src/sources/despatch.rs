//! `despatch`: what left the factory, for whom.

use super::{Owner, Part, Source, date, number, signed, text, time, whole};

/// Orders on their way out.
pub const DESPATCH: Source = Source {
    table: "despatch",
    owner: Owner::Factory,
    staging: "despatch",
    columns: &[
        whole("despatch_id"),
        text("order_number"),
        text("customer"),
        text("product_code"),
        text("batch_code"),
        text("run_number"),
        whole("qty_cases"),
        number("qty_kg"),
        date("despatch_date"),
        date("delivery_date"),
        signed("vehicle_temp_c"),
        text("status"),
        time("updated_at"),
    ],
    key: &["despatch_id"],
    watermark: "updated_at",
    watermark_until_changed: None,
    part: Part::Range("despatch_id", 20_000),
};
