//! `shifts`: the people and hours of each line in each shift. They are planned when the shift begins and
//! counted when it is over.

use std::ops::Range;

use warehouse::sources::SHIFTS as SHIFT_ROWS;

use crate::sandbox::block::blocks;
use crate::sandbox::cell::{Cell, date, kg, stamp};
use crate::sandbox::clock::{Moment, Window};
use crate::sandbox::day::Day;
use crate::sandbox::dice::{Dice, Topic};
use crate::sandbox::factory::LINES;
use crate::sandbox::rota::first_id;
use crate::sandbox::schema::Writer;
use crate::sandbox::shifts::{SHIFTS, shift_of};

/// How many seconds after the end of a shift its hours are booked.
const BOOKED_AFTER: i64 = 900;

/// Writes the shifts that began or were counted in the window.
pub(super) fn write(day: &Day, window: Window, erp: &mut Writer) -> rusqlite::Result<()> {
    for block in blocks(day.seed, day.number) {
        let time = shift_of(block.day, block.shift);
        let counted = time.end + BOOKED_AFTER;
        let Some(stage) = window.stage(&[time.start, counted]) else { continue };
        let (shift, line) = (block.shift, block.line);
        let id =
            first_id(day.number, (SHIFTS.len() * LINES.len()) as i64) + (shift * LINES.len() + line) as i64;
        let mut dice = Dice::of(day.seed, Topic::Labour, id);
        let headcount = (LINES[line].headcount + dice.whole(-1, 1)) as f64;
        let overtime_hours =
            if dice.chance(350) { headcount * f64::from(dice.whole(1, 3) as i32) * 0.25 } else { 0.0 };
        let actual_hours = (headcount * 8.0 * dice.between(0.93, 1.0) * 4.0).round() / 4.0 + overtime_hours;
        let counted_only = |cell| if stage == 1 { cell } else { Cell::Null };
        erp.put(
            &SHIFT_ROWS,
            &[
                Cell::Int(id),
                date(time.start),
                Cell::Str(SHIFTS[shift]),
                Cell::Str(LINES[line].id),
                Cell::Int(headcount as i64),
                Cell::Real(headcount * 8.0),
                counted_only(Cell::Real(actual_hours)),
                counted_only(Cell::Real(overtime_hours)),
                counted_only(kg(output_g(day, line, &time))),
                stamp(if stage == 1 { counted } else { time.start }),
            ],
        )?;
    }
    Ok(())
}

/// What a line packed in a shift, whichever shift began with the run.
fn output_g(day: &Day, line: usize, shift: &Range<Moment>) -> i64 {
    let of_line = day.runs.iter().filter(|made| made.run.line == line);
    let packs = of_line.flat_map(|made| &made.packs).filter(|pack| shift.contains(&pack.at));
    packs.map(|pack| pack.net_dg).sum::<i64>() / 10
}
