//! Keys that were used again for other rows. After a restore or a reset of its numbering, an ERP gives
//! numbers out a second time. The new rows then take the place of rows that have nothing to do with them, and
//! say so, so that they inherit no stamps. Pure.

use std::collections::HashSet;

use domain::code::folded;
use polars::prelude::*;

use super::stamps::{day_of_each, own_time};
use crate::frames::{fit, semi};
use crate::segment::{OP, OP_REPLACE, OP_REUSE, OP_UPSERT};
use crate::sources::{Kind, OfRun, Source};

/// A row whose own time moves by more than this, and that names something else than before, is another row.
const MOVES_MAX_MICROS: i64 = 24 * 60 * 60 * 1_000_000;
/// The same for the time of an event, which a machine notes: who books it on another run moves it by hours of the
/// same shift at most.
const EVENT_MOVES_MAX_MICROS: i64 = 8 * 60 * 60 * 1_000_000;

/// What the rows of tables that belong to no run are about, by the names in the lake. The first that a table
/// has counts.
const ABOUT: [&str; 3] = ["location", "line_id", "product_code"];

/// The keys of the rows that are other rows than those held under their keys.
///
/// A number that counts rows up is looked at, and no code that people give out. Its row is another one if it
/// names another run (or place, line or product in a table without runs) and its own time lies more than a
/// day from that of the row before, or that of its event more than a shift. A correction changes one of these and
/// hardly ever both. Where the only time is that of the last change, which every correction moves, something
/// else must differ as well.
pub fn rekeyed(source: &Source, held: &DataFrame, rows: &DataFrame) -> PolarsResult<Vec<i64>> {
    let ([key], Some(about)) = (source.key, about(source)) else { return Ok(Vec::new()) };
    if source.column(key).kind != Kind::Whole || rows.height() == 0 {
        return Ok(Vec::new());
    }
    let keys = source.key_names();
    let by_key = |frame: &DataFrame| frame.sort(&keys, SortMultipleOptions::default());
    // The stamps of both versions are compared. The one that the held row was first read with says less.
    let before = by_key(&fit(&semi(held, rows, &keys)?, &source.schema())?)?;
    let now = by_key(&semi(rows, &before, &keys)?)?;
    // A key stands once on either side, so row by row the two frames are about the same keys.
    if before.height() != now.height() || now.height() == 0 {
        return Ok(Vec::new());
    }
    let mut is_other = texts_differ(before.column(&about)?, now.column(&about)?)?;
    let moments = (moment_of_each(source, &before)?, moment_of_each(source, &now)?);
    let mut is_far = moved(&moments.0, &moments.1, MOVES_MAX_MICROS)?;
    if let OfRun::AtTime(event) = source.run {
        let of_event = |rows: &DataFrame| micros(rows.column(&source.column(event).name())?);
        is_far = &is_far | &moved(&of_event(&before)?, &of_event(&now)?, EVENT_MOVES_MAX_MICROS)?;
    }
    is_other = &is_other & &is_far;
    if !has_own_time(source) {
        is_other = &is_other & &more_differs(source, &about, &before, &now)?;
    }
    let others = now.column(&keys[0])?.as_materialized_series().filter(&is_other)?;
    Ok(others.i64()?.iter().flatten().collect())
}

/// Marks the rows of a segment under these keys as other rows than those held.
pub fn mark_reused(source: &Source, rows: &mut DataFrame, keys: &[i64]) -> PolarsResult<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let keys: HashSet<i64> = keys.iter().copied().collect();
    let pairs = rows.column(&source.key_names()[0])?.i64()?.iter().zip(rows.column(OP)?.str()?.iter());
    let mark = |(key, op): (Option<i64>, _)| {
        let is_version = matches!(op, Some(OP_UPSERT | OP_REPLACE));
        if is_version && key.is_some_and(|key| keys.contains(&key)) { Some(OP_REUSE) } else { op }
    };
    let ops: StringChunked = pairs.map(mark).collect();
    rows.with_column(Column::from(ops.into_series()).with_name(OP.into()))?;
    Ok(())
}

/// The column that tells what a row is about.
fn about(source: &Source) -> Option<String> {
    let has = |name: &&str| source.columns.iter().any(|column| column.name() == **name);
    let of_run = (source.run != OfRun::None).then_some("run_number").filter(has);
    of_run.or_else(|| ABOUT.into_iter().find(has)).map(str::to_owned)
}

/// Whether rows have a time of their own besides that of their last change.
fn has_own_time(source: &Source) -> bool {
    matches!(source.run, OfRun::AtTime(_) | OfRun::AtEndOf(_)) || !source.days.is_empty()
}

/// The own time of each row, in microseconds.
fn moment_of_each(source: &Source, rows: &DataFrame) -> PolarsResult<Column> {
    let moments = match day_of_each(source, rows)? {
        Some(days) if source.run == OfRun::None => days,
        _ => own_time(source, rows)?,
    };
    micros(&moments)
}

fn micros(moments: &Column) -> PolarsResult<Column> {
    moments.cast(&DataType::Datetime(TimeUnit::Microseconds, None))?.cast(&DataType::Int64)
}

/// Which of these moments lie farther apart than this.
fn moved(before: &Column, now: &Column, max_micros: i64) -> PolarsResult<BooleanChunked> {
    let pairs = before.i64()?.iter().zip(now.i64()?.iter());
    let far = |(before, now): (Option<i64>, Option<i64>)| {
        Some(before.zip(now).is_some_and(|(before, now)| before.abs_diff(now) > max_micros.unsigned_abs()))
    };
    Ok(pairs.map(far).collect())
}

