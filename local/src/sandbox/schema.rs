//! The tables of the sandbox in SQLite, derived from the declared source tables, and the writer of their
//! rows.
//!
//! No column is NOT NULL or a rowid: the legacy database accepts any value, and so must its copy.

use rusqlite::{Connection, Statement};
use warehouse::sources::{ALL, Column, Kind, Source};

use super::SandboxError;
use super::cell::Cell;
use super::clock::Moment;

/// Raise this when the same seed no longer gives the same factory. An older sandbox can then not be kept
/// producing.
const GENERATION: i64 = 3;

/// The columns of numbers that the legacy database keeps as text.
const TEXT_NUMBERS: [(&str, &str); 5] = [
    ("SI_OCM_TRANS", "Tare"),
    ("SI_OCM_PLU", "PackSize"),
    ("traceability", "received_temp_c"),
    ("run_sheets", "baskets"),
    ("despatch", "vehicle_temp_c"),
];

/// Makes the tables, and the indexes by which rows are replaced.
pub(super) fn make_tables(db: &Connection) -> rusqlite::Result<()> {
    for source in ALL {
        let columns: Vec<String> = source
            .columns
            .iter()
            .map(|column| format!("{} {}", column.source, sql_type(source, column)))
            .collect();
        db.execute_batch(&format!(
            "CREATE TABLE {table} ({}); CREATE UNIQUE INDEX {table}_key ON {table} ({});",
            columns.join(", "),
            source.key.join(", "),
            table = source.table,
        ))?;
    }
    db.execute_batch(
        "CREATE TABLE sandbox (generation INTEGER, seed INTEGER, first_day INTEGER, until INTEGER)",
    )
}

/// Makes the indexes by which the extractor reads: each stamp, then the key where stamps tie.
pub(super) fn index_stamps(db: &Connection) -> rusqlite::Result<()> {
    for source in ALL {
        for stamp in [Some(source.watermark), source.watermark_until_changed].into_iter().flatten() {
            let columns = [&[stamp], source.key].concat().join(", ");
            db.execute_batch(&format!(
                "CREATE INDEX {table}_{stamp} ON {table} ({columns})",
                table = source.table
            ))?;
        }
    }
    Ok(())
}

fn sql_type(source: &Source, column: &Column) -> &'static str {
    if TEXT_NUMBERS.contains(&(source.table, column.source)) {
        return "TEXT";
    }
    match column.kind {
        Kind::Text | Kind::Date | Kind::Time => "TEXT",
        Kind::Whole | Kind::Flag => "INTEGER",
        Kind::Number | Kind::Signed => "REAL",
    }
}

/// What a sandbox remembers about itself. Everything else follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub(super) seed: u64,
    /// The first factory day. Nothing of an earlier day is written.
    pub(super) first_day: i64,
    /// The moment up to which everything is in the tables.
    pub(super) until: Moment,
}

impl State {
    /// Reads the state. Fails if the database is no sandbox.
    pub(super) fn read(db: &Connection) -> Result<Self, SandboxError> {
        let is_sandbox = db.table_exists(None, "sandbox")?;
        if !is_sandbox {
            return Err(SandboxError::NotASandbox);
        }
        let (generation, seed, first_day, until): (i64, i64, i64, i64) =
            db.query_row("SELECT generation, seed, first_day, until FROM sandbox", [], |row| row.try_into())?;
        if generation != GENERATION {
            return Err(SandboxError::OtherGeneration);
        }
        Ok(Self { seed: seed.cast_unsigned(), first_day, until })
    }

    /// Replaces the state.
    pub(super) fn write(self, db: &Connection) -> rusqlite::Result<()> {
        db.execute("DELETE FROM sandbox", [])?;
        db.execute(
            "INSERT INTO sandbox VALUES (?1, ?2, ?3, ?4)",
            (GENERATION, self.seed.cast_signed(), self.first_day, self.until),
        )?;
        Ok(())
    }
}

/// Writes rows. A row whose key is there already is replaced.
pub(super) struct Writer<'db> {
    statements: Vec<(&'static str, Statement<'db>)>,
    /// How many rows were written.
    pub(super) rows: u64,
}

impl<'db> Writer<'db> {
    pub(super) fn new(db: &'db Connection) -> rusqlite::Result<Self> {
        let statements = ALL
            .iter()
            .map(|source| Ok((source.table, db.prepare(&upsert(source))?)))
            .collect::<rusqlite::Result<_>>()?;
        Ok(Self { statements, rows: 0 })
    }

    /// Writes one row. Its cells must be in the order of the declared columns.
    pub(super) fn put(&mut self, source: &Source, cells: &[Cell]) -> rusqlite::Result<()> {
        debug_assert_eq!(cells.len(), source.columns.len(), "{}", source.table);
        let Some((_, statement)) = self.statements.iter_mut().find(|(table, _)| *table == source.table)
        else {
            return Ok(());
        };
        for (n, cell) in (1..).zip(cells) {
            statement.raw_bind_parameter(n, cell)?;
        }
        statement.raw_execute()?;
        self.rows += 1;
        Ok(())
    }
}

fn upsert(source: &Source) -> String {
    let names: Vec<&str> = source.columns.iter().map(|column| column.source).collect();
    let marks = vec!["?"; names.len()].join(", ");
    let changes: Vec<String> = names.iter().map(|name| format!("{name} = excluded.{name}")).collect();
    format!(
        "INSERT INTO {} ({}) VALUES ({marks}) ON CONFLICT ({}) DO UPDATE SET {}",
        source.table,
        names.join(", "),
        source.key.join(", "),
        changes.join(", ")
    )
}
