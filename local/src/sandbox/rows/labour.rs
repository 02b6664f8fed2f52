//! `shifts`: the people and hours of each line in each shift. They are planned when the shift begins and
//! counted when it is over.

use warehouse::sources::SHIFTS as SHIFT_ROWS;

use crate::sandbox::cell::{Cell, date, kg, stamp};
use crate::sandbox::clock::Window;
use crate::sandbox::day::Day;
use crate::sandbox::dice::{Dice, Topic};
use crate::sandbox::factory::{LINES, SHIFTS};
use crate::sandbox::rota::{block_begin, block_end, first_id, working_lines};
use crate::sandbox::schema::Writer;

/// How many seconds after the end of a shift its hours are booked.
const BOOKED_AFTER: i64 = 900;

/// Writes the shifts that began or were counted in the window.
pub(super) fn write(day: &Day, window: Window, erp: &mut Writer) -> rusqlite::Result<()> {
    for (shift, code) in SHIFTS.iter().enumerate() {
        for line in working_lines(day.seed, day.number, shift) {
            let (begin, counted) =
                (block_begin(day.number, shift, line), block_end(day.number, shift, line) + BOOKED_AFTER);
            let Some(stage) = window.stage(&[begin, counted]) else { continue };
            let id = first_id(day.number, (SHIFTS.len() * LINES.len()) as i64)
                + (shift * LINES.len() + line) as i64;
            let mut dice = Dice::of(day.seed, Topic::Labour, id);
            let headcount = (LINES[line].headcount + dice.whole(-1, 1)) as f64;
            let overtime_hours =
                if dice.chance(350) { headcount * f64::from(dice.whole(1, 3) as i32) * 0.25 } else { 0.0 };
            let actual_hours =
                (headcount * 8.0 * dice.between(0.93, 1.0) * 4.0).round() / 4.0 + overtime_hours;
            let output_g: i64 = day
                .runs
                .iter()
                .filter(|made| made.run.line == line && made.run.shift == shift)
                .map(|made| made.total_g)
                .sum();
            let counted_only = |cell| if stage == 1 { cell } else { Cell::Null };
            erp.put(
                &SHIFT_ROWS,
                &[
                    Cell::Int(id),
                    date(begin),
                    Cell::Str(code),
                    Cell::Str(LINES[line].id),
                    Cell::Int(headcount as i64),
                    Cell::Real(headcount * 8.0),
                    counted_only(Cell::Real(actual_hours)),
                    counted_only(Cell::Real(overtime_hours)),
                    counted_only(kg(output_g)),
                    stamp(if stage == 1 { counted } else { begin }),
                ],
            )?;
        }
    }
    Ok(())
}
