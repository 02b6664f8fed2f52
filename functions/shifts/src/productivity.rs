//! `/shifts/productivity`: what the people and hours of each shift and line brought.

use std::cmp::Reverse;

use api::shifts::{DAYS, ShiftProductivity, ShiftQuery};
use serve::{Answer, Ask, Result, State, work};
use warehouse::marts::{FCT_SHIFT_PRODUCTIVITY, rows};

pub(crate) async fn productivity(
    state: State,
    ask: Ask<ShiftQuery, Vec<ShiftProductivity>>,
) -> Result<Answer> {
    let dates = state.dates(&ask.query, DAYS)?;
    let snapshot = state.snapshot().await?;
    let frame = snapshot.mart(&FCT_SHIFT_PRODUCTIVITY, dates).await?;
    work(move || {
        let shifts = rows::<ShiftProductivity>(&frame)?.into_iter();
        let newest_first = shifts.map(|shift| {
            ((Reverse(shift.shift_date), shift.shift_code.clone(), shift.prod_line.clone()), shift)
        });
        ask.list(newest_first.collect(), &snapshot)
    })
    .await
}
