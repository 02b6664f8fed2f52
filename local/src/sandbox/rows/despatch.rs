//! `despatch`: the orders with which the packs of a run leave the factory. They are pending, then loaded,
//! then delivered. Some are placed while their run is on. Now and then one is placed before, and asks for far
//! more than the run makes. What is loaded is what is there.

use warehouse::sources::DESPATCH;

use crate::sandbox::cell::{Cell, date, kg, stamp, untidy};
use crate::sandbox::clock::{DAY, HOUR, Moment, Window};
use crate::sandbox::day::Day;
use crate::sandbox::dice::{Dice, Topic};
use crate::sandbox::factory::CUSTOMERS;
use crate::sandbox::faults::{Typo, typo};
use crate::sandbox::intake::Input;
use crate::sandbox::making::Made;
use crate::sandbox::rota::Run;
use crate::sandbox::schema::Writer;

/// The most orders of a run. Each run has a block of this many order ids.
const BLOCK: i64 = 2;

/// An order, and when it moves on.
struct Order {
    /// Its place among the orders of its run.
    n: i64,
    /// What leaves in the end.
    grams: i64,
    /// What is asked for until the packs are set aside for it.
    asked_g: i64,
    /// When it is placed, when packs are set aside for it, when it is loaded and delivered. An order that is
    /// placed after its run has its packs at once.
    changes: [Moment; 4],
    is_mistyped: bool,
}

const SET_ASIDE: usize = 1;
const LOADED: usize = 2;
const DELIVERED: usize = 3;

/// Writes the orders that changed in the window.
pub(super) fn write(
    day: &Day,
    made: &Made,
    inputs: &[Input],
    window: Window,
    erp: &mut Writer,
) -> rusqlite::Result<()> {
    if !made.run.completes() || made.run.raised - EARLIEST > window.until {
        return Ok(());
    }
    for (n, grams) in (0..).zip(parts(day, made)) {
        let mut dice = Dice::of(day.seed, Topic::Order, made.run.serial * (BLOCK + 1) + 1 + n);
        let order = order(day, &made.run, n, grams, &mut dice);
        if let Some(stage) = window.stage(&order.changes) {
            erp.put(&DESPATCH, &cells(made, inputs, &order, stage, &mut dice))?;
        }
    }
    Ok(())
}

/// The longest time before its run is raised at which an order is placed.
const EARLIEST: i64 = 12 * HOUR;

fn order(day: &Day, run: &Run, n: i64, grams: i64, dice: &mut Dice) -> Order {
    let after_run = run.end + dice.whole(HOUR, 8 * HOUR);
    let loaded = after_run + dice.whole(8 * HOUR, 90 * HOUR);
    let delivered = loaded + dice.whole(3 * HOUR, 20 * HOUR);
    let before_run = run.raised - dice.whole(HOUR, EARLIEST);
    let during_run = run.start + dice.below(run.end - run.start);
    let (kind, much_pct, some_pct) = (dice.below(100), dice.whole(250, 450), dice.whole(95, 105));
    let (placed, set_aside, asked_pct) = match kind {
        // Far more than the run makes. Nothing is set aside for it until it is known what others leave.
        0..=2 => (before_run, loaded, much_pct),
        3..=32 => (during_run, after_run, some_pct),
        _ => (after_run, after_run, 100),
    };
    let is_mistyped = n == 0 && typo(day.seed, day.number, run.rank) == Some(Typo::OrderCases);
    Order {
        n,
        grams,
        asked_g: grams * asked_pct / 100,
        changes: [placed, set_aside, loaded, delivered],
        is_mistyped,
    }
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

fn cells<'a>(
    made: &'a Made,
    inputs: &'a [Input],
    order: &Order,
    stage: usize,
    dice: &mut Dice,
) -> [Cell<'a>; 13] {
    let run = &made.run;
    let [.., loaded, delivered] = order.changes;
    let has_packs = stage >= SET_ASIDE;
    let grams = if has_packs { order.grams } else { order.asked_g };
    let cases = grams / (run.product.pack_g * run.product.packs_per_case()) + 1;
    let due = loaded / DAY * DAY + if dice.chance(900) { DAY } else { 0 };
    let degrees_tenths = if dice.chance(20) { dice.whole(53, 80) } else { dice.whole(4, 38) };
    let late = stage == DELIVERED && delivered / DAY > due / DAY;
    let id = run.serial * BLOCK + order.n;
    [
        Cell::Int(id),
        Cell::Text(format!("SO-{:06}", id % 1_000_000)),
        untidy(CUSTOMERS[run.product.customer].0, dice),
        Cell::Str(run.product.code),
        inputs.first().filter(|_| has_packs).map(|input| input.batch_code.as_str()).into(),
        if dice.chance(20) || !has_packs { Cell::Null } else { Cell::Str(&run.number) },
        if order.is_mistyped && stage < LOADED { Cell::Str("tbc") } else { Cell::Int(cases) },
        kg(grams),
        date(loaded),
        date(if late { delivered } else { due }),
        if stage < LOADED {
            Cell::Null
        } else {
            Cell::Text(format!(
                "{}{}.{}",
                if dice.chance(50) { " " } else { "" },
                degrees_tenths / 10,
                degrees_tenths % 10
            ))
        },
        Cell::Str(["pending", "pending", "loaded", "delivered"][stage]),
        stamp(order.changes[stage]),
    ]
}
