//! Jobs at the same time, and jobs that are killed. In the end the lake is as the ERP is, each row once.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::marts::assert_marts_are_those_made_from_nothing;
use futures::future::join_all;
use lake::Mode;
use tests::factory::{Factory, moment, run_into};
use tests::faults::see_one_version;
use tests::is_all;
use tideline::place;
use tokio::process::Command;
use warehouse::sources::ALL;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_extractions_at_once_lose_and_repeat_nothing() {
    let factory = Factory::sandbox_with_settings("2026-11-20T14:00:00", 1).await;
    let address = factory.folder.path().join("lake").display().to_string();
    let other = place::open(&address, &factory.settings.factory_id).await.unwrap();
    // The pages have different sizes, so that what two jobs put under one number is never the same.
    let with_pages = |batch_size| {
        let mut settings = factory.settings.clone();
        settings.reading.batch_size = batch_size;
        settings
    };
    let (ours, theirs) = (with_pages(700), with_pages(430));
    let now = factory.now.get();
    let jobs = [
        run_into(factory.lake(), &ours, Mode::Incremental, now),
        run_into(&other.lake, &theirs, Mode::Incremental, now),
    ];
    for record in join_all(jobs).await {
        assert_eq!((record.status.as_str(), &record.error), ("ok", &None));
    }
    factory.assert_lake_mirrors_erp().await;
    assert_marts_are_those_made_from_nothing(&factory).await;
    assert_segments_are_numbered_without_gaps(&factory).await;
}

/// How many jobs work at once.
const CROWD: usize = 8;

/// A day of a factory with every eighth row of its large tables, so that eight jobs over it stay short.
async fn thin_factory() -> Factory {
    let factory = Factory::sandbox_with_settings("2026-11-20T14:00:00", 1).await;
    factory.execute(
        "DELETE FROM SI_OCM_TRANS WHERE TransNo % 8 > 0; DELETE FROM case_verification WHERE verify_id % 8 > 0; DELETE FROM temperature_logs WHERE log_id % 8 > 0",
    );
    factory
}

/// Changes rows of every kind of mart, at this minute of the hour from 13:00 on.
fn edit(factory: &Factory, minute: usize) {
    let stamp = format!("'2026-11-20 13:{minute:02}:30'");
    factory.execute(&format!(
        "UPDATE run_inputs SET qty_kg = qty_kg + 1, updated_at = {stamp} WHERE input_id % 5 = {m};
         UPDATE run_outputs SET qty_kg = qty_kg + 1, updated_at = {stamp} WHERE output_id % 5 = {m};
         UPDATE RunNumber SET Complete = 1 - {m} % 2, Updated = {stamp} WHERE CAST(RunNumber AS INTEGER) % 5 = {m};
         UPDATE temperature_logs SET temp_celsius = target_max + {m} - 2, updated_at = {stamp} WHERE log_id % 40 = {m};
         DELETE FROM SI_OCM_TRANS WHERE TransNo % 1000 = {m}",
        m = minute % 5
    ));
}

/// Reads all marts of a lake again and again while something happens. Each time they must be of one version.
/// Returns the versions that were seen.
async fn read_while<T>(factory: &Factory, happens: impl Future<Output = T>) -> (T, BTreeSet<u64>) {
    let open =
        place::open(&factory.folder.path().join("lake").display().to_string(), &factory.settings.factory_id)
            .await
            .unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (lake, over) = (open.lake.clone(), Arc::clone(&over));
            tokio::spawn(async move {
                let mut generations = BTreeSet::new();
                while !over.load(Ordering::Relaxed) {
                    generations.insert(
                        see_one_version(&lake, None)
                            .await
                            .unwrap_or_else(|complaint| panic!("a reader sees: {complaint}")),
                    );
                }
                generations
            })
        })
        .collect();
    let happened = happens.await;
    over.store(true, Ordering::Relaxed);
    let seen = join_all(readers).await.into_iter().flat_map(Result::unwrap).collect();
    (happened, seen)
}

