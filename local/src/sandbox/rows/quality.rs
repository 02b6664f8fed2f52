//! `non_conformance`: what somebody found, and whether anybody investigated and closed it.

use warehouse::sources::NON_CONFORMANCE;

use crate::sandbox::cell::{Cell, date, stamp};
use crate::sandbox::clock::{DAY, HOUR, Moment, Window, begins};
use crate::sandbox::day::Day;
use crate::sandbox::dice::{Dice, Topic};
use crate::sandbox::excursions::written_down;
use crate::sandbox::factory::PEOPLE;
use crate::sandbox::faults::turn;
use crate::sandbox::rota::{Run, first_id};
use crate::sandbox::schema::Writer;

const MOST_A_DAY: i64 = 8;

/// The type of a finding, what was seen, why it happened, and what was done.
const FINDINGS: [(&str, &str, &str, &str); 8] = [
    ("temperature", "Chill above limit during loading", "Door left open", "Door alarm set to 2 minutes"),
    (
        "labelling",
        "Wrong use by date on outer case",
        "Old layout selected",
        "Layout locked, cases relabelled",
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
    ("packaging", "Film seal leaking", "Seal bar too cold", "Seal bar serviced"),
    ("traceability", "Batch ticket missing on trolley", "Ticket fell off in chill", "Ticket holders fitted"),
    ("hygiene", "Swab over limit after clean down", "Rinse step cut short", "Clean repeated, team retrained"),
    ("bones", "Pin bones above specification", "Knife wear on pin boner", "Knives changed"),
];
/// The place in [`FINDINGS`] of what is found where it was too warm. Only temperatures lead to it.
const TOO_WARM: usize = 0;
const SEVERITIES: [&str; 10] =
    ["critical", "major", "major", "major", "minor", "minor", "minor", "minor", "minor", "minor "];

/// A record, and when it moves on.
struct Record {
    id: i64,
    finding: usize,
    severity: &'static str,
    raised: Moment,
    investigated: Moment,
    closed: Moment,
}

/// Writes the records that were raised or moved on in the window.
pub(super) fn write(day: &Day, window: Window, erp: &mut Writer) -> rusqlite::Result<()> {
    for record in records(day) {
        let changes = [record.raised, record.investigated, record.closed];
        if let Some(stage) = window.stage(&changes) {
            let mut dice = Dice::of(day.seed, Topic::Paper, -record.id);
            let run = running(day, record.raised, &mut dice);
            erp.put(&NON_CONFORMANCE, &cells(&record, changes[stage], stage, run, &mut dice))?;
        }
    }
    Ok(())
}

/// The records that are raised on a day. What is critical is closed within two days, but on one day in four
/// there is a record for which it takes longer.
fn records(day: &Day) -> Vec<Record> {
    let first_id = first_id(day.number, MOST_A_DAY);
    let count = Dice::of(day.seed, Topic::Quality, -day.number).whole(3, 6);
    let mut records: Vec<Record> = (0..count)
        .map(|n| {
            let mut dice = Dice::of(day.seed, Topic::Quality, first_id + n);
            let finding = dice.whole(TOO_WARM as i64 + 1, FINDINGS.len() as i64 - 1) as usize;
            let raised = begins(day.number) + dice.below(DAY);
            record(first_id + n, finding, dice.pick(&SEVERITIES), raised, &mut dice)
        })
        .collect();
    if let Some(raised) = written_down(day.seed, day.number) {
        let id = first_id + MOST_A_DAY - 2;
        let mut dice = Dice::of(day.seed, Topic::Quality, id);
        records.push(record(id, TOO_WARM, "major", raised, &mut dice));
    }
    if turn(day.seed, day.number).rem_euclid(4) == 1 {
        let id = first_id + MOST_A_DAY - 1;
        let mut dice = Dice::of(day.seed, Topic::Quality, id);
        let finding = dice.whole(TOO_WARM as i64 + 1, FINDINGS.len() as i64 - 1) as usize;
        let raised = begins(day.number) + dice.below(DAY);
        let investigated = raised + dice.whole(2 * HOUR, 36 * HOUR);
        let closed = raised + dice.whole(60 * HOUR, 110 * HOUR);
        records.push(Record { id, finding, severity: "critical", raised, investigated, closed });
    }
    records
}

/// A record that moves on as most do. A few are never investigated, or never closed.
fn record(id: i64, finding: usize, severity: &'static str, raised: Moment, dice: &mut Dice) -> Record {
    let (investigated, closed) = if severity == "critical" {
        let investigated = raised + dice.whole(HOUR, 8 * HOUR);
        (investigated, investigated + dice.whole(4 * HOUR, 36 * HOUR))
    } else {
        let never = |is_never, at| if is_never { Moment::MAX } else { at };
        let investigated = never(dice.chance(30), raised + dice.whole(2 * HOUR, 36 * HOUR));
        (investigated, never(dice.chance(60), investigated.saturating_add(dice.whole(4 * HOUR, 7 * DAY))))
    };
    Record { id, finding, severity, raised, investigated, closed }
}

/// The run on which something was found. Some findings have none.
fn running<'a>(day: &'a Day, at: Moment, dice: &mut Dice) -> Option<&'a Run> {
    let running: Vec<&Run> =
        day.runs.iter().map(|made| &made.run).filter(|run| run.start <= at && at < run.end).collect();
    if running.is_empty() || dice.chance(200) { None } else { Some(dice.pick(&running)) }
}

fn cells<'a>(
    record: &Record,
    at: Moment,
    stage: usize,
    run: Option<&'a Run>,
    dice: &mut Dice,
) -> [Cell<'a>; 14] {
    let (kind, description, cause, action) = FINDINGS[record.finding];
    let (raised_by, closed_by) = (dice.pick(&PEOPLE), dice.pick(&PEOPLE));
    let is_closed = stage == 2;
    let when = |holds: bool, text: &'static str| if holds { Cell::Str(text) } else { Cell::Null };
    [
        Cell::Int(record.id),
        date(record.raised),
        run.map(|run| run.number.as_str()).into(),
        run.map(|run| run.product.code).into(),
        Cell::Str(kind),
        Cell::Str(record.severity),
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
