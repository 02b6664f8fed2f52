//! Each disruption that a test can ask for.

use std::time::Duration;

use tests::tds::ServerError;
use tiberius::error::Error;

use super::{Erp, connect, error_of, refusal, rows, text, texts};

const RUNS: &str = "SELECT [RunNumber] FROM [dbo].[RunNumber]";

#[tokio::test]
async fn a_connection_ends_after_so_many_bytes_wherever_that_is() {
    let erp = Erp::with_a_run();
    for bytes in [0, 1, 7, 8, 9, 20, 60] {
        let mut client = erp.client().await;
        let fired = erp.endpoint.disruptions().fired();
        erp.endpoint.disruptions().drop_after_bytes(bytes);
        let error = rows(&mut client, RUNS, &[]).await.unwrap_err();
        assert_eq!(error.code(), None, "{bytes}: {error}");
        assert_eq!(erp.endpoint.disruptions().fired(), fired + 1, "{bytes}");
    }
    let mut client = erp.client().await;
    assert_eq!(texts(&mut client, RUNS, &[]).await, ["R1"]);
}

#[tokio::test]
async fn a_connection_may_end_during_the_login() {
    let erp = Erp::with_a_run();
    for bytes in [0, 40, 60] {
        erp.endpoint.disruptions().drop_after_bytes(bytes);
        assert_eq!(refusal(erp.config()).await, None, "{bytes}");
    }
    assert_eq!(erp.endpoint.disruptions().fired(), 3);
    assert!(connect(erp.config()).await.is_ok());
}

#[tokio::test]
async fn the_nth_statement_fails_once_with_the_error_that_was_given() {
    let erp = Erp::with_a_run();
    let mut client = erp.client().await;
    erp.endpoint.disruptions().fail_statement(2, ServerError::deadlock_victim());
    assert_eq!(texts(&mut client, RUNS, &[]).await, ["R1"]);
    match rows(&mut client, RUNS, &[]).await.unwrap_err() {
        Error::Server(error) => {
            assert_eq!((error.code(), error.class(), error.message().contains("deadlock")), (1205, 13, true));
        }
        error => panic!("{error:?}"),
    }
    assert_eq!(texts(&mut client, RUNS, &[]).await, ["R1"]);
    assert_eq!((erp.endpoint.disruptions().fired(), erp.endpoint.statements().len()), (1, 3));
}

#[tokio::test]
async fn statements_with_a_word_fail_as_often_as_was_asked() {
    let erp = Erp::with_a_run();
    let mut client = erp.client().await;
    erp.endpoint.disruptions().fail_containing("[RunNumber]", 2, ServerError::lock_timeout());
    assert_eq!(rows(&mut client, "SELECT DB_NAME()", &[]).await.unwrap(), [[text("factory")]]);
    assert_eq!(error_of(&mut client, RUNS, &[]).await, 1222);
    assert_eq!(error_of(&mut client, RUNS, &[]).await, 1222);
    assert_eq!(texts(&mut client, RUNS, &[]).await, ["R1"]);

    erp.endpoint.disruptions().fail_containing("[RunNumber]", 1, ServerError::select_denied("RunNumber"));
    assert_eq!(error_of(&mut client, RUNS, &[]).await, 229);
    erp.endpoint.disruptions().fail_containing("[RunNumber]", 9, ServerError::no_object("dbo.RunNumber"));
    assert_eq!(error_of(&mut client, RUNS, &[]).await, 208);
    erp.endpoint.disruptions().clear();
    assert_eq!(texts(&mut client, RUNS, &[]).await, ["R1"]);
}

#[tokio::test]
async fn an_answer_may_fail_after_some_rows() {
    let erp = Erp::with_a_run();
    erp.execute("INSERT INTO RunNumber (RunNumber) VALUES ('R2'), ('R3')");
    let mut client = erp.client().await;
    erp.endpoint.disruptions().fail_after_rows(1, 2, ServerError::deadlock_victim());
    let mut answer = client.query(RUNS, &[]).await.unwrap().into_row_stream();
    let mut seen = Vec::new();
    let error = loop {
        match futures::TryStreamExt::try_next(&mut answer).await {
            Ok(Some(row)) => seen.push(row.get::<&str, _>(0).unwrap().to_owned()),
            Ok(None) => panic!("no error"),
            Err(error) => break error,
        }
    };
    assert_eq!((seen.join(","), error.code()), ("R1,R2".to_owned(), Some(1205)));
    drop(answer);
    assert_eq!(texts(&mut client, RUNS, &[]).await.len(), 3);
}

#[tokio::test]
async fn an_error_of_a_high_class_ends_the_connection() {
    let erp = Erp::with_a_run();
    let mut client = erp.client().await;
    erp.endpoint.disruptions().fail_statement(
        1,
        ServerError::new(596, 21, "Cannot continue the execution because the session is in the kill state."),
    );
    assert_eq!(error_of(&mut client, RUNS, &[]).await, 596);
    assert_eq!(rows(&mut client, RUNS, &[]).await.unwrap_err().code(), None);
}

#[tokio::test]
async fn logins_fail_as_often_as_was_asked() {
    let erp = Erp::with_a_run();
    erp.endpoint.disruptions().fail_logins(2, ServerError::login_failed("pipeline_reader"));
    assert_eq!(refusal(erp.config()).await, Some(18456));
    assert_eq!(refusal(erp.config()).await, Some(18456));
    assert!(connect(erp.config()).await.is_ok());
    erp.endpoint.disruptions().fail_logins(1, ServerError::no_database("factory"));
    assert_eq!(refusal(erp.config()).await, Some(4060));
    assert_eq!(erp.endpoint.disruptions().fired(), 3);
}

#[tokio::test]
async fn connections_are_refused_while_that_is_on() {
    let erp = Erp::with_a_run();
    erp.endpoint.disruptions().refuse_connections(true);
    assert_eq!(refusal(erp.config()).await, None);
    erp.endpoint.disruptions().refuse_connections(false);
    assert!(connect(erp.config()).await.is_ok());
    assert_eq!(erp.endpoint.disruptions().fired(), 1);
}

#[tokio::test]
async fn an_answer_that_takes_too_long_ends_in_the_time_out_of_the_client() {
    let erp = Erp::with_a_run();
    let mut config = erp.config();
    config.command_timeout(Some(Duration::from_millis(200)));
    let mut client = connect(config).await.unwrap();
    erp.endpoint.disruptions().delay_answers(Duration::from_mins(10));
    assert!(matches!(
        rows(&mut client, RUNS, &[]).await.unwrap_err(),
        Error::Io { kind: std::io::ErrorKind::TimedOut, .. }
    ));
    erp.endpoint.disruptions().delay_answers(Duration::ZERO);
    assert_eq!(texts(&mut erp.client().await, RUNS, &[]).await, ["R1"]);

    erp.endpoint.disruptions().delay_logins(Duration::from_mins(10));
    let mut config = erp.config();
    config.handshake_timeout(Some(Duration::from_millis(200)));
    assert!(matches!(
        connect(config).await.map(|_| ()).unwrap_err(),
        Error::Io { kind: std::io::ErrorKind::TimedOut, .. }
    ));
    assert_eq!(erp.endpoint.disruptions().fired(), 2);
}

#[tokio::test]
async fn an_attention_signal_is_acknowledged() {
    let erp = Erp::with_a_run();
    let mut client = erp.client().await;
    drop(client.query(RUNS, &[]).await.unwrap());
    client.cancel_query().await.unwrap();
    assert_eq!(texts(&mut client, RUNS, &[]).await, ["R1"]);
}
