//! The user who may only read. The test endpoint refuses whatever is not a SELECT, as a real server does for
//! `pipeline_reader`.

use rusqlite::types::ValueRef;
use sql_server_sandbox::server::{Server, ServerError, SqlServer};
use sql_server_sandbox::set_up::Existing;
use sql_server_sandbox::sql_type::{SqlType, Value};
use sql_server_sandbox::target::Target;
use tests::tds::{DATABASE, TdsEndpoint};

use super::stand::Stand;
use super::{complaint, program, sha256, small};

/// The address of an endpoint in the program's form. It names no database, because the endpoint's has another
/// name than the program's.
fn address(endpoint: &TdsEndpoint, encrypt: bool) -> String {
    let (login, _) = endpoint
        .address()
        .rsplit_once('@')
        .map(|(login, place)| (login.to_owned(), place.to_owned()))
        .unwrap();
    format!("{login}@127.0.0.1:{}?encrypt={encrypt}", endpoint.port())
}

/// A value that a column of this type holds.
fn anything(sql_type: SqlType) -> Value {
    let cells = [ValueRef::Integer(1), ValueRef::Text(b"2026-11-13"), ValueRef::Text(b"2026-11-13 10:00:00")];
    cells.into_iter().find_map(|cell| sql_type.value(cell)).unwrap()
}

#[tokio::test]
async fn a_login_that_may_only_read_is_refused_every_statement_of_a_set_up() {
    let (_folder, erp) = small();
    let mut stand = Stand::with_databases(&["tideline_sandbox"]);
    stand.set_up(&erp, Existing::Replace).await.unwrap();

    let (_served, file) = small();
    let before = sha256(&file);
    let endpoint = TdsEndpoint::start(&file);
    for encrypt in [false, true] {
        let target = Target::read(&address(&endpoint, encrypt), None).unwrap();
        let mut server = SqlServer::connect(&target, DATABASE).await.unwrap();
        for batch in &stand.batches {
            let refused = server.run(batch).await.unwrap_err();
            assert!(matches!(refused, ServerError::Said { .. }), "{batch}: {refused}");
        }
        for insert in &stand.inserts {
            let types = &stand.types[insert.split_whitespace().nth(2).unwrap()];
            let values: Vec<Value> = types.iter().map(|sql_type| anything(*sql_type)).collect();
            let refused = server.insert(insert, &values).await.unwrap_err();
            assert!(matches!(refused, ServerError::Said { .. }), "{insert}: {refused}");
        }
        // The statements are refused, not the connection.
        assert_eq!(server.texts("SELECT RunNumber FROM dbo.RunNumber").await.unwrap(), ["007208"]);
    }
    assert!(!stand.inserts.is_empty() && stand.batches.len() > 50);
    assert_eq!(sha256(&file), before);
}

#[test]
fn a_server_that_refuses_is_quoted_on_one_line_and_keeps_its_data() {
    let (_folder, erp) = small();
    let (_served, file) = small();
    let before = sha256(&file);
    let endpoint = TdsEndpoint::start(&file);
    let line = complaint(&program(&["--erp", erp.to_str().unwrap(), "--address", &address(&endpoint, true)]));
    assert!(line.starts_with("error: the server says: "), "{line}");
    assert_eq!(endpoint.logins().len(), 1);
    let wrong = format!("mssql://sa:Typed-secret@127.0.0.1:{}", endpoint.port());
    let line = complaint(&program(&["--erp", erp.to_str().unwrap(), "--address", &wrong]));
    assert_eq!(line, "error: the server says: Login failed for user 'sa'. (error 18456)");
    assert_eq!(sha256(&file), before);
}
