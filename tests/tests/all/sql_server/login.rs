//! The login, and how the connection is encrypted.

use lake::Mode;

use super::{factory, plu};

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
