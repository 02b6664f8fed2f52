//! `SI_OCM_TRANS`: a row for each pack that went over a scale.

use warehouse::sources::TRANSACTIONS;

use crate::sandbox::cell::{Cell, flag, mixed_stamp, untidy};
use crate::sandbox::clock::Window;
use crate::sandbox::day::Day;
use crate::sandbox::dice::{Dice, Topic};
use crate::sandbox::factory::LINES;
use crate::sandbox::faults::{Typo, typo};
use crate::sandbox::making::{MOST_PACKS, Made, Pack};
use crate::sandbox::schema::Writer;

/// The number of the pack that has a typing error, if the run has one in its packs.
const STRUCK: i64 = 17;

/// Writes the packs that were weighed in the window.
pub(super) fn write(day: &Day, made: &Made, window: Window, erp: &mut Writer) -> rusqlite::Result<()> {
    let run = &made.run;
    if run.end <= window.after {
        return Ok(());
    }
    let typo = typo(day.seed, day.number, run.rank);
    let operator = format!("OP{:02}", run.line * 3 + run.shift + 1);
    let from = made.packs.partition_point(|pack| pack.at <= window.after);
    for (n, pack) in (from as i64..).zip(&made.packs[from..]) {
        if pack.at > window.until {
            break;
        }
        let typo = typo.filter(|_| n == STRUCK);
        let cells = cells(day, made, n, pack, typo, &operator);
        erp.put(&TRANSACTIONS, &cells)?;
    }
    Ok(())
}

fn cells<'a>(
    day: &Day,
    made: &'a Made,
    n: i64,
    pack: &Pack,
    typo: Option<Typo>,
    operator: &'a str,
) -> [Cell<'a>; 14] {
    let run = &made.run;
    let id = run.serial * MOST_PACKS + n;
    let mut dice = Dice::of(day.seed, Topic::Scan, id);
    let target_g = run.product.pack_g as f64;
    let tare_dg = 80 + run.product.pack_g / 20 * 10;
    let tare = format!("{}.{}", tare_dg / 10, tare_dg % 10);
    let barcode = format!("50{:05}{:05}{n:03}", run.product.plu, run.serial % 100_000);
    let line = &LINES[run.line];
    [
        if typo == Some(Typo::PackKey) { Cell::Null } else { Cell::Int(id) },
        untidy(&run.number, &mut dice),
        mixed_stamp(pack.at, &mut dice),
        Cell::Str(run.product.code),
        if typo == Some(Typo::PackWeight) {
            Cell::Str("ERR")
        } else {
            Cell::Real((pack.net_dg + tare_dg) as f64 / 10.0)
        },
        Cell::Real(target_g),
        if typo == Some(Typo::PackTare) { Cell::Str("-4.0") } else { Cell::Text(tare) },
        Cell::Real(pack.net_dg as f64 / 10.0),
        Cell::Real((pack.net_dg - run.product.pack_g * 10) as f64 / 10.0),
        Cell::Text(barcode),
        flag(true, &mut dice),
        flag(!pack.is_reject, &mut dice),
        if dice.chance(300) { Cell::Str(line.name) } else { Cell::Str(line.id) },
        Cell::Str(operator),
    ]
}
