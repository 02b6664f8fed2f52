//! `traceability`, `run_inputs`, `batch_lineage` and `run_outputs`: fish on its way through the factory.

use warehouse::sources::{BATCH_LINEAGE, RUN_INPUTS, RUN_OUTPUTS, TRACEABILITY};

use crate::sandbox::cell::{Cell, date, kg, mixed_stamp, stamp, typed_stamp, untidy};
use crate::sandbox::clock::{DAY, HOUR, Moment, Window};
use crate::sandbox::day::Day;
use crate::sandbox::dice::{Dice, Topic};
use crate::sandbox::factory::{GRADES, ORIGINS, PREMIUM};
use crate::sandbox::faults::{Fault, Typo, turn, typo};
use crate::sandbox::intake::{Batch, Input, returned_batch_code, scan_back};
use crate::sandbox::making::{Made, Output};
use crate::sandbox::rota::Run;
use crate::sandbox::schema::Writer;

use super::downgrades;

/// Each run has a block of this many ids in each table.
const BLOCK: i64 = 12;
/// The place in the block for a row with a typing error, or for a return.
const EXTRA: i64 = BLOCK - 1;

/// Writes the deliveries for a day. Some of their certificates arrive later.
pub(super) fn write_deliveries(day: &Day, window: Window, erp: &mut Writer) -> rusqlite::Result<()> {
    for batch in &day.batches {
        let mut dice = Dice::of(day.seed, Topic::Material, batch.trace_number);
        let certified = batch.received + if dice.chance(150) { dice.whole(HOUR, 6 * HOUR) } else { 0 };
        if let Some(stage) = window.stage(&[batch.received, certified]) {
            erp.put(&TRACEABILITY, &delivery(batch, stage == 1, certified, &mut dice))?;
        }
    }
    Ok(())
}

fn delivery<'a>(batch: &'a Batch, is_certified: bool, certified: Moment, dice: &mut Dice) -> [Cell<'a>; 17] {
    let origin = &ORIGINS[batch.species];
    let landed = batch.received - dice.whole(1, 3) * DAY;
    let degrees_tenths = if dice.chance(30) { dice.whole(43, 80) } else { dice.whole(2, 34) };
    // Now and then somebody forgets to fill in a field.
    let forgotten = if dice.chance(50) { dice.below(5) } else { -1 };
    let unless_forgotten = |field, cell: Cell<'a>| if field == forgotten { Cell::Null } else { cell };
    [
        Cell::Text(format!("TR-{:06}", batch.trace_number)),
        Cell::Str(&batch.code),
        untidy(dice.pick(&origin.suppliers), dice),
        untidy(origin.name, dice),
        Cell::Str(GRADES[batch.grade]),
        unless_forgotten(0, Cell::Str(origin.area)),
        unless_forgotten(1, Cell::Str(origin.method)),
        if origin.vessels.is_empty() {
            Cell::Null
        } else {
            unless_forgotten(2, Cell::Str(dice.pick(origin.vessels)))
        },
        if origin.vessels.is_empty() { Cell::Null } else { unless_forgotten(3, date(landed)) },
        if origin.vessels.is_empty() { unless_forgotten(4, date(landed)) } else { Cell::Null },
        date(batch.received),
        Cell::Text(format!("{}.{}", degrees_tenths / 10, degrees_tenths % 10)),
        kg(batch.grams),
        date(batch.received + 10 * DAY),
        Cell::Str(origin.country),
        if is_certified && !origin.certificate.is_empty() {
            Cell::Str(origin.certificate)
        } else {
            Cell::Null
        },
        mixed_stamp(if is_certified { certified } else { batch.received }, dice),
    ]
}

