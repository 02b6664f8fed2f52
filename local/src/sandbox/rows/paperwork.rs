//! `RunNumber`, `run_sheets` and `SI_OCM_TOTALS`: the three rows of a run that change while it goes on.

use warehouse::sources::{RUN_NUMBERS, RUN_SHEETS, RUN_TOTALS};

use super::cases::first_label;
use crate::sandbox::cell::{Cell, date, flag_or_null, kg, mixed_stamp, stamp, typed_stamp, untidy};
use crate::sandbox::clock::{Moment, Window};
use crate::sandbox::day::Day;
use crate::sandbox::dice::{Dice, Topic};
use crate::sandbox::factory::{LINES, PEOPLE};
use crate::sandbox::faults::{Fault, Typo, typo};
use crate::sandbox::making::Made;
use crate::sandbox::schema::Writer;
use crate::sandbox::shifts::SHIFTS;

/// How often, in seconds, the weighing system renews the totals of an active run.
const TOTALS_EVERY: i64 = 300;

/// The days of shelf life that superchill and rubber clock add. One of these is picked.
const ADJUSTMENTS: [Option<i64>; 8] = [Some(0), Some(0), Some(0), Some(0), Some(1), Some(2), Some(3), None];

/// Where a run stands. The planner raises it. The line sets it to active when it begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Raised,
    UnderWay,
    Over,
}

/// Writes the run itself, if it was raised, began or ended in the window.
pub(super) fn write_run_number(
    day: &Day,
    made: &Made,
    window: Window,
    erp: &mut Writer,
) -> rusqlite::Result<()> {
    let run = &made.run;
    let Some(stage) = window.stage(&[run.raised, run.start, run.end]) else { return Ok(()) };
    erp.put(&RUN_NUMBERS, &run_number(day, made, [Stage::Raised, Stage::UnderWay, Stage::Over][stage]))
}

/// Writes what changed in the window of the paperwork of a run that has begun.
pub(super) fn write(day: &Day, made: &Made, window: Window, erp: &mut Writer) -> rusqlite::Result<()> {
    let run = &made.run;
    if let Some(stage) = window.stage(&[run.start, run.end]) {
        erp.put(&RUN_SHEETS, &sheet(day, made, stage == 1 && run.completes()))?;
    }
    let renewed = if window.until >= run.end {
        run.end
    } else {
        run.start + (window.until - run.start) / TOTALS_EVERY * TOTALS_EVERY
    };
    if renewed > run.start && window.contains(renewed) {
        erp.put(&RUN_TOTALS, &totals(made, renewed))?;
    }
    Ok(())
}

fn run_number<'a>(day: &Day, made: &'a Made, stage: Stage) -> [Cell<'a>; 11] {
    let run = &made.run;
    let mut dice = Dice::of(day.seed, Topic::Paper, run.serial * 2);
    // Somebody has to clear the flag by hand, and now and then nobody does. This is thrown first and at every
    // stage, so that the throws after it are the same at every stage.
    let is_left_active = dice.chance(40);
    let is_complete = stage == Stage::Over && run.completes();
    let is_active = stage == Stage::UnderWay || (is_complete && is_left_active);
    let line = &LINES[run.line];
    let product_code = match run.fault {
        Some(Fault::MissingProductCode) => dice.pick(&[None, Some(""), Some("   ")]).into(),
        _ => untidy(run.product.code, &mut dice),
    };
    let prod_line = match dice.below(300) {
        0 => Cell::Str("Rework bench"),
        1..=5 => Cell::Text(format!(" {}", line.id)),
        6..=80 => Cell::Str(line.id),
        _ => Cell::Str(line.name),
    };
    let description = match dice.below(20) {
        0 => Cell::Text(run.product.description.to_lowercase()),
        1 => Cell::Text(format!("{}  ", run.product.description)),
        _ => Cell::Str(run.product.description),
    };
    [
        untidy(&run.number, &mut dice),
        Cell::Text(run.date()),
        description,
        product_code,
        prod_line,
        Cell::Str(SHIFTS[run.shift]),
        if dice.chance(100) {
            Cell::Null
        } else {
            Cell::Text(format!("SP-{}-{}", run.product.code, 1 + run.product.tier))
        },
        flag_or_null(is_active, true, &mut dice),
        flag_or_null(is_complete, false, &mut dice),
        stamp(run.raised),
        match stage {
            Stage::Raised => Cell::Null,
            Stage::UnderWay => stamp(run.start),
            Stage::Over => mixed_stamp(run.end, &mut dice),
        },
    ]
}

fn sheet<'a>(day: &Day, made: &'a Made, is_finished: bool) -> [Cell<'a>; 12] {
    let run = &made.run;
    let mut dice = Dice::of(day.seed, Topic::Paper, run.serial * 2 + 1);
    let target_kg = (made.out_g() as f64 / 1000.0 * dice.between(0.97, 1.12)).round();
    let baskets = made.out_g() / 18_000 + 1;
    let is_mistyped = typo(day.seed, day.number, run.rank) == Some(Typo::SheetAdjustment);
    let person = dice.pick(&PEOPLE);
    [
        untidy(&run.number, &mut dice),
        Cell::Text(run.date()),
        Cell::Real(target_kg),
        Cell::Text(if dice.chance(50) { format!(" {baskets}") } else { baskets.to_string() }),
        Cell::Int(first_label(run)),
        if is_finished { Cell::Int(first_label(run) + made.cases() - 1) } else { Cell::Null },
        if dice.chance(30) { Cell::Null } else { date(run.start) },
        if is_mistyped { Cell::Int(9) } else { dice.pick(&ADJUSTMENTS).map_or(Cell::Null, Cell::Int) },
        typed_stamp(run.start, &mut dice),
        if is_finished { typed_stamp(run.end, &mut dice) } else { Cell::Null },
        Cell::Str(person),
        stamp(if is_finished { run.end } else { run.start }),
    ]
}

/// The sums of the weighing system over the packs up to a moment.
fn totals(made: &Made, at: Moment) -> [Cell<'_>; 12] {
    let run = &made.run;
    let packs = &made.packs[..made.packs.partition_point(|pack| pack.at <= at)];
    let count = packs.len().max(1) as f64;
    let sum_g = packs.iter().map(|pack| pack.net_dg).sum::<i64>() as f64 / 10.0;
    let mean_g = sum_g / count;
    let variance = packs.iter().map(|pack| (pack.net_dg as f64 / 10.0 - mean_g).powi(2)).sum::<f64>() / count;
    let target_g = packs.len() as f64 * run.product.pack_g as f64;
    let weight = |dg: Option<i64>| dg.map_or(Cell::Null, |dg| Cell::Real(dg as f64 / 10.0));
    [
        Cell::Str(&run.number),
        Cell::Int(packs.len() as i64),
        kg(sum_g.round() as i64),
        Cell::Real(rounded(mean_g)),
        weight(packs.iter().map(|pack| pack.net_dg).min()),
        weight(packs.iter().map(|pack| pack.net_dg).max()),
        Cell::Real(rounded(variance.sqrt())),
        Cell::Real(rounded((sum_g - target_g) / 1000.0)),
        Cell::Real(rounded((sum_g - target_g) / target_g.max(1.0) * 100.0)),
        Cell::Int(packs.iter().filter(|pack| pack.is_reject).count() as i64),
        Cell::Int(made.downtime_minutes(at)),
        stamp(at),
    ]
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
