//! `despatch`: the orders with which the packs of a run leave the factory. They are pending, then loaded,
//! then delivered.

use warehouse::sources::DESPATCH;

use crate::sandbox::cell::{Cell, date, kg, stamp, untidy};
use crate::sandbox::clock::{DAY, HOUR, Moment, Window};
use crate::sandbox::day::Day;
use crate::sandbox::dice::{Dice, Topic};
use crate::sandbox::factory::CUSTOMERS;
use crate::sandbox::faults::{Typo, typo};
use crate::sandbox::intake::Input;
use crate::sandbox::making::Made;
use crate::sandbox::schema::Writer;

/// The most orders of a run. Each run has a block of this many order ids.
const BLOCK: i64 = 2;

/// Writes the orders that changed in the window.
pub(super) fn write(
    day: &Day,
    made: &Made,
    inputs: &[Input],
    window: Window,
    erp: &mut Writer,
) -> rusqlite::Result<()> {
    let run = &made.run;
    if !run.completes() || run.end > window.until {
        return Ok(());
    }
    for (n, grams) in (0..).zip(parts(day, made)) {
        let mut dice = Dice::of(day.seed, Topic::Order, run.serial * (BLOCK + 1) + 1 + n);
        let ordered = run.end + dice.whole(HOUR, 8 * HOUR);
        let loaded = ordered + dice.whole(8 * HOUR, 90 * HOUR);
        let delivered = loaded + dice.whole(3 * HOUR, 20 * HOUR);
        let Some(stage) = window.stage(&[ordered, loaded, delivered]) else { continue };
        let at = [ordered, loaded, delivered][stage];
        let is_mistyped =
            stage == 0 && n == 0 && typo(day.seed, day.number, run.rank) == Some(Typo::OrderCases);
        erp.put(
            &DESPATCH,
            &order(made, inputs, n, grams, stage, loaded, delivered, at, is_mistyped, &mut dice),
        )?;
    }
    Ok(())
}

/// The grams of each order of a run. Most runs leave as a whole. A few leave a rest behind that grows old.
fn parts(day: &Day, made: &Made) -> Vec<i64> {
    let mut dice = Dice::of(day.seed, Topic::Order, made.run.serial * (BLOCK + 1));
    // The scales at the gate round up to a tenth of a kilogram, so no rest of a few grams stays in the books.
    let whole = (made.out_g() + 499) / 100 * 100;
    match dice.below(100) {
        0..=1 => vec![],
        2..=4 => vec![whole * dice.whole(55, 80) / 100],
        5..=40 => {
            let first = whole * dice.whole(35, 65) / 100 / 100 * 100;
            vec![first, whole - first]
        }
        _ => vec![whole],
    }
}

#[expect(clippy::too_many_arguments, reason = "an order is made from all that is known of it")]
fn order<'a>(
    made: &'a Made,
    inputs: &'a [Input],
    n: i64,
    grams: i64,
    stage: usize,
    loaded: Moment,
    delivered: Moment,
    at: Moment,
    is_mistyped: bool,
    dice: &mut Dice,
) -> [Cell<'a>; 13] {
    let run = &made.run;
    let cases = grams / (run.product.pack_g * run.product.packs_per_case()) + 1;
    let due = loaded / DAY * DAY + if dice.chance(900) { DAY } else { 0 };
    let degrees_tenths = if dice.chance(20) { dice.whole(53, 80) } else { dice.whole(4, 38) };
    let late = stage == 2 && delivered / DAY > due / DAY;
    [
        Cell::Int(run.serial * BLOCK + n),
        Cell::Text(format!("SO-{:06}", (run.serial * BLOCK + n) % 1_000_000)),
        untidy(CUSTOMERS[run.product.customer].0, dice),
        Cell::Str(run.product.code),
        inputs.first().map(|input| input.batch_code.as_str()).into(),
        if dice.chance(20) { Cell::Null } else { Cell::Str(&run.number) },
        if is_mistyped { Cell::Str("tbc") } else { Cell::Int(cases) },
        kg(grams),
        date(loaded),
        date(if late { delivered } else { due }),
        if stage == 0 {
            Cell::Null
        } else {
            Cell::Text(format!(
                "{}{}.{}",
                if dice.chance(50) { " " } else { "" },
                degrees_tenths / 10,
                degrees_tenths % 10
            ))
        },
        Cell::Str(["pending", "loaded", "delivered"][stage]),
        stamp(at),
    ]
}
