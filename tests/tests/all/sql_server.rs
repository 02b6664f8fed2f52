//! SQL Server over TDS: every type, ticks, large and broken text, lost connections, refusals, time-outs. The
//! server is the endpoint in `tests/src/tds`. The comment there says how it differs from a real server.

use std::collections::BTreeMap;
use std::time::Duration;

use api::pipeline::{JobRecord, JobTable};
use lake::{Mode, Slot};
use tests::factory::{ErpAccess, Factory, moment};
use tests::tds::ServerError;
use warehouse::sources::{ALL, NON_CONFORMANCE, Owner, PLU, RUN_INPUTS, TRANSACTIONS};

const NOW: &str = "2026-11-20T14:00:00";

async fn factory() -> Factory {
    Factory::empty(NOW).await.with_lake_in_memory().over(ErpAccess::SqlServer)
}

/// A factory of few tables, for tests of many jobs.
async fn small_factory(table: &str) -> Factory {
    let factory = factory().await;
    for source in ALL.into_iter().filter(|source| source.owner == Owner::Factory && source.table != table) {
        factory.execute(&format!("DROP TABLE {}", source.table));
    }
    factory
}

fn table<'a>(record: &'a JobRecord, name: &str) -> &'a JobTable {
    record
        .tables
        .iter()
        .find(|table| table.table == name)
        .unwrap_or_else(|| panic!("{name} is not in {record:?}"))
}

fn plu(factory: &Factory, number: &str, description: &str, updated: &str) {
    factory
        .insert("SI_OCM_PLU", &[("PLUNumber", number), ("Description", description), ("Updated", updated)]);
}

