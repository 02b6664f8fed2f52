//! Paging through a table whose stamps tie, lack a time, are missing or are no stamps at all. Every row is
//! read once, whatever the page size.

use lake::Mode;
use proptest::prelude::*;
use tests::factory::{ErpAccess, Factory};
use tests::is_all;

/// Stamps within the overlap, some equal, one a date alone, some unreadable, one missing.
const STAMPS: [&str; 11] = [
    "'2026-11-20 13:00:00'",
    "'2026-11-20 13:00:00.003'",
    "'2026-11-20 13:30:00'",
    "'2026-11-20 13:30:00'",
    "'2026-11-20'",
    "'soon'",
    "45000",
    "'45000'",
    "'05/11/2026 13:04:00'",
    "'2025/11/28 13:00'",
    "NULL",
];

#[derive(Clone, Debug)]
enum Edit {
    Put(u8, usize, u16),
    PutRun(u8, usize, usize),
    Delete(u8),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = prop_oneof![
        6 => (0u8..40, 0..STAMPS.len(), any::<u16>()).prop_map(|(id, stamp, kg)| Edit::Put(id, stamp, kg)),
        3 => (0u8..40, 0..STAMPS.len(), 0..STAMPS.len()).prop_map(|(number, created, updated)| Edit::PutRun(number, created, updated)),
        1 => (0u8..40).prop_map(Edit::Delete),
    ];
    prop::collection::vec(edit, 0..80)
}

fn apply(factory: &Factory, edits: &[Edit]) {
    let sql: String = edits
        .iter()
        .map(|edit| match edit {
            Edit::Put(id, stamp, kg) => {
                format!("DELETE FROM run_inputs WHERE input_id = {id}; INSERT INTO run_inputs (input_id, qty_kg, updated_at) VALUES ({id}, {kg}, {});", STAMPS[*stamp])
            }
            Edit::PutRun(number, created, updated) => format!(
                "DELETE FROM RunNumber WHERE RunNumber = '{number}'; INSERT INTO RunNumber (RunNumber, ProductionDate, Created, Updated) VALUES ('{number}', '2026-11-20', {}, {});",
                STAMPS[*created], STAMPS[*updated]
            ),
            Edit::Delete(id) => format!("DELETE FROM run_inputs WHERE input_id = {id};"),
        })
        .collect();
    factory.execute(&format!("BEGIN; {sql} COMMIT;"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if is_all() { 96 } else { 16 }, max_shrink_iters: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_row_is_read_once_whatever_the_page_size(first in edits(), second in edits(), page in 1usize..9, indexed in any::<bool>(), over_tds in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let now = "2026-11-20T14:00:00";
            // Without an index on the stamps, pages go by key.
            let factory = if indexed { Factory::empty(now).await } else { Factory::without_indexes(now).await };
            let mut factory = factory.with_lake_in_memory().over(if over_tds { ErpAccess::SqlServer } else { ErpAccess::Sqlite });
            factory.settings.reading.batch_size = page;
            apply(&factory, &first);
            let record = factory.job_ok(Mode::Incremental).await;
            assert_eq!(record.extracted, record.accepted + record.rejected);
            factory.assert_lake_mirrors_erp().await;
            let again = factory.job_ok(Mode::Incremental).await;
            assert_eq!(again.tables.iter().map(|table| table.written).sum::<i64>(), 0);

            // A comparison of keys and stamps does not see what changed without a new stamp. The overlap
            // does.
            apply(&factory, &second);
            factory.job_ok(Mode::Incremental).await;
            factory.job_ok(Mode::Reconcile).await;
            factory.assert_lake_mirrors_erp().await;
            apply(&factory, &first);
            factory.job_ok(Mode::Full).await;
            factory.assert_lake_mirrors_erp().await;
        });
    }
}
