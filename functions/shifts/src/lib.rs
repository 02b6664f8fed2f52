//! What lines make in shifts: `/shift/now`, `/shift/hours`, `/shift/handover`, `/stops`, `/setpoints`,
//! `/orders/at-risk`; and `/shifts/productivity`: what the people and hours of each shift and line brought.

mod at_risk;
mod attention;
mod begun;
mod figures;
mod handover;
mod hours;
mod known;
mod line_now;
mod losses;
mod lots;
mod now;
mod open_stop;
mod places;
mod productivity;
mod runs;
mod setpoints;
mod severities;
mod stops;
mod target;
mod totals;

use api::handover::HANDOVER;
use api::orders::AT_RISK;
use api::setpoints::SETPOINTS;
use api::shift::HOURS;
use api::shift_now::NOW;
use api::shifts::PRODUCTIVITY;
use api::stops::STOPS;
use serve::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get(&NOW, now::now)
        .get(&HOURS, hours::hours)
        .get(&HANDOVER, handover::handover)
        .get(&STOPS, stops::stops)
        .get(&SETPOINTS, setpoints::setpoints)
        .get(&AT_RISK, at_risk::at_risk)
        .get(&PRODUCTIVITY, productivity::productivity)
}