async fn open_rejections(factory: &Factory, staging: &str) -> Vec<(String, String)> {
    let Some(held) = factory.lake().held(staging, Slot::Rejected, None).await.unwrap() else {
        return Vec::new();
    };
    let column = |name: &str| -> Vec<String> {
        held.frame
            .column(name)
            .unwrap()
            .str()
            .unwrap()
            .iter()
            .map(|text| text.unwrap_or_default().to_owned())
            .collect()
    };
    column("reason").into_iter().zip(column("row")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_login_asks_for_reading_only_and_says_who_it_is() {
    let factory = factory().await;
    factory.job_ok(Mode::Incremental).await;
    let logins = factory.server().logins();
    assert_eq!(logins.len(), 1, "one connection serves the whole job");
    assert_eq!(
        (logins[0].application.as_str(), logins[0].read_only, logins[0].accepted),
        ("tideline", true, true)
    );
    let statements = factory.server().statements();
    assert!(!statements.is_empty());
    for statement in statements {
        assert!(
            statement.starts_with("SELECT ") && !statement.contains('*') && !statement.contains(';'),
            "{statement}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connection_is_encrypted_and_the_certificate_checked_unless_told_otherwise() {
    let mut factory = factory().await;
    plu(&factory, "1", "'cod'", "'2026-11-20 10:00:00'");
    let encrypted = factory.server().tls_address();
    let by_default = encrypted.replace("?encrypt=true", "");
    factory.settings.source_db = by_default.parse().unwrap();
    let record = factory.run(Mode::Incremental).await;
    let error = record.error.unwrap();
    assert_eq!((record.status.as_str(), record.attempts), ("failed", 1));
    assert!(error.contains("cannot be trusted") && error.contains("ca=/path/to/ca.pem"), "{error}");
    assert!(factory.server().statements().is_empty());

    let authority = factory.server().authority_file();
    for how in [format!("ca={}", authority.display()), "trust_server_certificate=true".to_owned()] {
        factory.settings.source_db = format!("{by_default}?{how}").parse().unwrap();
        factory.job_ok(Mode::Incremental).await;
        assert!(factory.server().logins().last().unwrap().encrypted);
    }
    factory.assert_lake_mirrors_erp().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_offers_no_encryption_is_told_from_one_that_is_no_sql_server() {
    let mut factory = factory().await;
    factory.settings.retries = 2;
    factory.server().without_tls();
    let encrypted = factory.server().tls_address();
    factory.settings.source_db = encrypted.replace("?encrypt=true", "").parse().unwrap();
    let record = factory.run(Mode::Incremental).await;
    let error = record.error.unwrap();
    assert_eq!((record.status.as_str(), record.attempts), ("failed", 1), "{error}");
    assert!(error.contains("offers no encryption, and SOURCE_DB asks for it: give the server a certificate"));
    assert!(error.contains("set `encrypt=false`") && factory.server().logins().is_empty(), "{error}");
    factory.settings.source_db = factory.server().address().parse().unwrap();
    factory.job_ok(Mode::Incremental).await;
}

/// Takes each type that a column of the ERP may have, with values that must be kept, through a column that we
/// declare as text, number, date or flag.
#[tokio::test(flavor = "multi_thread")]
async fn every_type_of_the_erp_becomes_the_declared_type() {
    // declared column, SQL type, value as the file keeps it, value as staging must hold it
    let cases: &[(&str, &str, &str, &str)] = &[
        ("Active", "bit", "1", "true"),
        ("Active", "bit", "0", "false"),
        ("Active", "char(5)", "'no'", "false"),
        ("ShelfLife", "tinyint", "255", "255"),
        ("ShelfLife", "smallint", "32767", "32767"),
        ("ShelfLife", "int", "2147483647", "2147483647"),
        ("ShelfLife", "bigint", "9007199254740993", "9007199254740993"),
        ("ShelfLife", "decimal(20, 2)", "'9007199254740993.00'", "9007199254740993"),
        ("ShelfLife", "varchar(20)", "' 12 '", "12"),
        ("PackSize", "decimal(12, 3)", "'12345.678'", "12345.678"),
        ("PackSize", "numeric(38, 10)", "'0.0000000001'", "1e-10"),
        ("PackSize", "money", "'922337203685.4775'", "922337203685.4775"),
        ("PackSize", "smallmoney", "'214748.3647'", "214748.3647"),
        ("PackSize", "real", "1.5", "1.5"),
        ("PackSize", "float", "1.7976931348623157e308", "1.7976931348623157e308"),
        ("PackSize", "float", "4.9e-324", "5e-324"),
        ("PackSize", "nvarchar(40)", "' 2.50 '", "2.5"),
        ("Category", "char(10)", "'ab'", "\"ab\""),
        ("Category", "varchar(50)", "'crème brûlée €'", "\"crème brûlée €\""),
        ("Category", "nchar(10)", "'北海'", "\"北海\""),
        ("Category", "nvarchar(50)", "'🐟 cod'", "\"🐟 cod\""),
        ("Category", "nvarchar(max)", "'long'", "\"long\""),
        ("Category", "text", "'old'", "\"old\""),
        ("Category", "ntext", "'älter'", "\"älter\""),
        ("Category", "int", "42", "\"42\""),
        (
            "Category",
            "uniqueidentifier",
            "'6F9619FF-8B86-D011-B42D-00C04FC964FF'",
            "\"6F9619FF-8B86-D011-B42D-00C04FC964FF\"",
        ),
        ("Category", "nvarchar(50)", "'a' || char(0) || 'b'", "\"a\\0b\""),
        ("Updated", "date", "'2026-11-20'", "2026-11-20 00:00:00"),
        ("Updated", "smalldatetime", "'2026-11-20 10:01:00'", "2026-11-20 10:01:00"),
        ("Updated", "datetime", "'2026-11-20 10:01:02.003'", "2026-11-20 10:01:02.003"),
        ("Updated", "datetime", "'1753-01-01 00:00:00'", "1753-01-01 00:00:00"),
        ("Updated", "datetime", "'9999-12-31 23:59:59.997'", "9999-12-31 23:59:59.997"),
        ("Updated", "datetime2(0)", "'2026-11-20 10:01:02'", "2026-11-20 10:01:02"),
        ("Updated", "datetime2(7)", "'0001-01-01 00:00:00'", "0001-01-01 00:00:00"),
        ("Updated", "datetime2(6)", "'9999-12-31 23:59:59.999999'", "9999-12-31 23:59:59.999999"),
        ("Updated", "varchar(30)", "' 2026-11-20 10:01:02 '", "2026-11-20 10:01:02"),
        // Staging has the time on the factory's clock, whatever offset it was written with.
        ("Updated", "datetimeoffset(3)", "'2026-07-01 10:00:00.500 +00:00'", "2026-07-01 11:00:00.500"),
        ("Updated", "datetimeoffset(7)", "'2026-11-20 10:00:00 +05:30'", "2026-11-20 04:30:00"),
    ];
    for (column, sql_type, value, expected) in cases {
        let factory = small_factory("").await;
        plu(&factory, "1", "'cod'", "'2026-11-20 10:00:00'");
        factory.execute(&format!("UPDATE SI_OCM_PLU SET {column} = {value}"));
        factory.server().column_type("SI_OCM_PLU", column, sql_type);
        let record = factory.job_ok(Mode::Incremental).await;
        let reasons = open_rejections(&factory, "plu").await;
        assert_eq!((record.accepted, reasons.len()), (1, 0), "{sql_type}: {reasons:?}");
        let staged = factory.staged(&PLU).await;
        let row = staged.values().next().unwrap();
        let place = PLU.columns.iter().position(|known| known.source == *column).unwrap();
        let mut held = row[place].clone();
        if *column == "Updated" {
            held = chrono::DateTime::from_timestamp_micros(held.parse().unwrap())
                .unwrap()
                .naive_utc()
                .to_string();
        }
        assert_eq!(held.trim_end_matches(".0"), *expected, "{sql_type} {value}");
        // The next job begins its page after this row, and a reconciliation compares its key. Both must speak
        // the column's own type too.
        let again = factory.job_ok(Mode::Incremental).await;
        assert_eq!(table(&again, "SI_OCM_PLU").written, 0, "{sql_type} {value}");
        factory.job_ok(Mode::Reconcile).await;
        assert_eq!(factory.staged(&PLU).await, staged, "{sql_type} {value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_declared_type_cannot_hold_is_rejected_with_the_value() {
    let cases: &[(&str, &str, &str, &str)] = &[
        ("ShelfLife", "decimal(8, 2)", "'1.50'", "`ShelfLife` is `1.50`, not a whole number"),
        ("ShelfLife", "int", "-1", "`ShelfLife` is -1, below 0"),
        ("PackSize", "money", "'-0.0100'", "`PackSize` is -0.01, below 0"),
        (
            "PackSize",
            "datetime",
            "'2026-11-20 10:00:00'",
            "`PackSize` is `2026-11-20 10:00:00.000`, not a number of at least 0",
        ),
        ("Active", "int", "7", "`Active` is `7`, not a yes/no flag"),
        ("Category", "varbinary(10)", "X'FFD8'", "`Category` is `ffd8`, not text"),
        ("Updated", "time(0)", "'10:00:00'", "`Updated` is `10:00:00`, not a date and time"),
    ];
    for (column, sql_type, value, reason) in cases {
        let factory = small_factory("").await;
        plu(&factory, "1", "'cod'", "'2026-11-20 10:00:00'");
        factory.execute(&format!("UPDATE SI_OCM_PLU SET {column} = {value}"));
        factory.server().column_type("SI_OCM_PLU", column, sql_type);
        let record = factory.job_ok(Mode::Incremental).await;
        assert_eq!(record.rejected, 1, "{sql_type} {value}");
        assert_eq!(open_rejections(&factory, "plu").await[0].0, *reason, "{sql_type} {value}");
    }
}

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
async fn a_connection_lost_anywhere_is_opened_again_and_nothing_is_lost() {
    for n in 0.. {
        let bytes = n * n * 37;
        let mut factory = small_factory("run_inputs").await;
        factory.settings.retries = 1;
        factory.settings.reading.batch_size = 20;
        for id in 0..100 {
            factory.insert(
                "run_inputs",
                &[("input_id", &id.to_string()), ("qty_kg", "1"), ("updated_at", "'2026-11-20 10:00:00'")],
            );
        }
        factory.server().disruptions().drop_after_bytes(bytes);
        let record = factory.job_ok(Mode::Incremental).await;
        if factory.server().disruptions().fired() == 0 {
            assert!(n > 15, "a whole job had {bytes} bytes at most");
            break;
        }
        assert_eq!(record.attempts, 2, "the connection was dropped after {bytes} bytes");
        factory.assert_lake_mirrors_erp().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_is_tried_for_the_job_and_not_for_each_table() {
    let mut factory = factory().await;
    factory.settings.retries = 2;
    factory.server().disruptions().refuse_connections(true);
    let record = factory.run(Mode::Incremental).await;
    assert_eq!(
        (record.status.as_str(), record.attempts, factory.server().disruptions().fired()),
        ("failed", 3, 3)
    );
    assert!(
        record.error.unwrap().contains("check host, port and firewall")
            || factory.server().logins().is_empty()
    );

    factory.server().disruptions().clear();
    factory.job_ok(Mode::Incremental).await;
    // The connection is lost for good in the middle of a job. The tables before that were read, and those
    // after it are not tried.
    let before = factory.server().disruptions().fired();
    factory.server().disruptions().fail_containing(
        "[prod_lines]",
        3,
        ServerError::new(596, 21, "Cannot continue the execution because the session is in the kill state."),
    );
    let record = factory.run(Mode::Incremental).await;
    assert_eq!((record.status.as_str(), record.attempts), ("partial", 3), "{record:#?}");
    assert_eq!(factory.server().disruptions().fired() - before, 3);
    let prod_lines = table(&record, "prod_lines").error.clone().unwrap();
    assert!(prod_lines.contains("ended the connection") && prod_lines.contains("error 596"), "{prod_lines}");
    assert!(table(&record, "shifts").error.clone().unwrap().starts_with("not tried: "));
    assert_eq!(table(&record, "SI_OCM_TRANS").error, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_will_not_pass_is_not_tried_again_and_says_what_to_do() {
    let check = async |address: &dyn Fn(&str) -> String, error: Option<ServerError>, expect: &str| {
        let mut factory = factory().await;
        factory.settings.retries = 2;
        factory.settings.source_db = address(&factory.source_db()).parse().unwrap();
        if let Some(error) = error {
            factory.server().disruptions().fail_logins(9, error);
        }
        let record = factory.run(Mode::Incremental).await;
        let said = record.error.unwrap();
        assert_eq!((record.status.as_str(), record.attempts), ("failed", 1), "{said}");
        assert!(said.contains(expect), "{said}");
        assert!(!said.contains("Quay") && !said.contains("wrong%20password"), "{said}");
    };
    let same = |address: &str| address.to_owned();
    check(
        &|address| address.replace("Quay%40Side%2F7", "Quay%40wrong1"),
        None,
        "refuses the login `pipeline_reader`: check user and password",
    )
    .await;
    check(
        &|address| address.replace("/factory?", "/other?"),
        None,
        "does not open database `other` for the login `pipeline_reader`",
    )
    .await;
    check(
        &same,
        Some(ServerError::new(
            18486,
            14,
            "Login failed for user because the account is currently locked out.",
        )),
        "locked or expired",
    )
    .await;
    check(
        &same,
        Some(ServerError::new(40615, 14, "Cannot open server: client is not allowed.")),
        "refuses the connection",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_may_not_be_read_fails_alone() {
    let mut factory = factory().await;
    factory.settings.retries = 2;
    plu(&factory, "1", "'cod'", "'2026-11-20 10:00:00'");
    factory.server().disruptions().fail_containing(
        "FROM [dbo].[SI_OCM_TRANS]",
        99,
        ServerError::select_denied("SI_OCM_TRANS"),
    );
    let record = factory.run(Mode::Incremental).await;
    assert_eq!(record.status, "partial");
    let transactions = table(&record, "SI_OCM_TRANS");
    assert_eq!(transactions.attempts, 1);
    assert!(
        transactions.error.clone().unwrap().starts_with("the login may not read table `SI_OCM_TRANS`: "),
        "{transactions:?}"
    );
    assert_eq!(record.tables.iter().filter(|table| table.error.is_none()).count(), 15);
}

#[tokio::test(flavor = "multi_thread")]
async fn deadlocks_and_locks_are_tried_again_for_their_table_alone() {
    for error in [ServerError::deadlock_victim(), ServerError::lock_timeout()] {
        let mut factory = factory().await;
        factory.settings.retries = 2;
        plu(&factory, "1", "'cod'", "'2026-11-20 10:00:00'");
        factory.server().disruptions().fail_containing("FROM [dbo].[SI_OCM_PLU]", 2, error.clone());
        let record = factory.job_ok(Mode::Incremental).await;
        assert_eq!(
            (
                table(&record, "SI_OCM_PLU").attempts,
                table(&record, "SI_OCM_TOTALS").attempts,
                record.attempts
            ),
            (3, 1, 1)
        );
        factory.assert_lake_mirrors_erp().await;

        factory.server().disruptions().fail_containing("FROM [dbo].[SI_OCM_PLU]", 99, error);
        let record = factory.run(Mode::Incremental).await;
        assert_eq!((record.status.as_str(), table(&record, "SI_OCM_PLU").attempts), ("partial", 3));
        assert!(
            record.error.clone().unwrap().starts_with("SI_OCM_PLU: reading table `SI_OCM_PLU` was put off: "),
            "{record:?}"
        );
        assert_eq!(record.tables.iter().filter(|table| table.error.is_none()).count(), 15);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_in_the_middle_of_a_page_leaves_out_and_repeats_nothing() {
    let mut factory = factory().await;
    factory.settings.retries = 1;
    for id in 0..50 {
        factory.insert(
            "run_inputs",
            &[("input_id", &id.to_string()), ("qty_kg", "1"), ("updated_at", "'2026-11-20 10:00:00'")],
        );
    }
    // The statement that reads the table is found by its text, because other statements describe the tables
    // before it.
    let before = factory.server().statements().len();
    factory.job_ok(Mode::Incremental).await;
    let at = factory.server().statements()[before..]
        .iter()
        .position(|text| {
            text.contains("FROM [production].[run_inputs]") && text.contains("ORDER BY [updated_at]")
        })
        .unwrap();
    factory.execute("UPDATE run_inputs SET qty_kg = 2, updated_at = '2026-11-20 10:30:00'");
    factory.server().disruptions().fail_after_rows(at + 1, 17, ServerError::deadlock_victim());
    let record = factory.job_ok(Mode::Incremental).await;
    assert_eq!(table(&record, "run_inputs").attempts, 2);
    factory.assert_lake_mirrors_erp().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_takes_too_long_is_given_up_and_tried_again() {
    let mut factory = small_factory("").await;
    factory.settings.retries = 1;
    plu(&factory, "1", "'cod'", "'2026-11-20 10:00:00'");
    factory.settings.source_db = format!("{}&timeout_seconds=1", factory.source_db()).parse().unwrap();
    factory.server().disruptions().delay_answers(Duration::from_secs(3));
    let record = factory.run(Mode::Incremental).await;
    let first = &record.tables[0];
    assert_eq!((record.status.as_str(), first.attempts), ("failed", 2));
    let error = first.error.clone().unwrap();
    assert!(error.contains("took longer than 1 s") && !error.contains("no index"), "{error}");
    let server = factory.server();
    assert_eq!(
        (server.cancelled(), server.logins().len()),
        (2, 2),
        "each statement was ended, and its connection closed"
    );
    server.disruptions().clear();
    factory.job_ok(Mode::Incremental).await;
    factory.assert_lake_mirrors_erp().await;
}

/// A page that is slow because nothing gives its order says so; the one above, which has an index, does not.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_in_an_order_without_an_index_says_what_would_help() {
    let mut factory = Factory::without_indexes(NOW).await.with_lake_in_memory().over(ErpAccess::SqlServer);
    factory.settings.source_db = format!("{}&timeout_seconds=1", factory.source_db()).parse().unwrap();
    factory.server().disruptions().delay_containing("FROM [dbo].[RunNumber]", Duration::from_secs(3));
    let record = factory.run(Mode::Incremental).await;
    let error = table(&record, "RunNumber").error.clone().unwrap();
    assert!(error.contains("no index begins with `RunNumber`, by which its pages go"), "{error}");
    assert_eq!((record.status.as_str(), factory.server().cancelled()), ("partial", 1), "{record:?}");
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
