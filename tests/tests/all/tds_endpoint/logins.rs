//! Logins: who is let in, what is recorded, and TLS.

use tests::tds::{PASSWORD, USER};
use tiberius::{AuthMethod, EncryptionLevel, error::Error};

use super::{Erp, connect, refusal, rows, text};

#[tokio::test]
async fn a_login_is_recorded_and_answered() {
    let erp = Erp::with_a_run();
    let mut config = erp.config();
    config.application_name("tideline");
    config.client_name("extractor-1");
    config.readonly(true);
    let mut client = connect(config).await.unwrap();
    assert_eq!(rows(&mut client, "SELECT DB_NAME()", &[]).await.unwrap(), [[text("factory")]]);

    let logins = erp.endpoint.logins();
    let login = &logins[0];
    assert_eq!(
        (login.user.as_str(), login.database.as_str(), login.application.as_str()),
        ("pipeline_reader", "factory", "tideline")
    );
    assert_eq!(
        (login.host.as_str(), login.read_only, login.encrypted, login.accepted),
        ("extractor-1", true, false, true)
    );
}

#[tokio::test]
async fn a_login_that_does_not_say_it_only_reads_is_recorded_as_such() {
    let erp = Erp::with_a_run();
    erp.client().await;
    assert!(!erp.endpoint.logins()[0].read_only);
}

#[tokio::test]
async fn a_wrong_login_is_refused_as_sql_server_refuses_it() {
    let erp = Erp::with_a_run();
    let mut wrong_password = erp.config();
    wrong_password.authentication(AuthMethod::sql_server(USER, PASSWORD.to_lowercase()));
    let mut wrong_user = erp.config();
    wrong_user.authentication(AuthMethod::sql_server("sa", PASSWORD));
    let mut wrong_database = erp.config();
    wrong_database.database("master");
    for (config, number) in [(wrong_password, 18456), (wrong_user, 18456), (wrong_database, 4060)] {
        assert_eq!(refusal(config).await, Some(number));
    }
    assert!(erp.endpoint.logins().iter().all(|login| !login.accepted));

    std::fs::remove_file(erp.file()).unwrap();
    assert_eq!(refusal(erp.config()).await, Some(4060));
}

#[tokio::test]
async fn a_client_that_trusts_the_authority_reads_through_tls() {
    let erp = Erp::with_a_run();
    for level in [EncryptionLevel::Required, EncryptionLevel::On] {
        let mut config = erp.config();
        config.encryption(level);
        config.trust_cert_ca(erp.endpoint.authority_file().display());
        let mut client = connect(config).await.unwrap();
        assert_eq!(
            rows(&mut client, "SELECT [RunNumber] FROM [dbo].[RunNumber]", &[]).await.unwrap(),
            [[text("R1")]]
        );
    }
    assert!(erp.endpoint.logins().iter().all(|login| login.encrypted && login.accepted));
    assert_eq!(erp.endpoint.logins().len(), 2);
}

#[tokio::test]
async fn a_large_answer_passes_through_tls() {
    let erp = Erp::with_a_run();
    erp.execute(&format!("UPDATE RunNumber SET Description = '{}'", "haddock ".repeat(100_000)));
    let mut config = erp.config();
    config.encryption(EncryptionLevel::Required);
    config.trust_cert_ca(erp.endpoint.authority_file().display());
    let mut client = connect(config).await.unwrap();
    let found = rows(&mut client, "SELECT [Description] FROM [dbo].[RunNumber]", &[]).await.unwrap();
    assert_eq!(found, [[text(&"haddock ".repeat(100_000))]]);
}

#[tokio::test]
async fn a_client_that_does_not_know_the_authority_breaks_off_before_it_logs_in() {
    let erp = Erp::with_a_run();
    let other = Erp::with_a_run();
    for authority in [None, Some(other.endpoint.authority_file())] {
        let mut config = erp.config();
        config.encryption(EncryptionLevel::Required);
        if let Some(authority) = authority {
            config.trust_cert_ca(authority.display());
        }
        let error = connect(config).await.map(|_| ()).unwrap_err();
        assert!(matches!(error, Error::Tls(_)) || error.to_string().contains("certificate"), "{error:?}");
    }
    assert!(erp.endpoint.logins().is_empty());
}

#[tokio::test]
async fn packets_have_the_size_that_was_agreed() {
    let erp = Erp::with_a_run();
    erp.execute(&format!("UPDATE RunNumber SET Description = '{}'", "x".repeat(100_000)));
    for bytes in [512, 4096, 32_000] {
        let mut config = erp.config();
        config.packet_size(bytes);
        let mut client = connect(config).await.unwrap();
        let sql = format!(
            "SELECT [Description] FROM [dbo].[RunNumber] WHERE [Description] = @P1 OR 1 = 0 {}",
            " ".repeat(5000)
        );
        let found = rows(&mut client, &sql, &[&"x".repeat(100_000)]).await.unwrap();
        assert_eq!(found, [[text(&"x".repeat(100_000))]]);
    }
}

#[tokio::test]
async fn a_login_can_be_sent_on_to_another_server() {
    let (erp, replica) = (Erp::with_a_run(), Erp::with_a_run());
    erp.endpoint.disruptions().route_login("127.0.0.1", replica.endpoint.port());
    match connect(erp.config()).await.map(|_| ()).unwrap_err() {
        Error::Routing { host, port } => {
            assert_eq!((host.as_str(), port), ("127.0.0.1", replica.endpoint.port()));
        }
        error => panic!("{error:?}"),
    }
    assert!(connect(erp.config()).await.is_ok());
}

#[tokio::test]
async fn an_endpoint_that_is_dropped_takes_no_more_connections() {
    let erp = Erp::with_a_run();
    let config = erp.config();
    erp.client().await;
    drop(erp);
    assert!(connect(config).await.is_err());
}
