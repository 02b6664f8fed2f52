//! The schedule on one machine: a run at once, the next so many seconds after the start of the one before,
//! never two at a time.

use std::time::Duration;

use crate::runs::Runs;

/// Extracts again and again, for as long as this is awaited.
pub async fn run_every(runs: &Runs, pause: Duration) {
    let mut ticks = tokio::time::interval(pause);
    // A run that takes longer than the pause puts the next one off instead of a queue of them behind it.
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        runs.on_schedule().await;
    }
}
