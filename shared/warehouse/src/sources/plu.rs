//! `SI_OCM_PLU`: the product master of the weighing system.

use super::{Owner, Part, Source, flag, number, text, time, whole};

/// Products as the weighing system knows them; `PackSize` in grams, `ShelfLife` in days.
pub const PLU: Source = Source {
    table: "SI_OCM_PLU",
    owner: Owner::Erp,
    staging: "plu",
    columns: &[
        whole("PLUNumber"),
        text("Description").upper_case(),
        text("ProductCode"),
        text("Category"),
        text("Species"),
        number("PackSize"),
        whole("ShelfLife"),
        text("Allergens"),
        flag("Active").when_null(true),
        time("Updated"),
    ],
    key: &["PLUNumber"],
    watermark: "Updated",
    watermark_until_changed: None,
    part: Part::One,
};
