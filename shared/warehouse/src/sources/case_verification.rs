//! `case_verification`: what the inline scanner read on each case.

use super::{Division, OfRun, Owner, Source, text, time, whole};

/// Scanned cases.
pub const CASE_VERIFICATION: Source = Source {
    table: "case_verification",
    owner: Owner::Factory,
    staging: "case_verification",
    columns: &[
        whole("verify_id"),
        text("run_number"),
        whole("label_seq"),
        text("case_barcode"),
        text("expected_plu"),
        text("scanned_plu"),
        time("scan_time"),
        text("scanner_id"),
        text("prod_line"),
        time("updated_at"),
    ],
    key: &["verify_id"],
    watermark: "updated_at",
    watermark_until_changed: None,
    division: Division::Range("verify_id", 50_000),
    run: OfRun::AtTime("scan_time"),
    named_batch: None,
    days: &[],
    batch: None,
    touches: &[],
    mart_columns: Some(&[
        "run_number",
        "label_seq",
        "expected_plu",
        "scanned_plu",
        "scan_time",
        "updated_at",
    ]),
};
