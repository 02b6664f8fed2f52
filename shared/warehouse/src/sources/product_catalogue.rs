//! `product_catalogue`: what a product is sold as, and to whom.

use super::{Division, OfRun, Owner, Source, Touches, flag, number, text, time, whole};

/// Products as the factory sells them.
pub const PRODUCT_CATALOGUE: Source = Source {
    table: "product_catalogue",
    owner: Owner::Factory,
    staging: "product_catalogue",
    columns: &[
        text("product_code"),
        text("description"),
        text("brand"),
        text("species"),
        whole("tier").within(1, 3),
        number("pack_weight_g"),
        whole("pieces_per_pack"),
        number("piece_weight_g"),
        text("piece_type"),
        text("customer"),
        text("hazard_class"),
        flag("active").when_null(true),
        time("updated_at"),
    ],
    key: &["product_code"],
    watermark: "updated_at",
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
