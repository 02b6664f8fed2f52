//! What the endpoint says about its tables, its clock and the login's rights.

use chrono::{NaiveDateTime, TimeDelta, Utc};
use tiberius::ColumnData;

use super::{Connected, Erp, rows, text, texts};

const COLUMNS: &str = "SELECT [COLUMN_NAME], [DATA_TYPE], [CHARACTER_MAXIMUM_LENGTH], [NUMERIC_PRECISION], [NUMERIC_SCALE], [DATETIME_PRECISION], \
                       [IS_NULLABLE] FROM [INFORMATION_SCHEMA].[COLUMNS] WHERE [TABLE_SCHEMA] = @P1 AND [TABLE_NAME] = @P2";

const INDEXES: &str = "SELECT [c].[name], [i].[index_id], [i].[key_ordinal] FROM [sys].[schemas] AS [s] \
                       JOIN [sys].[objects] AS [t] ON [t].[schema_id] = [s].[schema_id] \
                       JOIN [sys].[indexes] AS [x] ON [x].[object_id] = [t].[object_id] \
                       JOIN [sys].[index_columns] AS [i] ON [i].[object_id] = [x].[object_id] AND [i].[index_id] = [x].[index_id] \
                       JOIN [sys].[columns] AS [c] ON [c].[object_id] = [t].[object_id] AND [c].[column_id] = [i].[column_id] \
                       WHERE [s].[name] = @P1 AND [t].[name] = @P2 AND [i].[key_ordinal] > 0 AND [x].[is_disabled] = 0 AND [x].[has_filter] = 0 \
                       ORDER BY [i].[index_id], [i].[key_ordinal]";

/// Each column's name with its type.
async fn types(client: &mut Connected, schema: &str, table: &str) -> String {
    let rows = rows(client, COLUMNS, &[schema, table]).await.unwrap();
    let name = |cell: &ColumnData<'static>| {
        if let ColumnData::String(Some(text)) = cell { text.to_string() } else { panic!("{cell:?}") }
    };
    rows.iter().map(|row| format!("{} {}", name(&row[0]), name(&row[1]))).collect::<Vec<_>>().join(", ")
}

#[tokio::test]
async fn columns_are_described_as_in_sql_server() {
    let erp = Erp::new(
        "CREATE TABLE RunNumber (RunNumber, ProductionDate, Description, Active, Updated, Extra);
         CREATE TABLE temperature_logs (log_id, temp_celsius, reading_time);",
    );
    let mut client = erp.client().await;
    let found = rows(&mut client, COLUMNS, &["dbo", "RunNumber"]).await.unwrap();
    let row = |name, ty, length, digits: (Option<u8>, Option<i32>), fraction, nullable| {
        let numbers = [
            ColumnData::I32(length),
            ColumnData::U8(digits.0),
            ColumnData::I32(digits.1),
            ColumnData::I16(fraction),
        ];
        [text(name), text(ty)].into_iter().chain(numbers).chain([text(nullable)]).collect::<Vec<_>>()
    };
    assert_eq!(
        found,
        [
            row("RunNumber", "nvarchar", Some(50), (None, None), None, "NO"),
            row("ProductionDate", "date", None, (None, None), Some(0), "NO"),
            row("Description", "nvarchar", Some(-1), (None, None), None, "YES"),
            row("Active", "bit", None, (None, None), None, "YES"),
            row("Updated", "datetime", None, (None, None), Some(3), "YES"),
            row("Extra", "bigint", None, (Some(19), Some(0)), None, "YES"),
        ]
    );
    assert_eq!(
        types(&mut client, "production", "temperature_logs").await,
        "log_id bigint, temp_celsius decimal, reading_time datetime2"
    );
    for (schema, table) in [("production", "RunNumber"), ("dbo", "despatch"), ("dbo", "Nothing")] {
        assert_eq!(types(&mut client, schema, table).await, "");
    }
}

