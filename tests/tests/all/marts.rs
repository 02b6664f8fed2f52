//! After many small jobs the marts are those that one job over the same ERP makes from nothing, whatever
//! moved, changed or went meanwhile.

use std::sync::Arc;

use extractor_function::doctor::{Severity, examine_deep};
use lake::{Lake, MemoryStore, Mode};
use tests::factory::{ErpAccess, Factory, copy_raw, moment, rows_of, run_into};
use tests::is_all;
use warehouse::marts::ALL;

/// What happens in the ERP between two jobs. `STAMP` is a moment shortly before the job.
const EDITS: &[&str] = &[
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
    // Records and shifts that move to another day, are closed, opened again, or change what they are added up
    // by.
    "UPDATE non_conformance SET nc_date = '2026-10-28', updated_at = STAMP WHERE nc_id % 3 = 0; UPDATE shifts SET shift_date = '2026-10-28', updated_at = STAMP WHERE shift_id % 4 = 0",
    "UPDATE non_conformance SET status = ' Closed', closed_date = '2026-11-02', updated_at = STAMP WHERE nc_id % 2 = 0; UPDATE non_conformance SET nc_date = NULL, updated_at = STAMP WHERE nc_id % 7 = 0",
    "UPDATE non_conformance SET status = 'open', severity = 'MAJOR', updated_at = STAMP WHERE nc_id % 5 = 0; UPDATE shifts SET line_id = 'Line 9', shift_code = NULL, updated_at = STAMP WHERE shift_id % 5 = 0",
    "UPDATE shifts SET headcount = 0, output_kg = output_kg * 0.9, updated_at = STAMP WHERE shift_id % 3 = 0; UPDATE prod_lines SET line_name = 'Line 9', updated_at = STAMP WHERE line_id = (SELECT MAX(line_id) FROM prod_lines)",
    // Counts of the weighing system change, and runs go over to another shift. Both count in the shifts' OEE.
    "UPDATE SI_OCM_TOTALS SET TotalPacks = TotalPacks + 40, RejectCount = 17, Updated = STAMP WHERE CAST(RunNumber AS INTEGER) % 3 = 0",
    "UPDATE RunNumber SET ShiftCode = 'PM', Updated = STAMP WHERE CAST(RunNumber AS INTEGER) % 7 = 0; UPDATE prod_lines SET max_capacity_kg = 3000, updated_at = STAMP WHERE line_id = (SELECT MIN(line_id) FROM prod_lines)",
    // Orders that leave, that are of another run, or of none.
    "UPDATE despatch SET status = 'LOADED', qty_kg = qty_kg * 0.9, updated_at = STAMP WHERE despatch_id % 3 = 0; UPDATE despatch SET run_number = (SELECT MAX(RunNumber) FROM RunNumber), updated_at = STAMP WHERE despatch_id % 5 = 0",
    "UPDATE despatch SET despatch_date = '2026-10-31', updated_at = STAMP WHERE despatch_id % 4 = 0; UPDATE despatch SET run_number = NULL, despatch_date = NULL, order_number = 'SO-X', updated_at = STAMP WHERE despatch_id % 11 = 0",
    "UPDATE run_sheets SET pack_date = '2026-10-29', shelf_life_adjustment = 3, updated_at = STAMP WHERE CAST(TRIM(run_number) AS INTEGER) % 6 = 0",
    "UPDATE case_verification SET scanned_plu = '999', updated_at = STAMP WHERE verify_id % 97 = 0",
    "UPDATE case_verification SET run_number = (SELECT MIN(RunNumber) FROM RunNumber), updated_at = STAMP WHERE verify_id % 89 = 0",
    // Parents that nobody knows, until one is taken in and another made by a scan-back.
    "UPDATE batch_lineage SET direction = 'SCANBACK', return_method = 'OCM', parent_batch = 'LATE-' || lineage_id % 3, updated_at = STAMP WHERE lineage_id % 2 = 0",
    "UPDATE traceability SET batch_code = 'LATE-0', updated_at = STAMP WHERE trace_id = (SELECT MIN(trace_id) FROM traceability)",
    "UPDATE batch_lineage SET new_batch_code = 'LATE-1', updated_at = STAMP WHERE lineage_id = (SELECT MAX(lineage_id) FROM batch_lineage)",
    // Orders that move to another run and batch, lose or find them, and a scan-back that is a plain scan
    // again.
    "UPDATE despatch SET run_number = (SELECT MAX(RunNumber) FROM RunNumber), qty_kg = qty_kg + 1, updated_at = STAMP WHERE despatch_id % 5 = 0",
    "UPDATE despatch SET batch_code = 'LATE-2', run_number = NULL, updated_at = STAMP WHERE despatch_id % 7 = 0; UPDATE despatch SET batch_code = NULL, despatch_date = NULL, updated_at = STAMP WHERE despatch_id % 9 = 0",
    "UPDATE despatch SET run_number = 'none', despatch_date = '2026-10-01', updated_at = STAMP WHERE despatch_id % 11 = 0; UPDATE batch_lineage SET direction = 'INPUT', updated_at = STAMP WHERE lineage_id % 8 = 0",
    "UPDATE traceability SET received_date = NULL, updated_at = STAMP WHERE rowid % 4 = 0; UPDATE traceability SET batch_code = NULL, updated_at = STAMP WHERE rowid % 9 = 2",
    "UPDATE despatch SET run_number = (SELECT MIN(RunNumber) FROM RunNumber), updated_at = STAMP WHERE run_number = 'none' AND despatch_id % 2 = 0",
    "UPDATE traceability SET species = 'Tuna', updated_at = STAMP WHERE rowid % 3 = 0",
    "DELETE FROM traceability WHERE rowid % 7 = 1; DELETE FROM case_verification WHERE verify_id % 61 = 0; DELETE FROM batch_lineage WHERE lineage_id % 5 = 0; DELETE FROM despatch WHERE despatch_id % 6 = 0",
    "DELETE FROM run_inputs WHERE input_id % 10 = 3; DELETE FROM RunNumber WHERE CAST(RunNumber AS INTEGER) % 17 = 0; DELETE FROM temperature_logs WHERE log_id % 53 = 0; DELETE FROM non_conformance WHERE nc_id % 11 = 0; DELETE FROM shifts WHERE shift_id % 11 = 0",
];

