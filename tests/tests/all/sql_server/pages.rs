//! Pages: which rows come, in which order, and what that costs.

use std::collections::BTreeMap;

use lake::Mode;
use tests::factory::{ErpAccess, Factory, moment};
use tests::tds::ServerError;
use warehouse::sources::{NON_CONFORMANCE, RUN_INPUTS, TRANSACTIONS};

use super::{NOW, factory, open_rejections, plu, small_factory, table};

/// The stamps are a tick apart, each on several rows. The pages are as small as possible. There is no
/// overlap, as it would hide that a row was left out.
#[tokio::test(flavor = "multi_thread")]
async fn stamps_a_tick_apart_neither_lose_a_row_nor_loop() {
    let types: [(&str, &[&str]); 5] = [
        ("datetime", &["10:00:00.000", "10:00:00.003", "10:00:00.007", "10:00:00.010"]),
        ("datetime2(7)", &["10:00:00.0000001", "10:00:00.0000002", "10:00:00.9999998", "10:00:00.9999999"]),
        (
            "datetimeoffset(7)",
            &["10:00:00.0000001", "10:00:00.0000002", "10:00:00.9999998", "10:00:00.9999999"],
        ),
        ("smalldatetime", &["10:00:00", "10:01:00", "10:02:00", "10:03:00"]),
        ("varchar(30)", &["10:00:00", "10:00:00.003", "10:00:00.007", "10:00:01"]),
    ];
    for (sql_type, ticks) in types {
        for batch_size in [1, 2, 3, 5] {
            let mut factory = small_factory("run_inputs").await;
            factory.settings.reading.batch_size = batch_size;
            factory.settings.reading.overlap_minutes = 0;
            factory.server().column_type("run_inputs", "updated_at", sql_type);
            factory.server().column_type("run_inputs", "input_id", "int");
            let put = |id: usize, tick: &str| {
                factory.insert(
                    "run_inputs",
                    &[
                        ("input_id", &id.to_string()),
                        ("qty_kg", "1.5"),
                        ("updated_at", &format!("'2026-11-20 {tick}'")),
                    ],
                );
            };
            for (i, tick) in ticks.iter().enumerate().take(3) {
                (0..4).for_each(|n| put(i * 10 + n, tick));
            }
            let record = factory.job_ok(Mode::Incremental).await;
            assert_eq!(record.extracted, 12, "{sql_type}, pages of {batch_size}");
            assert_eq!(factory.staged(&RUN_INPUTS).await.len(), 12, "{sql_type}, pages of {batch_size}");
            // After the job rows are committed on the last tick that was read and on the next one.
            put(100, ticks[2]);
            put(101, ticks[3]);
            factory.job_ok(Mode::Incremental).await;
            assert_eq!(factory.staged(&RUN_INPUTS).await.len(), 14, "{sql_type}, pages of {batch_size}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_texts_come_in_smaller_pages() {
    let factory = small_factory("non_conformance").await;
    factory.server().column_type("non_conformance", "description", "nvarchar(max)");
    for id in 0..14 {
        let text =
            format!("replace(hex(zeroblob(1000000)), '00', '{}é')", char::from(b'a' + (id % 26) as u8));
        factory.insert(
            "non_conformance",
            &[("nc_id", &id.to_string()), ("description", &text), ("updated_at", "'2026-11-20 10:00:00'")],
        );
    }
    factory.job_ok(Mode::Incremental).await;
    factory.assert_lake_mirrors_erp().await;
    let pages: Vec<usize> = factory
        .server()
        .statements()
        .iter()
        .filter(|statement| {
            statement.contains("[non_conformance]") && statement.contains("ORDER BY [updated_at]")
        })
        .map(|statement| statement.split(['(', ')']).nth(1).unwrap().parse().unwrap())
        .collect();
    assert_eq!(pages[0], 5000);
    assert!(
        pages.len() >= 3 && pages[1] <= 10,
        "14 rows of 3 MB did not fit into one page, and the next pages are smaller: {pages:?}"
    );

    // Now all of them are asked for by key at once.
    factory.execute("UPDATE non_conformance SET updated_at = '2026-11-12 09:00:00'");
    let record = factory.job_ok(Mode::Reconcile).await;
    assert_eq!(table(&record, "non_conformance").written, 14);
    factory.assert_lake_mirrors_erp().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_is_no_text_rejects_its_row_and_no_other() {
    for batch_size in [2, 5000] {
        let mut factory = small_factory("").await;
        factory.settings.reading.batch_size = batch_size;
        factory.server().column_type("SI_OCM_PLU", "Description", "nvarchar(max)");
        for number in 0..9 {
            plu(&factory, &number.to_string(), "'cod'", "'2026-11-20 10:00:00'");
        }
        // One text has a high surrogate without its other half, one has the halves the wrong way round.
        factory.execute("UPDATE SI_OCM_PLU SET Description = X'430000D8' WHERE PLUNumber = 4");
        factory.execute("UPDATE SI_OCM_PLU SET Description = X'00DC00D8' WHERE PLUNumber = 7");
        let record = factory.job_ok(Mode::Incremental).await;
        assert_eq!((record.accepted, record.rejected, record.attempts), (7, 2, 1));
        let mut reasons = open_rejections(&factory, "plu").await;
        reasons.sort();
        assert_eq!(reasons[0].0, "`Description` is `00dc00d8`, not text");
        assert_eq!(reasons[1].0, "`Description` is `430000d8`, not text");
        assert!(reasons[1].1.contains("\"PLUNumber\":4"), "{reasons:?}");
        let again = factory.job_ok(Mode::Incremental).await;
        assert_eq!(table(&again, "SI_OCM_PLU").written, 0);
        assert_eq!(open_rejections(&factory, "plu").await.len(), 2);
        // Rows that are mended in the ERP leave the list.
        factory.execute("UPDATE SI_OCM_PLU SET Description = 'cod', Updated = '2026-11-20 11:00:00' WHERE PLUNumber IN (4, 7)");
        factory.job_ok(Mode::Incremental).await;
        assert_eq!(open_rejections(&factory, "plu").await.len(), 0);
        factory.assert_lake_mirrors_erp().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_is_asked_once_a_job() {
    let factory = factory().await;
    factory.job_ok(Mode::Incremental).await;
    let statements = factory.server().statements();
    let asked = |what: &str| statements.iter().filter(|text| text.contains(what)).count();
    assert_eq!(["[INFORMATION_SCHEMA]", "[sys]"].map(asked), [1, 1], "{statements:#?}");
    // It is kept over a lost connection, and asked again by the next job: the ERP may have been changed.
    let mut factory = factory;
    factory.settings.retries = 1;
    factory.execute("DROP TABLE shifts; ALTER TABLE despatch DROP COLUMN customer");
    let lost = ServerError::new(596, 21, "the session is in the kill state.");
    factory.server().disruptions().fail_containing("FROM [production].[prod_lines]", 1, lost);
    let before = factory.server().statements().len();
    let record = factory.run(Mode::Incremental).await;
    assert_eq!((record.skipped.as_slice(), record.attempts), (["shifts".to_owned()].as_slice(), 2));
    assert!(table(&record, "despatch").error.clone().unwrap().contains("has no column `customer`"));
    let statements = factory.server().statements().split_off(before);
    assert_eq!(statements.iter().filter(|text| text.contains("[INFORMATION_SCHEMA]")).count(), 1);
}

/// An expression over the keys of all rows, once for each key that is asked for, took longer than a page may
/// take.
#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_costs_what_it_asks_for_and_not_every_row_for_every_key() {
    let mut factory = small_factory("").await;
    factory.settings.reading.batch_size = 1000;
    factory.execute(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2999)
         INSERT INTO SI_OCM_TOTALS (RunNumber, TotalPacks, Updated) SELECT printf('%06d', i), i, datetime('2026-11-20 12:00:00', '-' || i || ' minutes') FROM n",
    );
    factory.job_ok(Mode::Incremental).await;
    // Some rows are deleted, and some only written in another way, with an older stamp.
    factory.execute(
        "DELETE FROM SI_OCM_TOTALS WHERE TotalPacks < 120;
         UPDATE SI_OCM_TOTALS SET RunNumber = ' ' || RunNumber || char(9), TotalPacks = 1, Updated = '2026-01-01 10:00:00' WHERE TotalPacks % 200 = 150",
    );
    let before = factory.server().statements().len();
    let record = factory.job_ok(Mode::Reconcile).await;
    assert_eq!(table(&record, "SI_OCM_TOTALS").written, 120 + 15);
    factory.assert_lake_mirrors_erp().await;
    let statements = factory.server().statements().split_off(before);
    let of_totals: Vec<_> = statements.iter().filter(|text| text.contains("[SI_OCM_TOTALS]")).collect();
    // Three pages of stamps and three of keys, each after the first in two ranges, and the rows themselves.
    assert!(of_totals.len() <= 2 + 2 * 3 + 2 * 3 + 3, "{of_totals:#?}");
    for statement in of_totals {
        let (_, conditions) = statement.split_once(" WHERE ").unwrap();
        assert!(!conditions.contains("TRIM") && !conditions.contains("REPLACE"), "{statement}");
    }
}

/// The server's collation knows no case. To it these keys tie, and a page may end between any two of them.
#[tokio::test(flavor = "multi_thread")]
async fn keys_that_differ_in_case_alone_are_all_read() {
    for batch_size in [1, 2, 3] {
        let mut factory = small_factory("prod_lines").await;
        factory.settings.reading.batch_size = batch_size;
        for (i, line) in ["'line'", "'Line'", "'LINE'", "'lines'", "'Lines'", "'m'"].iter().enumerate() {
            factory.insert(
                "prod_lines",
                &[
                    ("line_id", line),
                    ("line_name", &format!("'n{i}'")),
                    ("updated_at", "'2026-11-20 10:00:00'"),
                ],
            );
        }
        factory.job_ok(Mode::Incremental).await;
        factory.assert_lake_mirrors_erp().await;
        // A key that changes its case is another key. The old one goes when keys are compared.
        factory.execute(
            "UPDATE prod_lines SET line_id = 'M', updated_at = '2026-11-20 11:00:00' WHERE line_id = 'm'",
        );
        factory.job_ok(Mode::Incremental).await;
        factory.job_ok(Mode::Reconcile).await;
        factory.assert_lake_mirrors_erp().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watermark_without_an_index_is_never_sorted_by() {
    let mut factory = Factory::without_indexes(NOW).await.with_lake_in_memory().over(ErpAccess::SqlServer);
    factory.settings.reading.batch_size = 3;
    for id in 0..20 {
        let stamp = format!("'2026-11-20 {:02}:00:00'", 8 + (id * 7) % 6);
        factory
            .insert("run_inputs", &[("input_id", &id.to_string()), ("qty_kg", "1"), ("updated_at", &stamp)]);
    }
    factory.job_ok(Mode::Incremental).await;
    factory.assert_lake_mirrors_erp().await;
    factory.execute(
        "UPDATE run_inputs SET qty_kg = 3, updated_at = '2026-11-20 13:50:00' WHERE input_id % 3 = 0",
    );
    let record = factory.job_ok(Mode::Incremental).await;
    assert_eq!(table(&record, "run_inputs").written, 7);
    factory.assert_lake_mirrors_erp().await;
    for statement in factory.server().statements().iter().filter(|text| text.contains("ORDER BY")) {
        let order = statement.split("ORDER BY ").nth(1).unwrap();
        assert!(
            !order.contains("pdated") && !order.contains("Created") && !order.contains("TransDate"),
            "{statement}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_factories_are_read_as_they_are() {
    let factory = factory().await;
    // One table has a thousand columns, one has nothing but rejected rows, and the others are empty.
    for n in 0..990 {
        factory.execute(&format!("ALTER TABLE SI_OCM_PLU ADD COLUMN extra_{n}"));
    }
    plu(&factory, "1", "'cod' || char(0) || 'fillet'", "'0001-01-01'");
    plu(&factory, "2", "'cod'", "'9999-12-31 23:59:59'");
    for id in 0..3 {
        factory.insert(
            "SI_OCM_TRANS",
            &[("TransNo", &id.to_string()), ("Weight", "'heavy'"), ("TransDate", "'2026-11-20 10:00:00'")],
        );
    }
    let record = factory.job_ok(Mode::Incremental).await;
    assert_eq!((record.accepted, record.rejected), (2, 3));
    assert_eq!(
        table(&record, "SI_OCM_PLU").watermark.as_deref(),
        Some("2026-11-20T14:00:00"),
        "a stamp of the future does not take the watermark along"
    );
    assert!(
        factory.staged(&TRANSACTIONS).await.is_empty() && factory.staged(&NON_CONFORMANCE).await.is_empty()
    );
    factory.assert_lake_mirrors_erp().await;
    factory.now.set(moment("2026-11-20T14:10:00"));
    let again = factory.job_ok(Mode::Incremental).await;
    let written: BTreeMap<_, _> = again
        .tables
        .iter()
        .filter(|table| table.written > 0)
        .map(|table| (&table.table, table.written))
        .collect();
    assert!(written.is_empty(), "{written:?}");
}
