//! Fills a new sandbox day by day up to now. It writes into a temporary file, which gets its name when it is
//! whole.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use chrono::{Datelike, NaiveDateTime};
use rusqlite::Connection;
use warehouse::sources::ALL;

use super::clock::{DAY, Window, factory_day, moment, time};
use super::day::Day;
use super::rows::{DAYS_AHEAD, write_day, write_masters};
use super::schema::{State, Writer, index_stamps, make_tables};
use super::{Progress, SandboxError, Summary, beside};

/// Writes a sandbox ERP at `path` with `days` days of history up to `end`, a time on the factory's wall
/// clock. Runs that are under way at that moment are active.
///
/// The file appears as a whole or not at all. A file that is there already is never replaced: that gives
/// [`SandboxError::Exists`].
pub fn create(
    path: &Path,
    end: NaiveDateTime,
    days: u32,
    seed: u64,
    mut progress: impl FnMut(Progress),
) -> Result<Summary, SandboxError> {
    if !(1..=3650).contains(&days) {
        return Err(SandboxError::Days(days));
    }
    if !(2000..2100).contains(&end.year()) {
        return Err(SandboxError::Clock(end));
    }
    if path.exists() {
        return Err(SandboxError::Exists(path.to_path_buf()));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write_error = |source| SandboxError::Write { path: path.to_path_buf(), source };
    fs::create_dir_all(folder).map_err(write_error)?;
    let file = tempfile::Builder::new()
        .prefix(".sandbox-")
        .make_in(folder, |path| File::create_new(path))
        .map_err(write_error)?
        .into_temp_path();
    let until = moment(end);
    // History begins with the factory day that begins on the morning of the first date.
    let first_day = until.div_euclid(DAY) - i64::from(days);
    let summary = fill(&file, State { seed, first_day, until }, days, &mut progress)?;
    // SQLite would replay a log that an earlier database of this name left behind.
    for suffix in ["-wal", "-shm"] {
        let _ = fs::remove_file(beside(path, suffix));
    }
    file.persist_noclobber(path).map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => SandboxError::Exists(path.to_path_buf()),
        _ => write_error(error.error),
    })?;
    Ok(summary)
}

fn fill(
    file: &Path,
    state: State,
    days: u32,
    progress: &mut impl FnMut(Progress),
) -> Result<Summary, SandboxError> {
    let db = Connection::open(file)?;
    // Nobody else sees the file yet, and after a crash it is gone. So no write has to be safe.
    db.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -65536")?;
    make_tables(&db)?;
    let window = Window { after: i64::MIN, until: state.until };
    let last = factory_day(state.until);
    let first = state.first_day;
    let mut writer = Writer::new(&db)?;
    for number in first..=last + DAYS_AHEAD {
        db.execute_batch("BEGIN")?;
        if number == first {
            write_masters(state.seed, window, &mut writer)?;
        }
        write_day(&Day::plan(state.seed, number), window, &mut writer)?;
        db.execute_batch("COMMIT")?;
        progress(Progress {
            days_done: (number - first + 1).min(i64::from(days)) as u32,
            days,
            rows: writer.rows,
        });
    }
    drop(writer);
    index_stamps(&db)?;
    state.write(&db)?;
    let summary = summary(&db, state)?;
    // With a write-ahead log, readers and the one who keeps producing do not wait for each other.
    db.execute_batch("PRAGMA locking_mode = NORMAL; PRAGMA journal_mode = WAL")?;
    db.close().map_err(|(_, error)| error)?;
    Ok(summary)
}

fn summary(db: &Connection, state: State) -> rusqlite::Result<Summary> {
    let count =
        |table| db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0));
    let rows = ALL
        .iter()
        .map(|source| Ok((source.table, count(source.table)? as u64)))
        .collect::<rusqlite::Result<_>>()?;
    Ok(Summary { rows, until: time(state.until) })
}