/// Writes what went into a run, what came out of it and what went back.
pub(super) fn write_run(
    day: &Day,
    made: &Made,
    inputs: &[Input],
    window: Window,
    erp: &mut Writer,
) -> rusqlite::Result<()> {
    let run = &made.run;
    if run.end + DAY <= window.after {
        return Ok(());
    }
    let typo = typo(day.seed, day.number, run.rank);
    for (n, input) in (0..).zip(inputs) {
        if window.contains(input.booked) {
            erp.put(&RUN_INPUTS, &booking(run, n, input, kg(input.grams), input.booked))?;
            let mut dice = Dice::of(day.seed, Topic::Material, run.serial * BLOCK + n);
            erp.put(&BATCH_LINEAGE, &scan_in(run, n, input, &mut dice))?;
        }
    }
    if let Some(input) = inputs.first().filter(|_| window.contains(run.end)) {
        let booked_g: i64 = inputs.iter().map(|input| input.grams).sum();
        let extra = match (run.fault, typo) {
            (Some(Fault::NegativeQuantity), _) => Some(kg(-booked_g - 12_500)),
            (_, Some(Typo::InputWeight)) => Some(Cell::Str("12,5 kg")),
            _ => None,
        };
        if let Some(qty_kg) = extra {
            erp.put(&RUN_INPUTS, &booking(run, EXTRA, input, qty_kg, run.end))?;
        }
    }
    if let Some(back) = scan_back(day.seed, run).filter(|back| window.contains(back.at)) {
        erp.put(&BATCH_LINEAGE, &scanned_back(run, &back, inputs))?;
    }
    if window.contains(run.end) && run.completes() {
        for (n, output) in (0..).zip(outputs(day, made)) {
            erp.put(&RUN_OUTPUTS, &out(run, n, &output, output.tier, run.end))?;
        }
    }
    let mended = run.end + 20 * HOUR;
    if let Some(stage) = window.stage(&[run.end, mended]).filter(|_| typo == Some(Typo::OutputTier)) {
        let output = Output { piece_type: "offcut", grams: 400, ..made.outputs[0] };
        let (tier, at) = if stage == 0 { (7, run.end) } else { (3, mended) };
        erp.put(&RUN_OUTPUTS, &out(run, EXTRA, &output, tier, at))?;
    }
    Ok(())
}

/// The outputs of a run as they are booked: what went down stands apart from what it was to be.
fn outputs(day: &Day, made: &Made) -> Vec<Output> {
    let run = &made.run;
    let mut outputs = made.outputs.clone();
    let main = &mut outputs[0];
    if run.fault.is_none() && run.product.is_simply_salmon() && turn(day.seed, day.number) % 2 == 0 {
        // Somebody took Premium fish for it, or booked it in another tier.
        (main.tier, main.source_grade) =
            if run.serial % 2 == 0 { (2, main.source_grade) } else { (main.tier, PREMIUM) };
    }
    if let Some(down) = downgrades::of(day.seed, made) {
        main.grams -= down.grams;
        let piece_type = if down.reason == "tail" { "tail" } else { main.piece_type };
        let source_grade = main.source_grade;
        let (product, tier, grams) = (down.to, down.to.tier, down.grams);
        outputs.push(Output { product, tier, piece_type, source_grade, grams });
    }
    outputs
}

fn booking<'a>(run: &'a Run, n: i64, input: &'a Input, qty_kg: Cell<'a>, at: Moment) -> [Cell<'a>; 7] {
    [
        Cell::Int(run.serial * BLOCK + n),
        Cell::Str(&run.number),
        Cell::Str(&input.batch_code),
        Cell::Str(GRADES[input.grade]),
        Cell::Str(ORIGINS[input.species].name),
        qty_kg,
        stamp(at),
    ]
}

fn scan_in<'a>(run: &'a Run, n: i64, input: &'a Input, dice: &mut Dice) -> [Cell<'a>; 11] {
    [
        Cell::Int(run.serial * BLOCK + n),
        Cell::Str(&run.number),
        untidy(&input.batch_code, dice),
        Cell::Str("INPUT"),
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::Str(GRADES[input.grade]),
        kg(input.grams),
        typed_stamp(input.booked, dice),
        stamp(input.booked),
    ]
}

/// The row of a return. A return by `OCM` makes a new batch, whose parent is the batch that it came from.
fn scanned_back<'a>(
    run: &'a Run,
    back: &crate::sandbox::intake::Return,
    inputs: &'a [Input],
) -> [Cell<'a>; 11] {
    let from = inputs.last().map(|input| input.batch_code.as_str());
    let made = returned_batch_code(run);
    [
        Cell::Int(run.serial * BLOCK + EXTRA),
        Cell::Str(&run.number),
        if back.has_parent { from.into() } else { Cell::Text(made.clone()) },
        Cell::Str("SCANBACK"),
        Cell::Str(if back.makes_batch { "OCM" } else { "PROD_RETURN" }),
        if back.makes_batch { Cell::Text(made) } else { Cell::Null },
        match (back.makes_batch, back.has_parent) {
            (true, true) => from.into(),
            (true, false) if run.serial % 2 == 0 => Cell::Str("B-UNKNOWN"),
            _ => Cell::Null,
        },
        Cell::Str(GRADES[usize::from(run.product.tier != 1)]),
        kg(back.grams),
        stamp(back.at),
        stamp(back.at),
    ]
}

fn out<'a>(run: &'a Run, n: i64, output: &Output, tier: i64, at: Moment) -> [Cell<'a>; 9] {
    [
        Cell::Int(run.serial * BLOCK + n),
        Cell::Str(&run.number),
        Cell::Str(output.product.code),
        Cell::Int(tier),
        Cell::Str(output.piece_type),
        Cell::Str(GRADES[output.source_grade]),
        Cell::Int(output.grams / output.product.pack_g),
        kg(output.grams),
        stamp(at),
    ]
}
