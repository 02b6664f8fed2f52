//! `/shifts/productivity`: what the people and hours of each shift and line brought.

use std::cmp::Reverse;

use api::shifts::{PRODUCTIVITY, ShiftProductivity, ShiftQuery};
use axum::Router;
use axum::extract::State as Extract;
use axum::routing::get;
use serve::{Answer, Ask, Result, State, rows, work};
use warehouse::marts::FCT_SHIFT_PRODUCTIVITY;

/// The endpoints, bare.
pub fn routes() -> Router<State> {
    Router::new().route(PRODUCTIVITY.path, get(productivity))
}

/// The endpoints as an app.
pub fn router(state: State) -> Router {
    serve::finish(routes(), state)
}

async fn productivity(Extract(state): Extract<State>, ask: Ask<ShiftQuery>) -> Result<Answer> {
    let snapshot = state.snapshot().await?;
    let frame = snapshot.mart(&FCT_SHIFT_PRODUCTIVITY, state.last_days(ask.query.days.0)).await?;
    work(move || {
        let shifts = rows::<ShiftProductivity>(&frame)?.into_iter();
        let newest_first = shifts.map(|shift| {
            ((Reverse(shift.shift_date), shift.shift_code.clone(), shift.prod_line.clone()), shift)
        });
        ask.list(newest_first.collect(), &snapshot)
    })
    .await
}
