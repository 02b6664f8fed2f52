//! The schedule on one machine: a job at once, and then one every so many seconds, counted from start to
//! start. Two never work at the same time. When it is time for the comparison of the night, that is the job.

use std::time::Duration;

use crate::jobs::Jobs;

/// Extracts again and again, for as long as this is awaited.
pub async fn run_every(jobs: &Jobs, pause: Duration) {
    let mut ticks = tokio::time::interval(pause);
    // A job that takes longer than the pause puts the next one off, so that no queue builds up behind it.
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        jobs.on_schedule().await;
    }
}
