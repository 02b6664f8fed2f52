//! The marts after many small runs are those that one run over the same ERP makes from nothing, whatever moved, changed or went meanwhile.

use std::sync::Arc;

use lake::{Lake, MemoryStore, Mode};
use tests::factory::{Factory, Way, moment, rows_of, run_into};
use warehouse::marts::ALL;

/// What happens in the ERP between two runs. `STAMP` is a moment shortly before the run.
const EDITS: [&str; 10] = [
    "UPDATE run_inputs SET qty_kg = qty_kg * 1.1, updated_at = STAMP WHERE input_id % 11 = 0",
    // Rows that count for another run now.
    "UPDATE run_outputs SET run_number = (SELECT RunNumber FROM RunNumber ORDER BY RunNumber DESC LIMIT 1), updated_at = STAMP WHERE output_id % 9 = 0",
    "UPDATE SI_OCM_TRANS SET RunNumber = (SELECT MAX(RunNumber) FROM RunNumber), TransDate = STAMP WHERE TransNo IN (SELECT TransNo FROM SI_OCM_TRANS WHERE NetWeight > 0 LIMIT 50)",
    // Runs that move to another line, product and date.
    "UPDATE RunNumber SET ProdLine = 'Line 2', ProductCode = 'COD-101', Updated = STAMP WHERE CAST(RunNumber AS INTEGER) % 5 = 0",
    "UPDATE RunNumber SET ProductionDate = '2026-10-31', Updated = STAMP WHERE CAST(RunNumber AS INTEGER) % 13 = 0",
    "UPDATE RunNumber SET Complete = 1, Active = 0, Updated = STAMP WHERE CAST(RunNumber AS INTEGER) % 4 = 0",
    "UPDATE temperature_logs SET temp_celsius = target_max + 1, updated_at = STAMP WHERE log_id % 37 = 0",
    "UPDATE SI_OCM_PLU SET Description = 'HAKE LOIN', PackSize = 180, Updated = STAMP WHERE PLUNumber % 6 = 0",
    "UPDATE temperature_logs SET reading_time = '2026-10-30 12:00:00', updated_at = STAMP WHERE log_id % 101 = 0",
    "DELETE FROM run_inputs WHERE input_id % 10 = 3; DELETE FROM RunNumber WHERE CAST(RunNumber AS INTEGER) % 17 = 0; DELETE FROM temperature_logs WHERE log_id % 53 = 0",
];

over_both_ways!(marts_that_followed_every_change_are_those_made_from_nothing,);

async fn marts_that_followed_every_change_are_those_made_from_nothing(way: Way) {
    let factory = Factory::sandbox("2026-11-02T14:00:00", 4).await.over(way);
    factory.run_ok(Mode::Incremental).await;
    for (i, edit) in EDITS.into_iter().enumerate() {
        let minute = i + 1;
        factory.now.set(moment(&format!("2026-11-02T14:{minute:02}:30")));
        factory.execute(&edit.replace("STAMP", &format!("'2026-11-02 14:{minute:02}:00'")));
        let mode = if edit.contains("DELETE") || edit.contains("ProductionDate") { Mode::Reconcile } else { Mode::Incremental };
        factory.run_ok(mode).await;
    }
    factory.run_ok(Mode::Incremental).await;
    factory.assert_lake_mirrors_erp().await;

    assert_marts_are_those_made_from_nothing(&factory).await;
}

/// Fails unless every mart holds the rows that one run over the same ERP makes in an empty lake.
pub(crate) async fn assert_marts_are_those_made_from_nothing(factory: &Factory) {
    let fresh = Lake::new(Arc::new(MemoryStore::default()), "", &factory.settings.factory_id);
    let record = run_into(&fresh, &factory.settings, Mode::Incremental, factory.now.get()).await;
    assert_eq!(record.status, "ok", "{record:?}");
    for mart in ALL {
        let (followed, made) = (rows(factory.lake(), mart.name).await, rows(&fresh, mart.name).await);
        assert!(!made.is_empty(), "{} is empty, so nothing is compared", mart.name);
        let lost: Vec<_> = made.iter().filter(|row| !followed.contains(*row)).take(2).collect();
        let left: Vec<_> = followed.iter().filter(|row| !made.contains(*row)).take(2).collect();
        assert!(lost.is_empty() && left.is_empty(), "{}: lost {lost:?}, left over {left:?}", mart.name);
        assert_eq!(followed.len(), made.len(), "{}", mart.name);
    }
}

/// The rows of all parts of a mart.
async fn rows(lake: &Lake, mart: &str) -> std::collections::BTreeSet<Vec<String>> {
    let (manifest, _) = lake.manifest().await.unwrap().unwrap();
    let mut rows = std::collections::BTreeSet::new();
    for part in manifest.marts[mart].values() {
        for row in rows_of(&lake.mart_part(part, None).await.unwrap()) {
            assert!(rows.insert(row), "{mart} has a row twice");
        }
    }
    rows
}
