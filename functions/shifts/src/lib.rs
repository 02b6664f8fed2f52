//! `/shift/hours`: what each line makes in a shift; `/stops`: when lines stood still; `/shifts/productivity`:
//! what the people and hours of each shift and line brought.

mod begun;
mod hours;
mod open_stop;
mod productivity;
mod stops;
mod target;

use api::shift::HOURS;
use api::shifts::PRODUCTIVITY;
use api::stops::STOPS;
use serve::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get(&HOURS, hours::hours)
        .get(&STOPS, stops::stops)
        .get(&PRODUCTIVITY, productivity::productivity)
}
