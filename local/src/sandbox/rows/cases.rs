//! `case_verification`: the scanner above the line reads each case when it is closed.

use warehouse::sources::CASE_VERIFICATION;

use crate::sandbox::cell::{Cell, stamp};
use crate::sandbox::clock::Window;
use crate::sandbox::day::Day;
use crate::sandbox::factory::LINES;
use crate::sandbox::faults::{Fault, Typo, typo};
use crate::sandbox::making::{MOST_PACKS, Made};
use crate::sandbox::rota::Run;
use crate::sandbox::schema::Writer;

/// Each run has a block of this many case ids. The last id is for a case that somebody typed in by hand.
const BLOCK: i64 = MOST_PACKS / 4 + 1;

/// The number on the first label of a run. Labels come from one roll after the other.
pub(super) fn first_label(run: &Run) -> i64 {
    1001 + run.serial * 61 % 8000
}

/// Writes the cases that were scanned in the window.
pub(super) fn write(day: &Day, made: &Made, window: Window, erp: &mut Writer) -> rusqlite::Result<()> {
    let run = &made.run;
    if run.end <= window.after {
        return Ok(());
    }
    let cases = made.cases();
    for n in 0..cases {
        let last_pack = ((n + 1) * run.product.packs_per_case()).min(made.packs.len() as i64) - 1;
        let at = made.packs[last_pack as usize].at + 4;
        if !window.contains(at) || (run.fault == Some(Fault::LabelGap) && is_in_gap(n, cases)) {
            continue;
        }
        let is_other = run.fault == Some(Fault::PluMismatch) && n % 7 == 2;
        let label = Cell::Int(first_label(run) + n);
        put(run, n, label, run.product.plu + i64::from(is_other), at, erp)?;
    }
    if typo(day.seed, day.number, run.rank) == Some(Typo::CaseLabel) && window.contains(run.end) {
        put(run, BLOCK - 1, Cell::Str("A12B"), run.product.plu, run.end, erp)?;
    }
    Ok(())
}

/// Whether a case belongs to one of two gaps: one of three cases that were not read, and one of a single
/// case.
fn is_in_gap(n: i64, cases: i64) -> bool {
    (cases / 3..cases / 3 + 3).contains(&n) || n == cases * 3 / 4
}

fn put(run: &Run, n: i64, label: Cell, scanned_plu: i64, at: i64, erp: &mut Writer) -> rusqlite::Result<()> {
    let line = &LINES[run.line];
    erp.put(
        &CASE_VERIFICATION,
        &[
            Cell::Int(run.serial * BLOCK + n),
            Cell::Str(&run.number),
            label,
            Cell::Text(format!("1050{scanned_plu:05}{:05}{n:03}", run.serial % 100_000)),
            Cell::Text(run.product.plu.to_string()),
            Cell::Text(if n % 40 == 7 { format!("{scanned_plu} ") } else { scanned_plu.to_string() }),
            stamp(at),
            Cell::Text(format!("SCN-{}", run.line + 1)),
            Cell::Str(if n % 10 == 0 { line.name } else { line.id }),
            stamp(at),
        ],
    )
}