over_both_ways!(marts_that_followed_every_change_are_those_made_from_nothing,);

async fn marts_that_followed_every_change_are_those_made_from_nothing(access: ErpAccess) {
    // Marts do not see from where the rows come: the second access is for `--all`.
    if access == ErpAccess::SqlServer && !is_all() {
        return;
    }
    let factory = Factory::sandbox_with_settings("2026-11-02T14:00:00", 4).await.over(access);
    factory.job_ok(Mode::Incremental).await;
    for (i, edit) in EDITS.iter().enumerate() {
        let minute = i + 1;
        factory.now.set(moment(&format!("2026-11-02T14:{minute:02}:30")));
        factory.execute(&edit.replace("STAMP", &format!("'2026-11-02 14:{minute:02}:00'")));
        let mode = if edit.contains("DELETE") || edit.contains("ProductionDate") {
            Mode::Reconcile
        } else {
            Mode::Incremental
        };
        factory.job_ok(mode).await;
    }
    factory.job_ok(Mode::Incremental).await;
    factory.assert_lake_mirrors_erp().await;

    assert_marts_are_those_made_from_nothing(&factory).await;
    let findings = examine_deep(factory.lake(), factory.now.get()).await;
    assert!(findings.iter().all(|finding| finding.severity == Severity::Ok), "{findings:#?}");
}

/// Fails unless every mart holds the rows that one job makes in a lake that has nothing but the same
/// segments.
pub(crate) async fn assert_marts_are_those_made_from_nothing(factory: &Factory) {
    for (mart, rows) in compared_with_those_made_from_nothing(factory).await {
        assert!(rows > 0, "{mart} is empty, so nothing is compared");
    }
}

/// Does the same, but marts may be empty. Returns how many rows each has.
pub(crate) async fn compared_with_those_made_from_nothing(factory: &Factory) -> Vec<(&'static str, usize)> {
    let fresh = Lake::new(Arc::new(MemoryStore::default()), "", &factory.settings.factory_id);
    copy_raw(factory.lake(), &fresh).await;
    let record = run_into(&fresh, &factory.settings, Mode::Incremental, factory.now.get()).await;
    assert_eq!(record.status, "ok", "{record:?}");
    let mut compared = Vec::new();
    for mart in ALL {
        let (followed, made) = (rows(factory.lake(), mart.name).await, rows(&fresh, mart.name).await);
        let lost: Vec<_> = made.iter().filter(|row| !followed.contains(*row)).take(2).collect();
        let left: Vec<_> = followed.iter().filter(|row| !made.contains(*row)).take(2).collect();
        assert!(lost.is_empty() && left.is_empty(), "{}: lost {lost:?}, left over {left:?}", mart.name);
        assert_eq!(followed.len(), made.len(), "{}", mart.name);
        compared.push((mart.name, made.len()));
    }
    compared
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
