//! The sandbox factory: a SQLite ERP with all source tables, filled like a real factory's and kept producing.
//!
//! Everything in it follows from a seed and the clock: each run, pack, reading and order is a function of the
//! seed and of its own number, so the same seed and the same end give the same rows, and a sandbox that is
//! kept producing holds what one made at that later moment would hold. The database remembers its seed and
//! how far it got, and nothing else is remembered anywhere. This module knows nothing of how the rows are
//! read.

#![expect(clippy::cast_possible_wrap, reason = "counts and ids are far from the ends of an i64")]

mod cell;
mod clock;
mod day;
mod dice;
mod factory;
mod faults;
mod history;
mod intake;
mod live;
mod making;
mod products;
mod rota;
mod rows;
mod schema;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;
use rusqlite::{Connection, OpenFlags};

pub use history::create;
pub use live::{Advance, Live};
use schema::State;

/// How far a creation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Days written.
    pub days_done: u32,
    /// Days in all.
    pub days: u32,
    /// Rows written.
    pub rows: u64,
}

/// What a sandbox holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Each table with its number of rows.
    pub rows: Vec<(&'static str, u64)>,
    /// The moment up to which it has produced.
    pub until: NaiveDateTime,
}

impl Summary {
    /// Rows over all tables.
    pub fn total(&self) -> u64 {
        self.rows.iter().map(|(_, rows)| rows).sum()
    }
}

/// Why there is no sandbox, or why it does not go on.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// There is a file already.
    #[error("`{0}` is there already: add --fresh to replace it, or name another file")]
    Exists(PathBuf),
    /// There is no file.
    #[error("`{0}` is not there: make it with `tideline sandbox`")]
    Missing(PathBuf),
    /// A database, but not one of ours: it may be somebody's real ERP.
    #[error("this database was not made by `tideline sandbox`, so it is neither written to nor replaced")]
    NotASandbox,
    /// A sandbox of a version whose seeds meant something else.
    #[error("this sandbox was made by another version of tideline: make it again with --fresh")]
    OtherGeneration,
    /// A number of days that cannot be filled.
    #[error("`{0}` days of history: ask for 1 to 3650")]
    Days(u32),
    /// A clock far from the present.
    #[error("the clock says `{0}`: a sandbox ends between 2000 and 2100")]
    Clock(NaiveDateTime),
    /// The file could not be made.
    #[error("cannot write `{path}`: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// SQLite refused.
    #[error("the sandbox's database says: {0}")]
    Database(#[from] rusqlite::Error),
}

/// Removes a sandbox with the files that SQLite keeps beside it, if it is there. Any other file stays: it may
/// be somebody's copy of a real ERP.
pub fn remove(path: &Path) -> Result<(), SandboxError> {
    if path.exists() && !is_sandbox(path) {
        return Err(SandboxError::NotASandbox);
    }
    for file in [path.to_path_buf(), beside(path, "-wal"), beside(path, "-shm")] {
        match std::fs::remove_file(&file) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(SandboxError::Write { path: file, source });
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_sandbox(path: &Path) -> bool {
    let read = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(SandboxError::from)
        .and_then(|db| State::read(&db));
    matches!(read, Ok(_) | Err(SandboxError::OtherGeneration))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
