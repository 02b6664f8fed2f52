//! The schedule on one machine: a job at once, the next so many seconds after the start of the one before,
//! never two at a time.

use std::time::Duration;

use crate::jobs::Jobs;

/// Extracts again and again, for as long as this is awaited.
pub async fn run_every(jobs: &Jobs, pause: Duration) {
    let mut ticks = tokio::time::interval(pause);
    // A job that takes longer than the pause puts the next one off instead of a queue of them behind it.
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        jobs.on_schedule().await;
    }
}