#[tokio::test]
async fn a_type_is_decided_when_the_catalogue_is_asked_and_kept_until_then() {
    let erp = Erp::new(
        "CREATE TABLE RunNumber (RunNumber, Updated); INSERT INTO RunNumber VALUES ('R1', '2026-11-23 14:00:00');",
    );
    let mut client = erp.client().await;
    let updated = "SELECT [Updated] FROM [dbo].[RunNumber]";
    assert_eq!(types(&mut client, "dbo", "RunNumber").await, "RunNumber nvarchar, Updated datetime");

    erp.execute("INSERT INTO RunNumber VALUES ('R2', 'yesterday')");
    assert_eq!(super::error_of(&mut client, updated, &[]).await, 50_000);
    assert_eq!(types(&mut client, "dbo", "RunNumber").await, "RunNumber nvarchar, Updated nvarchar");
    assert_eq!(texts(&mut client, updated, &[]).await, ["2026-11-23 14:00:00", "yesterday"]);

    erp.execute("DELETE FROM RunNumber WHERE RunNumber = 'R2'");
    assert_eq!(texts(&mut client, updated, &[]).await, ["2026-11-23 14:00:00"]);
    assert_eq!(types(&mut client, "dbo", "RunNumber").await, "RunNumber nvarchar, Updated datetime");
    assert!(matches!(rows(&mut client, updated, &[]).await.unwrap()[0][0], ColumnData::DateTime(Some(_))));
}

#[tokio::test]
async fn the_indexes_are_those_of_the_file() {
    let erp = Erp::new(
        "CREATE TABLE SI_OCM_TRANS (TransNo INTEGER PRIMARY KEY, TransDate, RunNumber);
         CREATE INDEX by_date ON SI_OCM_TRANS (TransDate, TransNo);
         CREATE INDEX some ON SI_OCM_TRANS (RunNumber) WHERE RunNumber IS NOT NULL;
         CREATE INDEX computed ON SI_OCM_TRANS (LOWER(RunNumber));
         CREATE TABLE shifts (shift_id, shift_date, PRIMARY KEY (shift_date, shift_id));
         CREATE TABLE despatch (despatch_id);",
    );
    let mut client = erp.client().await;
    let mut found = async |schema: &str, table: &str| {
        let rows = rows(&mut client, INDEXES, &[schema, table]).await.unwrap();
        rows.into_iter().map(|row| format!("{:?} {:?} {:?}", row[0], row[1], row[2])).collect::<Vec<_>>()
    };
    let line = |name: &str, index: i32, ordinal: u8| {
        format!("{:?} {:?} {:?}", text(name), ColumnData::I32(Some(index)), ColumnData::U8(Some(ordinal)))
    };
    assert_eq!(
        found("dbo", "SI_OCM_TRANS").await,
        [line("TransDate", 1, 1), line("TransNo", 1, 2), line("TransNo", 3, 1)]
    );
    assert_eq!(found("production", "shifts").await, [line("shift_date", 1, 1), line("shift_id", 1, 2)]);
    assert!(found("production", "despatch").await.is_empty());
    assert!(found("dbo", "shifts").await.is_empty());
}

#[tokio::test]
async fn the_login_has_the_rights_that_the_test_gives_it() {
    let erp = Erp::with_a_run();
    let mut client = erp.client().await;
    let sql = "SELECT HAS_PERMS_BY_NAME(@P1, 'OBJECT', 'SELECT'), HAS_PERMS_BY_NAME(@P1, 'OBJECT', 'INSERT'), HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', \
               'ALTER'), HAS_PERMS_BY_NAME(N'dbo.Nothing', 'OBJECT', 'SELECT'), IS_SRVROLEMEMBER('sysadmin'), IS_ROLEMEMBER('db_datareader')";
    let mut asked = async || {
        let row = rows(&mut client, sql, &["[dbo].[RunNumber]"]).await.unwrap().remove(0);
        row.into_iter()
            .map(|cell| if let ColumnData::I32(answer) = cell { answer } else { panic!("{cell:?}") })
            .collect::<Vec<_>>()
    };
    assert_eq!(asked().await, [Some(1), Some(0), Some(0), None, Some(0), Some(1)]);
    erp.endpoint.may_write(true);
    assert_eq!(asked().await, [Some(1), Some(1), Some(1), None, Some(0), Some(1)]);
    erp.endpoint.may_write(false);
    erp.endpoint.sysadmin(true);
    assert_eq!(asked().await, [Some(1), Some(1), Some(1), None, Some(1), Some(1)]);
}

#[tokio::test]
async fn the_clock_is_as_far_ahead_as_the_test_sets_it() {
    let erp = Erp::with_a_run();
    let mut client = erp.client().await;
    let mut ahead = async || {
        let row = client.query("SELECT SYSDATETIME()", &[]).await.unwrap().into_row().await.unwrap().unwrap();
        row.get::<NaiveDateTime, _>(0).unwrap() - Utc::now().naive_utc()
    };
    assert!(ahead().await.num_hours() == 0);
    erp.endpoint.clock_offset(TimeDelta::hours(-5));
    assert!((-301..=-299).contains(&ahead().await.num_minutes()));
}