/// Where two columns of codes differ, in whatever case. A row that named nothing before may be told its name
/// later, which is a correction.
fn texts_differ(before: &Column, now: &Column) -> PolarsResult<BooleanChunked> {
    let pairs = before.str()?.iter().zip(now.str()?.iter());
    let differ = |(before, now): (Option<&str>, Option<&str>)| {
        Some(before.zip(now).is_some_and(|(before, now)| folded(before) != folded(now)))
    };
    Ok(pairs.map(differ).collect())
}

/// Where a column differs that is neither key nor stamp nor what the row is about.
fn more_differs(
    source: &Source,
    about: &str,
    before: &DataFrame,
    now: &DataFrame,
) -> PolarsResult<BooleanChunked> {
    let known: Vec<String> = source.key_names().into_iter().chain(source.watermark_names()).collect();
    let mut differ = BooleanChunked::full("differ".into(), false, now.height());
    for name in source.columns.iter().map(crate::sources::Column::name) {
        if name != about && !known.contains(&name) {
            let (before, now) = (before.column(&name)?, now.column(&name)?);
            let these = before.as_materialized_series().not_equal_missing(now.as_materialized_series())?;
            differ = &differ | &these;
        }
    }
    Ok(differ)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frames::fit;
    use crate::sources::{PLU, RUN_INPUTS, SHIFTS, TEMPERATURE_LOGS, TRANSACTIONS};
    use chrono::{NaiveDate, NaiveDateTime};

    fn at(day: u32, hour: u32) -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap().and_hms_opt(hour, 0, 0).unwrap()
    }

    /// The keys that are used again when `now` takes the place of `before`.
    fn again(source: &Source, before: DataFrame, now: DataFrame) -> Vec<i64> {
        let fitted = |frame: DataFrame| fit(&frame, &source.schema()).unwrap();
        rekeyed(source, &fitted(before), &fitted(now)).unwrap()
    }

    #[test]
    fn a_pack_of_another_run_on_another_day_is_another_pack_and_a_correction_is_none() {
        let packs = |rows: &[(i64, &str, NaiveDateTime)]| {
            df!["trans_no" => rows.iter().map(|row| row.0).collect::<Vec<_>>(),
                "run_number" => rows.iter().map(|row| row.1).collect::<Vec<_>>(),
                "trans_date" => rows.iter().map(|row| row.2).collect::<Vec<_>>()]
            .unwrap()
        };
        let before = packs(&[
            (3, "7", at(1, 6)),
            (1, "7", at(1, 6)),
            (2, "r7", at(1, 6)),
            (4, "7", at(1, 6)),
            (6, "7", at(1, 6)),
        ]);
        let now = packs(&[
            (1, "8", at(9, 6)),
            // The numbers began again the evening after.
            (6, "8", at(1, 15)),
            // Booked on another run in the same shift, moved in time, spelt in another way, and quite new.
            (3, "8", at(1, 14)),
            (4, "7", at(9, 6)),
            (2, "R7", at(9, 6)),
            (5, "9", at(9, 6)),
        ]);
        assert_eq!(again(&TRANSACTIONS, before, now), [1, 6]);
    }

    #[test]
    fn versions_under_the_keys_are_marked_and_nothing_else() {
        let mut rows = df!["trans_no" => [Some(1_i64), Some(2), Some(3), Some(1), None],
            OP => ["upsert", "upsert", "replace", "reject", "reject"]]
        .unwrap();
        mark_reused(&TRANSACTIONS, &mut rows, &[1, 3]).unwrap();
        let ops: Vec<_> = rows.column(OP).unwrap().str().unwrap().iter().flatten().collect();
        assert_eq!(ops, ["reuse", "upsert", "reuse", "reject", "reject"]);
    }

    #[test]
    fn where_every_correction_moves_the_only_time_something_else_must_differ_too() {
        let inputs = |run: &str, qty_kg: f64, stamp| {
            df!["input_id" => [1_i64], "run_number" => [run], "qty_kg" => [qty_kg], "updated_at" => [stamp]]
                .unwrap()
        };
        let before = || inputs("7", 100.0, at(1, 6));
        assert!(again(&RUN_INPUTS, before(), inputs("8", 100.0, at(9, 6))).is_empty());
        assert!(again(&RUN_INPUTS, before(), inputs("7", 90.0, at(9, 6))).is_empty());
        assert_eq!(again(&RUN_INPUTS, before(), inputs("8", 90.0, at(9, 6))), [1]);
    }

    #[test]
    fn tables_without_runs_go_by_place_line_or_product() {
        let reading = |location: &str, time| {
            df!["log_id" => [1_i64], "location" => [location], "reading_time" => [time], "updated_at" => [time]]
                .unwrap()
        };
        assert_eq!(again(&TEMPERATURE_LOGS, reading("Dock", at(1, 6)), reading("Chiller", at(3, 6))), [1]);
        assert!(again(&TEMPERATURE_LOGS, reading("Dock", at(1, 6)), reading("Chiller", at(1, 7))).is_empty());
        let shift = |line: &str, day| {
            df!["shift_id" => [1_i64], "line_id" => [line], "shift_date" => [at(day, 0).date()],
                "updated_at" => [at(9, 0)]]
            .unwrap()
        };
        assert_eq!(again(&SHIFTS, shift("L1", 1), shift("L2", 4)), [1]);
        assert!(again(&SHIFTS, shift("L1", 1), shift("L1", 4)).is_empty());
        let product = |code: &str, description: &str, day| {
            df!["plu_number" => [1_i64], "product_code" => [code], "description" => [description],
                "updated" => [at(day, 0)]]
            .unwrap()
        };
        assert_eq!(again(&PLU, product("P1", "COD", 1), product("P2", "HAKE", 9)), [1]);
        assert!(again(&PLU, product("P1", "COD", 1), product("P2", "COD", 9)).is_empty());
    }
}
