//! `non_conformance`: what somebody found, and whether anybody investigated and closed it.

use warehouse::sources::NON_CONFORMANCE;

use crate::sandbox::cell::{Cell, date, stamp};
use crate::sandbox::clock::{DAY, HOUR, Moment, Window, begins};
use crate::sandbox::day::Day;
use crate::sandbox::dice::{Dice, Topic};
use crate::sandbox::factory::PEOPLE;
use crate::sandbox::rota::{Run, first_id};
use crate::sandbox::schema::Writer;

const MOST_A_DAY: i64 = 8;

/// The type of a finding, what was seen, why it happened, and what was done.
const FINDINGS: [(&str, &str, &str, &str); 8] = [
    ("temperature", "Chill above limit during loading", "Door left open", "Door alarm set to 2 minutes"),
    (
        "labelling",
        "Wrong use by date on outer case",
        "Old template selected",
        "Template locked, cases relabelled",
    ),
    (
        "underweight",
        "Average weight below nominal on hourly check",
        "Scale drift",
        "Scale calibrated, packs reworked",
    ),
    (
        "foreign_body",
        "Blue plastic fragment found at inspection",
        "Worn crate",
        "Crates checked and replaced",
    ),
    ("packaging", "Film seal leaking", "Seal bar temperature too low", "Seal bar serviced"),
    ("traceability", "Batch ticket missing on trolley", "Ticket fell off in chill", "Ticket holders fitted"),
    ("hygiene", "Swab over limit after clean down", "Rinse step cut short", "Clean repeated, team retrained"),
    ("bones", "Pin bones above specification", "Knife wear on pin boner", "Knives changed"),
];
const SEVERITIES: [&str; 10] =
    ["critical", "major", "major", "major", "minor", "minor", "minor", "minor", "minor", "minor "];

/// Writes the records that were raised or moved on in the window.
pub(super) fn write(day: &Day, window: Window, erp: &mut Writer) -> rusqlite::Result<()> {
    let count = Dice::of(day.seed, Topic::Quality, -day.number).whole(3, 6);
    for n in 0..count {
        let id = first_id(day.number, MOST_A_DAY) + n;
        let mut dice = Dice::of(day.seed, Topic::Quality, id);
        let raised = begins(day.number) + dice.below(DAY);
        let never = |is_never, at| if is_never { Moment::MAX } else { at };
        let investigated = never(dice.chance(30), raised + dice.whole(2 * HOUR, 36 * HOUR));
        let closed = never(dice.chance(60), investigated.saturating_add(dice.whole(4 * HOUR, 7 * DAY)));
        if let Some(stage) = window.stage(&[raised, investigated, closed]) {
            let at = [raised, investigated, closed][stage];
            let run = running(day, raised, &mut dice);
            erp.put(&NON_CONFORMANCE, &record(id, raised, at, stage, run, &mut dice))?;
        }
    }
    Ok(())
}

/// The run on which something was found. Some findings have none.
fn running<'a>(day: &'a Day, at: Moment, dice: &mut Dice) -> Option<&'a Run> {
    let running: Vec<&Run> =
        day.runs.iter().map(|made| &made.run).filter(|run| run.start <= at && at < run.end).collect();
    if running.is_empty() || dice.chance(200) { None } else { Some(dice.pick(&running)) }
}

fn record<'a>(
    id: i64,
    raised: Moment,
    at: Moment,
    stage: usize,
    run: Option<&'a Run>,
    dice: &mut Dice,
) -> [Cell<'a>; 14] {
    let (kind, description, cause, action) = dice.pick(&FINDINGS);
    let severity = dice.pick(&SEVERITIES);
    let (raised_by, closed_by) = (dice.pick(&PEOPLE), dice.pick(&PEOPLE));
    let is_closed = stage == 2;
    let when = |holds: bool, text: &'static str| if holds { Cell::Str(text) } else { Cell::Null };
    [
        Cell::Int(id),
        date(raised),
        run.map(|run| run.number.as_str()).into(),
        run.map(|run| run.product.code).into(),
        Cell::Str(kind),
        Cell::Str(severity),
        Cell::Str(description),
        when(stage >= 1, cause),
        when(is_closed, action),
        Cell::Str(raised_by),
        when(is_closed, closed_by),
        if is_closed { date(at) } else { Cell::Null },
        Cell::Str(["open", "investigating", "closed"][stage]),
        stamp(at),
    ]
}
