//! Connections that are lost, locks, errors and statements that take too long.

use std::time::Duration;

use lake::Mode;
use tests::factory::{ErpAccess, Factory};
use tests::tds::ServerError;

use super::{NOW, factory, plu, small_factory, table};

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
    assert_eq!(record.tables.iter().filter(|table| table.error.is_none()).count(), 16);
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
        assert_eq!(record.tables.iter().filter(|table| table.error.is_none()).count(), 16);
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
