//! `SI_OCM_TRANS`: one row per pack that was weighed and labelled; weights in grams.

use super::{Owner, Part, Source, flag, number, signed, text, time, whole};

/// Packs, each with its weights in grams.
pub const TRANSACTIONS: Source = Source {
    table: "SI_OCM_TRANS",
    owner: Owner::Erp,
    staging: "transactions",
    columns: &[
        whole("TransNo"),
        text("RunNumber"),
        time("TransDate"),
        text("ProductCode"),
        number("Weight"),
        number("TargetWeight"),
        number("Tare"),
        number("NetWeight"),
        signed("Overweight"),
        text("Barcode"),
        flag("LabelPrinted"),
        flag("ScannerPass"),
        text("ProdLine"),
        text("OperatorID"),
    ],
    key: &["TransNo"],
    watermark: "TransDate",
    watermark_until_changed: None,
    part: Part::Range("TransNo", 50_000),
};
