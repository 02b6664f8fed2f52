//! `SI_OCM_PLU`: the product master of the weighing system.

use super::{Division, OfRun, Owner, Source, Touches, flag, number, text, time, whole};

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
    division: Division::One,
    run: OfRun::None,
    named_batch: None,
    days: &[],
    batch: None,
    // The name of a product stands in the rows of every run of it.
    touches: &[Touches::EveryRun, Touches::Products],
    mart_columns: None,
};
