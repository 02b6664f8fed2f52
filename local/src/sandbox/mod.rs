//! The sandbox factory: a SQLite ERP with all source tables, filled like that of a real factory and kept
//! producing. This module does not know how the rows are read.
//!
//! Everything in it follows from a seed and the clock. Each run, pack, reading and order is a function of the
//! seed and of its own number, so the same seed and the same end give the same rows. A sandbox that was kept
//! producing holds the same rows as one that is made at that later moment. The database remembers its seed
//! and how far it got. Nothing else is remembered anywhere.

#![expect(clippy::cast_possible_wrap, reason = "counts and ids are far from the ends of an i64")]

mod bad_day;
mod block;
mod cell;
mod clock;
mod day;
mod dice;
mod excursions;
mod factory;
mod faults;
mod history;
mod intake;
mod live;
mod making;
mod pace;
mod products;
mod rota;
mod rows;
mod schema;
mod settings;
mod shifts;
#[cfg(test)]
mod tests;
mod weights;

use std::io;
use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;
use rusqlite::{Connection, OpenFlags};

pub use history::create;
pub use live::{Advance, Live};
use schema::State;
pub use settings::factory_toml;

/// How far the creation of a sandbox has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub days_done: u32,
    pub days: u32,
    pub rows: u64,
}

/// What a sandbox holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Each table with its number of rows.
    pub rows: Vec<(&'static str, u64)>,
    /// The moment up to which the sandbox has produced.
    pub until: NaiveDateTime,
}

impl Summary {
    /// The number of rows in all tables.
    pub fn total(&self) -> u64 {
        self.rows.iter().map(|(_, rows)| rows).sum()
    }
}

/// Why a sandbox cannot be made or kept producing.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error("`{0}` is there already: add --fresh to replace it, or name another file")]
    Exists(PathBuf),
    #[error("`{0}` is not there: make it with `tideline sandbox`")]
    Missing(PathBuf),
    /// The file is a database, but not one of ours. It may be somebody's real ERP.
    #[error("this database was not made by `tideline sandbox`, so it is neither written to nor replaced")]
    NotASandbox,
    /// The sandbox was made by a version whose seeds had another meaning.
    #[error("this sandbox was made by another version of tideline: make it again with --fresh")]
    OtherGeneration,
    #[error("`{0}` days of history: ask for 1 to 3650")]
    Days(u32),
    #[error("the clock says `{0}`: a sandbox ends between 2000 and 2100")]
    Clock(NaiveDateTime),
    #[error("cannot write `{path}`: {source}")]
    Write { path: PathBuf, source: io::Error },
    #[error("the sandbox's database says: {0}")]
    Database(#[from] rusqlite::Error),
}

/// Removes a sandbox, if it is there, and the files that SQLite keeps beside it. Refuses any other file,
/// which may be somebody's copy of a real ERP.
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
