//! What is refused. Other machines are refused before a connection is opened, and somebody's server before
//! anything is changed. No password is ever repeated.

use std::net::TcpListener;
use std::process::Command;

use sql_server_sandbox::set_up::Existing;

use super::stand::Stand;
use super::{READER_PASSWORD, SA_PASSWORD, complaint, program, small};

#[test]
fn no_connection_is_opened_to_a_server_that_is_refused() {
    let (_folder, erp) = small();
    let erp = erp.to_str().unwrap();
    // The listener takes every address of this machine, so that it notices whatever a resolver makes of these
    // names.
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let hostname = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    for host in [
        "127.0.0.1.nip.io",
        "127.0.0.1.evil.com",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.0.0.2",
        "127.0.0.1.",
        "localhost.",
        "0.0.0.0",
        "0",
        "[::ffff:127.0.0.1]",
        "[::]",
        "ip6-localhost",
        "localhost.localdomain",
        "evil.com@127.0.0.1",
        hostname.trim(),
    ] {
        let output = program(&["--erp", erp, "--address", &format!("mssql://sa:Typed-secret@{host}:{port}")]);
        let line = complaint(&output);
        assert!(
            line.starts_with("error: `") && line.contains("only `localhost`, `127.0.0.1` and `[::1]`")
                || line.contains("a stray `@`"),
            "{host}: {line}"
        );
        assert_eq!(
            listener.accept().unwrap_err().kind(),
            std::io::ErrorKind::WouldBlock,
            "{host} was connected to"
        );
    }
    let database = program(&["--erp", erp, "--address", &format!("mssql://sa@127.0.0.1:{port}/erp")]);
    assert!(complaint(&database).starts_with("error: `erp` is not the sandbox's database"));
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn a_server_on_this_machine_is_connected_to_and_one_that_is_no_sql_server_is_said_so() {
    let (_folder, erp) = small();
    let erp = erp.to_str().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let hangs_up = std::thread::spawn(move || listener.accept().map(|(_, peer)| peer.ip().is_loopback()));
    let line = complaint(&program(&[
        "--erp",
        erp,
        "--address",
        &format!("mssql://sa:Typed-secret@localhost:{port}"),
    ]));
    assert!(line.starts_with("error: talking to the server failed: "), "{line}");
    assert!(hangs_up.join().unwrap().unwrap());
    // Nobody listens there any more.
    let line = complaint(&program(&[
        "--erp",
        erp,
        "--address",
        &format!("mssql://sa:Typed-secret@127.0.0.1:{port}"),
    ]));
    assert!(line.starts_with(&format!("error: nothing answers on 127.0.0.1:{port}: ")), "{line}");
}

#[test]
fn what_is_missing_is_said_and_wrong_usage_is_2_and_repeats_nothing() {
    let line = complaint(&program(&["--erp", "no/such.db"]));
    assert_eq!(line, "error: `no/such.db` is not there: make it with `tideline sandbox --out no/such.db`");
    for (variable, expect) in [
        ("SANDBOX_SA_PASSWORD", "error: there is no password for `sa`"),
        ("READER_PASSWORD", "error: READER_PASSWORD must have 12 to 128"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sql_server_sandbox_program"));
        command
            .args(["--erp", "no/such.db"])
            .env("SANDBOX_SA_PASSWORD", SA_PASSWORD)
            .env("READER_PASSWORD", READER_PASSWORD)
            .env(variable, "");
        let line = complaint(&command.output().unwrap());
        assert!(line.starts_with(expect), "{line}");
    }
    let address = "mssql://sa:Typed-secret@127.0.0.1";
    for arguments in [
        &[][..],
        &["--erp"],
        &["--address", address],
        &["--erp", "x", address],
        &["--erp", "x", "--fresh", address],
        &["--erp", "x", "--sa", address],
    ] {
        let output = program(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.starts_with("error: ")
                && said.contains("Usage: sql-server-sandbox")
                && !said.contains("Typed-secret"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_server_with_somebodys_databases_is_left_alone() {
    let (_folder, erp) = small();
    let mut stand = Stand::with_databases(&["ERP", "Payroll", "tideline_sandbox"]);
    let refused = stand.set_up(&erp, Existing::Replace).await.unwrap_err().to_string();
    assert!(refused.starts_with("this server holds other databases (`ERP`, `Payroll`): it is not a sandbox, and nothing was changed"), "{refused}");
    assert_eq!(stand.batches, Vec::<String>::new());
}

#[tokio::test]
async fn a_sandbox_that_is_there_is_replaced_only_when_that_is_asked_for() {
    let (_folder, erp) = small();
    let mut stand = Stand::with_databases(&["tideline_sandbox"]);
    let refused = stand.set_up(&erp, Existing::Keep).await.unwrap_err().to_string();
    assert_eq!(
        (refused.as_str(), stand.batches.len()),
        ("`tideline_sandbox` is there already: add --fresh to make it again", 0)
    );
    stand.set_up(&erp, Existing::Replace).await.unwrap();
    assert!(stand.said("DROP DATABASE [tideline_sandbox];"));

    let mut empty = Stand::with_databases(&[]);
    empty.set_up(&erp, Existing::Replace).await.unwrap();
    assert!(!empty.said("DROP"), "there was nothing to drop");
    let databases =
        empty.batches.iter().filter(|batch| batch.contains("DATABASE [") || batch.starts_with("USE"));
    assert!(
        databases.clone().count() >= 4
            && databases.into_iter().all(|batch| batch.contains("[tideline_sandbox]")),
        "{:?}",
        empty.batches
    );
}

#[tokio::test]
async fn a_server_that_repeats_the_readers_password_is_not_quoted_with_it() {
    let (_folder, erp) = small();
    let mut stand = Stand::with_databases(&[]);
    stand.misunderstands = Some("CREATE LOGIN");
    let said = stand.set_up(&erp, Existing::Keep).await.unwrap_err();
    assert!(
        said.to_string().contains("PASSWORD = N'***'") && said.to_string().ends_with("(error 102)"),
        "{said}"
    );
    assert!(!format!("{said} {said:?}").contains(READER_PASSWORD));
    // Nothing else that was sent has the password either.
    assert_eq!(stand.batches.iter().filter(|batch| batch.contains(READER_PASSWORD)).count(), 1);
}
