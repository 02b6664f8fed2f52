//! SQLite in the place of a SQL Server. It keeps what it is told, and the rows as a reader would get them.

use std::collections::BTreeMap;
use std::path::Path;

use async_trait::async_trait;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use rusqlite::types::Value as Cell;
use rusqlite::{Connection, params_from_iter};
use sql_server_sandbox::erp::Erp;
use sql_server_sandbox::secret::ReaderPassword;
use sql_server_sandbox::server::{Server, ServerError};
use sql_server_sandbox::set_up::{Existing, Loaded, SetUpError, set_up};
use sql_server_sandbox::sql_type::{SqlType, Value};
use tiberius::{ColumnData, FromSql, ToSql};

use super::READER_PASSWORD;

/// The stand-in for a server.
pub(crate) struct Stand {
    pub(crate) rows: Connection,
    /// The type of each column, by table.
    pub(crate) types: BTreeMap<String, Vec<SqlType>>,
    pub(crate) batches: Vec<String>,
    pub(crate) inserts: Vec<String>,
    databases: Vec<&'static str>,
    /// An SQL batch that contains this text is answered with an error that repeats the batch.
    pub(crate) misunderstands: Option<&'static str>,
    /// How many rows too few each statement says to have written.
    pub(crate) forgets: u64,
}

impl Stand {
    pub(crate) fn with_databases(databases: &[&'static str]) -> Self {
        let rows = Connection::open_in_memory().unwrap();
        rows.execute_batch("ATTACH ':memory:' AS dbo; ATTACH ':memory:' AS production").unwrap();
        let (types, batches, inserts) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self {
            rows,
            types,
            batches,
            inserts,
            databases: databases.to_vec(),
            misunderstands: None,
            forgets: 0,
        }
    }

    /// Makes the table of a `CREATE TABLE` without its types. The types are applied to the values instead.
    fn make_table(&mut self, batch: &str) {
        let (name, columns) = batch.strip_prefix("CREATE TABLE ").unwrap().split_once(" (\n").unwrap();
        let columns: Vec<&str> = columns
            .lines()
            .filter_map(|line| line.trim().strip_suffix(" NULL,").or(line.trim().strip_suffix(" NULL")))
            .collect();
        let (names, types): (Vec<_>, Vec<_>) =
            columns.iter().map(|column| column.split_once(' ').unwrap()).unzip();
        self.rows.execute_batch(&format!("CREATE TABLE {name} ({})", names.join(", "))).unwrap();
        self.types.insert(name.to_owned(), types.iter().map(|text| text.parse().unwrap()).collect());
    }

    pub(crate) async fn set_up(&mut self, erp: &Path, existing: Existing) -> Result<Loaded, SetUpError> {
        set_up(
            self,
            &Erp::open(erp).unwrap(),
            &ReaderPassword::new(READER_PASSWORD).unwrap(),
            existing,
            |_| {},
        )
        .await
    }

    pub(crate) fn said(&self, start: &str) -> bool {
        self.batches.iter().any(|batch| batch.starts_with(start))
    }
}

#[async_trait(?Send)]
impl Server for Stand {
    async fn run(&mut self, batch: &str) -> Result<(), ServerError> {
        self.batches.push(batch.to_owned());
        if self.misunderstands.is_some_and(|text| batch.contains(text)) {
            return Err(ServerError::Said { message: format!("Incorrect syntax near {batch}"), code: 102 });
        }
        if batch.starts_with("CREATE TABLE") {
            self.make_table(batch);
        }
        Ok(())
    }

    async fn insert(&mut self, statement: &str, values: &[Value]) -> Result<u64, ServerError> {
        let (name, _) = statement.strip_prefix("INSERT INTO ").unwrap().split_once(" (").unwrap();
        let types = &self.types[name];
        let got = values.iter().zip(types.iter().cycle()).map(|(value, sql_type)| as_read(value, *sql_type));
        let written = self.rows.execute(statement, params_from_iter(got)).unwrap();
        if !self.inserts.iter().any(|known| known == statement) {
            self.inserts.push(statement.to_owned());
        }
        Ok(written as u64 - self.forgets)
    }

    async fn texts(&mut self, query: &str) -> Result<Vec<String>, ServerError> {
        assert!(query.starts_with("SELECT name FROM sys.databases"), "{query}");
        Ok(self.databases.iter().map(ToString::to_string).collect())
    }
}

/// What a reader gets of a parameter that was written to a column of this type. The conversions are the
/// driver's own.
fn as_read(value: &Value, sql_type: SqlType) -> Cell {
    fn get<'a, T: FromSql<'a>>(data: &'a ColumnData<'static>) -> Option<T> {
        T::from_sql(data).unwrap()
    }
    let data = value.to_sql();
    let data: ColumnData<'static> = match data {
        ColumnData::String(text) => ColumnData::String(text.map(|text| text.into_owned().into())),
        ColumnData::Bit(value) => ColumnData::Bit(value),
        ColumnData::I32(value) => ColumnData::I32(value),
        ColumnData::I64(value) => ColumnData::I64(value),
        ColumnData::F64(value) => ColumnData::F64(value),
        ColumnData::Date(value) => ColumnData::Date(value),
        ColumnData::DateTime2(value) => ColumnData::DateTime2(value),
        other => panic!("no column of the schema takes {other:?}"),
    };
    let read = match sql_type {
        SqlType::Bit => get::<bool>(&data).map(|value| Cell::Integer(value.into())),
        SqlType::Int => get::<i32>(&data).map(|value| Cell::Integer(value.into())),
        SqlType::BigInt => get::<i64>(&data).map(Cell::Integer),
        SqlType::Float => get::<f64>(&data).map(Cell::Real),
        SqlType::Date => get::<NaiveDate>(&data).map(|value| Cell::Text(value.to_string())),
        SqlType::DateTime => get::<NaiveDateTime>(&data).map(|value| Cell::Text(stamp(in_ticks(value)))),
        SqlType::DateTime2(scale) => {
            get::<NaiveDateTime>(&data).map(|value| Cell::Text(stamp(cut(value, scale))))
        }
        SqlType::Decimal(..) => get::<&str>(&data).map(|text| Cell::Real(text.parse().unwrap())),
        SqlType::Text(length) => get::<&str>(&data).map(|text| {
            assert!(
                length.is_none_or(|length| text.encode_utf16().count() <= length.into()),
                "{text} is longer than {length:?}"
            );
            Cell::Text(text.to_owned())
        }),
    };
    read.unwrap_or(Cell::Null)
}

/// A moment as `datetime` keeps it, which counts in 1/300 s from midnight.
fn in_ticks(at: NaiveDateTime) -> NaiveDateTime {
    let nanos = at.signed_duration_since(at.date().and_time(NaiveTime::MIN)).num_nanoseconds().unwrap();
    let ticks = (nanos * 3 + 5_000_000) / 10_000_000;
    at.date().and_time(NaiveTime::MIN) + TimeDelta::nanoseconds(ticks * 10_000_000 / 3)
}

fn cut(at: NaiveDateTime, scale: u8) -> NaiveDateTime {
    let step = 10_i64.pow(9 - u32::from(scale));
    let nanos = i64::from(at.and_utc().timestamp_subsec_nanos());
    at - TimeDelta::nanoseconds(nanos % step)
}

fn stamp(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%d %H:%M:%S%.f").to_string()
}
