//! The rows of a factory day, table by table.
//!
//! Each row is a function of the day and of a moment. To fill a sandbox is to write every row as it stands at
//! the end. To keep it producing is to write the rows that appear or change in a window of time. Both use the
//! same functions, so both give the same tables.

mod cases;
mod despatch;
mod downgrades;
mod labour;
mod masters;
mod materials;
mod packs;
mod paperwork;
mod quality;
mod temperatures;

use super::clock::Window;
use super::day::Day;
use super::schema::Writer;

/// How many days a row of a day may still change after it: orders and quality records take that long.
pub(super) const DAYS_BACK: i64 = 10;
/// How many days before a day its first rows appear: fish is delivered, and orders are placed, on the day
/// before.
pub(super) const DAYS_AHEAD: i64 = 1;

/// Writes the rows of this day that appear or change in the window.
pub(super) fn write_day(day: &Day, window: Window, erp: &mut Writer) -> rusqlite::Result<()> {
    materials::write_deliveries(day, window, erp)?;
    temperatures::write(day, window, erp)?;
    for (made, inputs) in day.runs.iter().zip(&day.inputs) {
        despatch::write(day, made, inputs, window, erp)?;
        paperwork::write_run_number(day, made, window, erp)?;
        if made.run.start <= window.until {
            paperwork::write(day, made, window, erp)?;
            packs::write(day, made, window, erp)?;
            cases::write(day, made, window, erp)?;
            materials::write_run(day, made, inputs, window, erp)?;
            downgrades::write(day.seed, made, window, erp)?;
        }
    }
    quality::write(day, window, erp)?;
    labour::write(day, window, erp)
}

/// Writes the lines and products that were revised in the window.
pub(super) fn write_masters(seed: u64, window: Window, erp: &mut Writer) -> rusqlite::Result<()> {
    masters::write(seed, window, erp)
}
