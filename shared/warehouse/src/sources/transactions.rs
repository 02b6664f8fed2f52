//! `SI_OCM_TRANS`: one row per pack that was weighed and labelled; weights in grams.

use super::{Division, OfRun, Owner, Source, flag, number, signed, text, time, whole};

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
    division: Division::Range("TransNo", 50_000),
    run: OfRun::AtTime("TransDate"),
    named_batch: None,
    days: &[],
    batch: None,
    touches: &[],
    mart_columns: Some(&[
        "TransNo",
        "RunNumber",
        "TransDate",
        "NetWeight",
        "TargetWeight",
        "LabelPrinted",
        "ProdLine",
    ]),
};
