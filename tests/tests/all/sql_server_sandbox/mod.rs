//! The set-up of a SQL Server sandbox. One half is what it refuses, as seen from outside. The other is what
//! it would send, which here goes to SQLite in the server's place.
//!
//! No SQL Server runs here. An independent T-SQL parser reads what is sent. Every value is followed from the
//! file to what a reader would get. The test endpoint shows that a login that may only read is refused all of
//! it.

mod denied;
mod files;
mod load;
mod refusals;
mod stand;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rusqlite::Connection;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use warehouse::sources::ALL;

const END: &str = "2026-11-20T14:00:00";
const SA_PASSWORD: &str = "Sa-secret-0001";
const READER_PASSWORD: &str = "Reader-secret-0001";

/// A sandbox factory of two days, and the folder that it lies in.
fn sandbox() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("erp.db");
    tideline::sandbox::create(&path, END.parse().unwrap(), 2, 7, |_| {}).unwrap();
    (folder, path)
}

/// A factory that has one run and nothing else, and the folder that it lies in.
fn small() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("erp.db");
    let db = Connection::open(&path).unwrap();
    for source in ALL {
        let columns: Vec<_> = source.columns.iter().map(|column| column.source).collect();
        db.execute_batch(&format!("CREATE TABLE {} ({})", source.table, columns.join(", "))).unwrap();
    }
    db.execute_batch("INSERT INTO RunNumber (RunNumber) VALUES ('007208')").unwrap();
    (folder, path)
}

fn sha256(path: &Path) -> String {
    hex::encode(Sha256::digest(std::fs::read(path).unwrap()))
}

fn program(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sql_server_sandbox_program"))
        .args(arguments)
        .env("SANDBOX_SA_PASSWORD", SA_PASSWORD)
        .env("READER_PASSWORD", READER_PASSWORD)
        .output()
        .unwrap()
}

/// The one line that a failed program has said.
fn complaint(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    let told = [said.as_bytes(), &output.stdout].concat();
    let told = String::from_utf8_lossy(&told);
    for secret in [SA_PASSWORD, READER_PASSWORD, "Typed-secret"] {
        assert!(!told.contains(secret), "{told}");
    }
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    said.trim_end().to_owned()
}
