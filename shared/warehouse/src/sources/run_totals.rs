//! `SI_OCM_TOTALS`: the weighing system's sums, one row per run number.

use super::{Division, OfRun, Owner, Source, number, signed, text, time, whole};

/// Totals per run: `TotalWeight` and `Giveaway` in kilograms, pack statistics in grams.
pub const RUN_TOTALS: Source = Source {
    table: "SI_OCM_TOTALS",
    owner: Owner::Erp,
    staging: "run_totals",
    columns: &[
        text("RunNumber"),
        whole("TotalPacks"),
        number("TotalWeight"),
        number("AvgWeight"),
        number("MinWeight"),
        number("MaxWeight"),
        number("StdDev"),
        signed("Giveaway"),
        signed("GiveawayPct"),
        whole("RejectCount"),
        whole("DowntimeMins"),
        time("Updated"),
    ],
    key: &["RunNumber"],
    watermark: "Updated",
    watermark_until_changed: None,
    division: Division::Digits("RunNumber", 1000),
    run: OfRun::AtFirstStamp,
    named_batch: None,
    days: &[],
    batch: None,
    touches: &[],
    mart_columns: None,
};
