//! Runs at the same time, and runs that are killed: the lake ends as the ERP is, each row once.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use super::marts::assert_marts_are_those_made_from_nothing;
use futures::future::join_all;
use lake::Mode;
use tests::factory::{Factory, moment, run_into};
use tideline::place;
use warehouse::sources::ALL;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_extractions_at_once_lose_and_repeat_nothing() {
    let factory = Factory::sandbox("2026-11-20T14:00:00", 1).await;
    let address = factory.folder.path().join("lake").display().to_string();
    let other = place::open(&address, &factory.settings.factory_id).await.unwrap();
    // Pages of different sizes: what two runs put under one number is never the same.
    let with_pages = |batch_size| {
        let mut settings = factory.settings.clone();
        settings.reading.batch_size = batch_size;
        settings
    };
    let (ours, theirs) = (with_pages(700), with_pages(430));
    let now = factory.now.get();
    let runs = [run_into(factory.lake(), &ours, Mode::Incremental, now), run_into(&other.lake, &theirs, Mode::Incremental, now)];
    for record in join_all(runs).await {
        assert_eq!((record.status.as_str(), &record.error), ("ok", &None));
    }
    factory.assert_lake_mirrors_erp().await;
    assert_marts_are_those_made_from_nothing(&factory).await;
    assert_batches_are_numbered_without_gaps(&factory).await;
}

/// The program is killed at random moments, each time resumed by the next; then one run is let through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_extraction_that_is_killed_again_and_again_ends_as_the_erp_is() {
    let factory = Factory::sandbox("2026-11-20T14:00:00", 1).await;
    let (mut killed, mut started) = (0, 0);
    while killed < 10 {
        assert!(started < 100, "of {started} runs only {killed} were killed before they ended");
        let mode = [None, Some("--full"), None, Some("--reconcile"), Some("--full")][started % 5];
        let mut child = tokio::process::Command::new(program())
            .arg("extract")
            .args(mode)
            .env("SOURCE_DB", factory.source_db())
            .env("LAKE", factory.folder.path().join("lake"))
            .env("FACTORY_ID", &factory.settings.factory_id)
            .env("BATCH_SIZE", "400")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        tokio::select! {
            _ = child.wait() => {}
            () = tokio::time::sleep(Duration::from_millis(random_below(1200))) => {
                child.kill().await.unwrap();
                killed += 1;
            }
        }
        if started % 3 == 0 {
            factory.execute("UPDATE run_inputs SET qty_kg = qty_kg + 1, updated_at = '2026-11-20 13:59:00' WHERE input_id % 7 = 0");
        }
        started += 1;
    }
    factory.now.set(moment("2026-11-20T14:05:00"));
    factory.run_ok(Mode::Incremental).await;
    factory.assert_lake_mirrors_erp().await;
    assert_marts_are_those_made_from_nothing(&factory).await;
    assert_batches_are_numbered_without_gaps(&factory).await;
    let again = factory.run_ok(Mode::Incremental).await;
    assert!(again.tables.iter().all(|table| table.written == 0), "{again:?}");
}

async fn assert_batches_are_numbered_without_gaps(factory: &Factory) {
    for source in ALL {
        let numbers = factory.lake().batches_after(source.staging, 0).await.unwrap();
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "{}", source.staging);
        let ids: BTreeSet<_> = numbers.iter().collect();
        assert_eq!(ids.len(), numbers.len());
    }
}

fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_tideline_program"))
}

/// The moment of a kill need not be repeatable, only different each time.
fn random_below(limit: u64) -> u64 {
    u64::from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().subsec_nanos()) / 7 % limit
}
