//! Runs on one machine: the first at once, the next so many seconds after the start of the one before, never two at a time.

use std::time::Duration;

use chrono::Utc;
use extractor_function::{RunRequest, Settings};
use lake::{Lake, Mode};

/// Extracts again and again, for as long as this is awaited.
pub async fn run_every(lake: Lake, settings: Settings, pause: Duration) {
    let request = RunRequest { mode: Mode::Incremental, trigger: "schedule".to_owned(), deadline: None };
    let mut ticks = tokio::time::interval(pause);
    // A run that takes longer than the pause puts the next one off instead of a queue of them behind it.
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let record = extractor_function::run(&lake, &settings, &request, Utc::now).await;
        if let Some(error) = record.error {
            tracing::error!("{error}");
        }
    }
}
