//! The pipeline from the ERP to staging, end to end. What changes, is added, deleted or garbled in the ERP
//! shows in the lake, each row once.

use lake::Mode;
use tests::factory::{ErpAccess, Factory, moment};

const NOW: &str = "2026-11-20T14:00:00";
const LATER: &str = "2026-11-20T14:10:00";

over_both_ways!(staging_follows_the_erp_through_changes_additions_and_deletions,);

async fn staging_follows_the_erp_through_changes_additions_and_deletions(access: ErpAccess) {
    let factory = Factory::sandbox(NOW, 3).await.over(access);
    let first = factory.job_ok(Mode::Incremental).await;
    assert!(first.extracted > 40_000 && first.rejected > 0, "{first:?}");
    factory.assert_lake_mirrors_erp().await;

    let again = factory.job_ok(Mode::Incremental).await;
    assert!(again.extracted > 0, "the overlap is read again");
    assert_eq!(
        again.tables.iter().map(|table| table.written).sum::<i64>(),
        0,
        "rows that the lake holds are not written again: {again:?}"
    );

    factory.now.set(moment(LATER));
    factory.execute(
        "UPDATE SI_OCM_TRANS SET NetWeight = NetWeight + 1, TransDate = '2026-11-20 14:05:00' WHERE TransNo IN (SELECT TransNo FROM SI_OCM_TRANS WHERE NetWeight > 0 AND Weight > 0 ORDER BY TransNo DESC LIMIT 20);
         UPDATE run_inputs SET qty_kg = 1.5, updated_at = '2026-11-20 14:06:00' WHERE input_id IN (SELECT input_id FROM run_inputs ORDER BY input_id LIMIT 5);
         UPDATE RunNumber SET Complete = 1, Updated = '2026-11-20 14:07:00.123' WHERE RunNumber IN (SELECT RunNumber FROM RunNumber ORDER BY Created DESC LIMIT 2);
         INSERT INTO prod_lines (line_id, line_name, updated_at) VALUES (' L99 ', 'Line 99', '2026-11-20');
         INSERT INTO shifts (shift_id, shift_date, headcount, updated_at) VALUES (999999, '2026-11-20', ' 12 ', '2026-11-20 14:08:00');",
    );
    let changed = factory.job_ok(Mode::Incremental).await;
    assert_eq!(changed.tables.iter().map(|table| table.written).sum::<i64>(), 29, "{changed:?}");
    factory.assert_lake_mirrors_erp().await;

    factory.execute(
        "DELETE FROM SI_OCM_TRANS WHERE TransNo IN (SELECT TransNo FROM SI_OCM_TRANS ORDER BY TransDate DESC LIMIT 30);
         DELETE FROM run_outputs WHERE output_id IN (SELECT output_id FROM run_outputs ORDER BY updated_at LIMIT 3);
         DELETE FROM prod_lines WHERE line_name = 'Line 99';
         UPDATE despatch SET status = 'delivered', updated_at = '2026-11-18 01:00:00' WHERE despatch_id IN (SELECT despatch_id FROM despatch ORDER BY updated_at DESC LIMIT 4);
         UPDATE RunNumber SET ProductionDate = '2026-11-19' WHERE RunNumber IN (SELECT RunNumber FROM RunNumber WHERE ProductionDate = '2026-11-20' ORDER BY RunNumber LIMIT 1);",
    );
    factory.job_ok(Mode::Reconcile).await;
    factory.assert_lake_mirrors_erp().await;

    factory.execute(
        "DELETE FROM temperature_logs WHERE log_id IN (SELECT log_id FROM temperature_logs ORDER BY log_id LIMIT 100);
         DELETE FROM product_catalogue WHERE product_code IN (SELECT product_code FROM product_catalogue ORDER BY product_code LIMIT 2);
         UPDATE SI_OCM_PLU SET Category = 'changed without a stamp' WHERE PLUNumber IN (SELECT PLUNumber FROM SI_OCM_PLU ORDER BY PLUNumber LIMIT 2);",
    );
    factory.job_ok(Mode::Full).await;
    factory.assert_lake_mirrors_erp().await;
    let after = factory.job_ok(Mode::Incremental).await;
    assert_eq!(after.tables.iter().map(|table| table.written).sum::<i64>(), 0, "{after:?}");
}
