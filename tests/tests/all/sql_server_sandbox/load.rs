//! What a load sends, and what arrives.

use chrono::NaiveDateTime;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use sql_server_sandbox::set_up::{Existing, SetUpError};
use sqlparser::dialect::MsSqlDialect;
use sqlparser::parser::Parser;
use warehouse::sources::{ALL, Source};

use super::stand::Stand;
use super::{sandbox, sha256, small};

/// Whether the cell that is read says the same as the cell in the file.
fn same(file: ValueRef<'_>, read: ValueRef<'_>) -> bool {
    match (file, read) {
        (ValueRef::Real(file), ValueRef::Integer(read)) => file == read as f64,
        (ValueRef::Integer(file), ValueRef::Real(read)) => file as f64 == read,
        (ValueRef::Integer(file), ValueRef::Text(read)) => {
            std::str::from_utf8(read).unwrap().parse() == Ok(file)
        }
        (ValueRef::Real(file), ValueRef::Text(read)) => {
            std::str::from_utf8(read).unwrap().parse() == Ok(file)
        }
        (ValueRef::Text(file), ValueRef::Text(read)) => {
            let moment = |text| {
                NaiveDateTime::parse_from_str(std::str::from_utf8(text).unwrap(), "%Y-%m-%d %H:%M:%S%.f").ok()
            };
            file == read || moment(file).is_some_and(|at| moment(read) == Some(at))
        }
        (file, read) => file == read,
    }
}

/// Compares a table cell by cell and returns how many rows it has.
fn compare(source: &Source, file: &Connection, stand: &Stand) -> usize {
    let columns =
        source.columns.iter().map(|column| format!("[{}]", column.source)).collect::<Vec<_>>().join(", ");
    let mut ours = file.prepare(&format!("SELECT {columns} FROM {} ORDER BY rowid", source.table)).unwrap();
    let mut theirs = stand
        .rows
        .prepare(&format!(
            "SELECT {columns} FROM [{}].[{}] ORDER BY rowid",
            source.owner.schema(),
            source.table
        ))
        .unwrap();
    let (mut ours, mut theirs) = (ours.query([]).unwrap(), theirs.query([]).unwrap());
    let mut rows = 0;
    while let Some(row) = ours.next().unwrap() {
        let loaded =
            theirs.next().unwrap().unwrap_or_else(|| panic!("{}: only {rows} rows arrived", source.table));
        for (n, column) in source.columns.iter().enumerate() {
            let (file, read) = (row.get_ref(n).unwrap(), loaded.get_ref(n).unwrap());
            assert!(same(file, read), "{}.{}: {file:?} became {read:?}", source.table, column.source);
        }
        rows += 1;
    }
    assert!(theirs.next().unwrap().is_none(), "{}: more than {rows} rows arrived", source.table);
    rows
}

#[tokio::test]
async fn every_row_and_value_of_a_sandbox_arrives_as_it_is_and_the_file_stays_as_it_was() {
    let (_folder, erp) = sandbox();
    let before = sha256(&erp);
    let mut stand = Stand::with_databases(&[]);
    let loaded = stand.set_up(&erp, Existing::Keep).await.unwrap();

    let file = Connection::open(&erp).unwrap();
    let arrived: Vec<(&str, u64)> =
        ALL.iter().map(|source| (source.table, compare(source, &file, &stand) as u64)).collect();
    assert_eq!(loaded.rows, arrived);
    assert!(
        arrived.iter().all(|(_, rows)| *rows > 0)
            && arrived.iter().map(|(_, rows)| rows).sum::<u64>() > 20_000,
        "{arrived:?}"
    );
    drop(file);
    assert_eq!(sha256(&erp), before);
}

#[tokio::test]
async fn only_columns_with_values_that_their_type_cannot_hold_get_another() {
    let (_folder, erp) = sandbox();
    let mut stand = Stand::with_databases(&[]);
    let loaded = stand.set_up(&erp, Existing::Keep).await.unwrap();
    let type_of = |column: &str| {
        loaded
            .widened
            .iter()
            .find_map(|widened| widened.strip_prefix(column)?.strip_prefix(' ').map(str::to_owned))
    };
    assert_eq!(
        type_of("SI_OCM_TRANS.Weight").as_deref(),
        Some("nvarchar(max)"),
        "a weight that is no number"
    );
    assert_eq!(type_of("SI_OCM_TRANS.Tare").as_deref(), Some("nvarchar(max)"), "numbers as text");
    assert_eq!(type_of("SI_OCM_TRANS.LabelPrinted").as_deref(), Some("nvarchar(max)"), "flags like `Y`");
    assert_eq!(
        type_of("SI_OCM_TRANS.TransDate").as_deref(),
        Some("datetime2(7)"),
        "milliseconds that are no ticks"
    );
    // A missing key changes no type, and tidy columns keep theirs.
    for tidy in [
        "SI_OCM_TRANS.TransNo",
        "SI_OCM_TRANS.RunNumber",
        "RunNumber.ProductionDate",
        "run_outputs.qty_packs",
        "shifts.headcount",
    ] {
        assert_eq!(type_of(tidy), None);
    }
    // No column of an index may be nvarchar(max).
    for source in ALL {
        let in_index = source.key.iter().chain([&source.watermark]).chain(&source.watermark_until_changed);
        for column in in_index {
            assert_ne!(type_of(&format!("{}.{column}", source.table)).as_deref(), Some("nvarchar(max)"));
        }
    }
}

#[tokio::test]
async fn whatever_is_sent_to_load_rows_is_t_sql_to_an_independent_parser() {
    let (_folder, erp) = sandbox();
    let mut stand = Stand::with_databases(&[]);
    stand.set_up(&erp, Existing::Keep).await.unwrap();
    let tables: Vec<&String> =
        stand.batches.iter().filter(|batch| batch.starts_with("CREATE TABLE")).collect();
    let indexes = stand.batches.iter().filter(|batch| batch.starts_with("CREATE INDEX")).count();
    let keys = stand.batches.iter().filter(|batch| batch.starts_with("CREATE CLUSTERED INDEX")).count();
    assert_eq!(
        (tables.len(), indexes, keys),
        (17, 18, 17),
        "RunNumber has an index on each of its two stamps"
    );
    assert!(stand.inserts.len() >= 17);
    for statement in tables.into_iter().chain(&stand.inserts) {
        let parsed = Parser::parse_sql(&MsSqlDialect {}, statement)
            .unwrap_or_else(|error| panic!("{error}: {statement}"));
        assert_eq!(parsed.len(), 1, "{statement}");
    }
}

#[tokio::test]
async fn rows_that_the_server_did_not_take_are_missed() {
    let (_folder, erp) = small();
    let mut stand = Stand::with_databases(&[]);
    stand.forgets = 1;
    let lost = stand.set_up(&erp, Existing::Keep).await.unwrap_err();
    assert!(
        matches!(lost, SetUpError::RowsLost { table: "RunNumber", sent, taken } if taken < sent),
        "{lost}"
    );
}
