//! The query functions' routers over small marts in memory: what each endpoint answers, how HTTP is spoken,
//! and what happens when the lake fails.

mod busy;
mod downgrades;
mod endpoints;
mod factory;
mod gateway;
mod handover;
mod history;
mod large;
mod lists;
mod protocol;
mod report_marts;
mod reports;
mod shelf_life;
mod shift;
mod shift_now;
mod summaries;
mod trace;
mod trace_bounds;
mod trace_epcis;
mod unreachable_lake;
mod waterfall;
mod weights;