async fn assert_all_is_right(factory: &Factory) {
    factory.assert_lake_mirrors_erp().await;
    assert_marts_are_those_made_from_nothing(factory).await;
    assert_segments_are_numbered_without_gaps(factory).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_extractions_at_once_in_one_process_are_as_one() {
    let factory = thin_factory().await;
    let address = factory.folder.path().join("lake").display().to_string();
    let mut lakes = Vec::new();
    for _ in 0..CROWD {
        lakes.push(place::open(&address, &factory.settings.factory_id).await.unwrap());
    }
    let at_once = async |mode: fn(usize) -> Mode, now| {
        let jobs = lakes.iter().enumerate().map(|(i, open)| {
            let mut settings = factory.settings.clone();
            settings.reading.batch_size = 300 + 70 * i;
            async move { run_into(&open.lake, &settings, mode(i), now).await }
        });
        let (records, generations) = read_while(&factory, join_all(jobs)).await;
        for record in records {
            assert_eq!((record.status.as_str(), &record.error), ("ok", &None));
        }
        generations
    };
    at_once(|_| Mode::Incremental, factory.now.get()).await;
    assert_all_is_right(&factory).await;
    edit(&factory, 51);
    edit(&factory, 53);
    factory.now.set(moment("2026-11-20T14:10:00"));
    let modes: fn(usize) -> Mode =
        |i| [Mode::Incremental, Mode::Reconcile, Mode::Incremental, Mode::Full][i % 4];
    let generations = at_once(modes, factory.now.get()).await;
    assert!(generations.len() > 1, "the readers saw nothing happen: {generations:?}");
    assert_all_is_right(&factory).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_extractions_at_once_by_processes_are_as_one() {
    let factory = thin_factory().await;
    let at_once = async |modes: [Option<&'static str>; CROWD]| {
        let jobs = modes.into_iter().enumerate().map(|(i, mode)| {
            let mut command = extraction(&factory, &(300 + 70 * i).to_string());
            async move { command.args(mode).stderr(Stdio::piped()).output().await.unwrap() }
        });
        let (outputs, generations) = read_while(&factory, join_all(jobs)).await;
        for output in outputs {
            assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        }
        generations
    };
    at_once([None; CROWD]).await;
    assert_all_is_right(&factory).await;
    edit(&factory, 51);
    edit(&factory, 53);
    let generations = at_once([
        None,
        Some("--reconcile"),
        None,
        Some("--full"),
        None,
        Some("--reconcile"),
        None,
        Some("--full"),
    ])
    .await;
    assert!(generations.len() > 1, "the readers saw nothing happen: {generations:?}");
    assert_all_is_right(&factory).await;
}

/// The program is killed at random moments, and each time the next job goes on. Then one job is let through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_extraction_that_is_killed_again_and_again_ends_as_the_erp_is() {
    let factory = Factory::sandbox_with_settings("2026-11-20T14:00:00", 1).await;
    let kills = if is_all() { 20 } else { 6 };
    let (mut killed, mut started) = (0, 0);
    while killed < kills {
        assert!(started < 100, "of {started} jobs only {killed} were killed before they ended");
        let mode = [None, Some("--full"), None, Some("--reconcile"), Some("--full")][started % 5];
        let mut child = extraction(&factory, "400").args(mode).spawn().unwrap();
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
    factory.job_ok(Mode::Incremental).await;
    factory.assert_lake_mirrors_erp().await;
    assert_marts_are_those_made_from_nothing(&factory).await;
    assert_segments_are_numbered_without_gaps(&factory).await;
    let again = factory.job_ok(Mode::Incremental).await;
    assert!(again.tables.iter().all(|table| table.written == 0), "{again:?}");
}

async fn assert_segments_are_numbered_without_gaps(factory: &Factory) {
    for source in ALL {
        let numbers = factory.lake().segments_after(source.staging, 0).await.unwrap();
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "{}", source.staging);
        let ids: BTreeSet<_> = numbers.iter().collect();
        assert_eq!(ids.len(), numbers.len());
    }
}

/// The command `tideline extract`, without its output.
fn extraction(factory: &Factory, batch_size: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tideline_program"));
    command
        .arg("extract")
        .env("SOURCE_DB", factory.source_db())
        .env("LAKE", factory.folder.path().join("lake"))
        .env("FACTORY_ID", &factory.settings.factory_id)
        .env("BATCH_SIZE", batch_size)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// A number below `limit`. The moment of a kill need not be repeatable, only different each time.
fn random_below(limit: u64) -> u64 {
    u64::from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().subsec_nanos()) / 7
        % limit
}
