//! The rows of a factory day, table by table.
//!
//! Each row is a function of the day and of a moment: filling a sandbox writes every row as it stands at the
//! end; keeping it producing writes the rows that appear or change in a window of time. Both call the same
//! functions, so both give the same tables.

mod cases;
mod despatch;
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

/// The days for which a moment can matter: from so many days back (orders and quality records take that long)
/// ...
pub(super) const DAYS_BACK: i64 = 10;
/// ... to so many days ahead (fish is delivered on the day before it is used).
pub(super) const DAYS_AHEAD: i64 = 1;

/// Writes what appears or changes in the window, of the things that belong to this day.
pub(super) fn write_day(day: &Day, window: Window, erp: &mut Writer) -> rusqlite::Result<()> {
    materials::write_deliveries(day, window, erp)?;
    temperatures::write(day, window, erp)?;
    for (made, inputs) in day.runs.iter().zip(&day.inputs) {
        if made.run.start > window.until {
            break;
        }
        paperwork::write(day, made, window, erp)?;
        packs::write(day, made, window, erp)?;
        cases::write(day, made, window, erp)?;
        materials::write_run(day, made, inputs, window, erp)?;
        despatch::write(day, made, inputs, window, erp)?;
    }
    quality::write(day, window, erp)?;
    labour::write(day, window, erp)
}

/// Writes the lines and products that were revised in the window.
pub(super) fn write_masters(seed: u64, window: Window, erp: &mut Writer) -> rusqlite::Result<()> {
    masters::write(seed, window, erp)
}
