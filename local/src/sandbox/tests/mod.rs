//! The sandbox as its readers find it: through SQLite.

mod checks;
mod history;
mod live;
mod shift;

use std::path::{Path, PathBuf};

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;
use warehouse::sources::{ALL, Source};

use super::{Summary, create};

/// A Monday afternoon.
fn afternoon() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2026, 11, 23).unwrap().and_hms_opt(15, 20, 31).unwrap()
}

/// How the ERP says yes.
const YES: &str = "('1', 'y', 'yes', 'true')";

/// How many runs are under way, by the two flags of the ERP.
fn active(db: &Connection) -> i64 {
    number(
        db,
        &format!(
            "SELECT count(*) FROM RunNumber WHERE lower(trim(coalesce(Active, 1))) IN {YES} AND lower(trim(coalesce(Complete, 0))) NOT IN {YES}"
        ),
    )
}

/// A sandbox in its own folder.
struct Factory {
    folder: TempDir,
    summary: Summary,
}

impl Factory {
    fn of(end: NaiveDateTime, days: u32, seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let summary = create(&folder.path().join("erp.db"), end, days, seed, |_| {}).unwrap();
        Self { folder, summary }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("erp.db")
    }

    fn reader(&self) -> Connection {
        reader(&self.path())
    }
}

fn reader(path: &Path) -> Connection {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

/// The number that a query returns.
fn number(db: &Connection, sql: &str) -> i64 {
    db.query_row(sql, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// All rows of a table, as text with the types of the cells, in the order of the file.
fn rows(db: &Connection, source: &Source) -> Vec<String> {
    let columns: Vec<String> =
        source.columns.iter().map(|column| format!("quote({})", column.source)).collect();
    let mut statement = db
        .prepare(&format!("SELECT {} FROM {} ORDER BY rowid", columns.join(" || '|' || "), source.table))
        .unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Compares two sandboxes. The order of their rows does not matter.
fn assert_same_rows(left: &Connection, right: &Connection) {
    for source in ALL {
        let (mut left, mut right) = (rows(left, source), rows(right, source));
        left.sort_unstable();
        right.sort_unstable();
        let differs = left.iter().zip(&right).find(|(left, right)| left != right);
        assert_eq!(differs, None, "{}", source.table);
        assert_eq!(left.len(), right.len(), "{}", source.table);
    }
}

fn minutes(count: i64) -> TimeDelta {
    TimeDelta::minutes(count)
}
