//! Keeps a sandbox producing: writes what has happened since the last time, in small transactions.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use chrono::NaiveDateTime;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::SandboxError;
use super::clock::{DAY, HOUR, Window, factory_day, moment, time};
use super::day::Day;
use super::rows::{DAYS_AHEAD, DAYS_BACK, write_day, write_masters};
use super::schema::{State, Writer};

/// The most factory time that one transaction writes, so that none takes long.
const STEP: i64 = HOUR;
/// The most factory time that one call writes.
const MOST_AT_ONCE: i64 = 7 * DAY;

/// A sandbox that is kept producing.
///
/// It goes on from what the database holds. So it may be stopped at any moment, and two of them over one file
/// do no harm.
pub struct Live {
    db: Connection,
    /// The days planned lately. To plan a day takes longer than to write a few seconds of it.
    days: BTreeMap<i64, Day>,
}

/// What a call of [`Live::advance_to`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advance {
    /// The moment up to which the sandbox had produced before.
    pub from: NaiveDateTime,
    /// The moment up to which it has produced now.
    pub until: NaiveDateTime,
    /// How many rows are new or changed.
    pub rows: u64,
    /// False if the gap was longer than a week. Then call again.
    pub is_caught_up: bool,
}

impl Live {
    /// Opens a sandbox. Refuses any other database, without changing it.
    pub fn open(path: &Path) -> Result<Self, SandboxError> {
        if !path.exists() {
            return Err(SandboxError::Missing(path.to_path_buf()));
        }
        let db = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        db.busy_timeout(Duration::from_secs(10))?;
        State::read(&db)?;
        db.execute_batch("PRAGMA synchronous = NORMAL")?;
        Ok(Self { db, days: BTreeMap::new() })
    }

    /// The moment up to which the sandbox has produced.
    pub fn until(&self) -> Result<NaiveDateTime, SandboxError> {
        Ok(time(State::read(&self.db)?.until))
    }

    /// Writes what happened up to `now` on the factory's wall clock. A clock that was set back changes
    /// nothing.
    pub fn advance_to(&mut self, now: NaiveDateTime) -> Result<Advance, SandboxError> {
        let from = State::read(&self.db)?.until;
        let to = moment(now).min(from + MOST_AT_ONCE);
        let (mut until, mut rows) = (from, 0);
        while until < to {
            let (reached, written) = self.step(to)?;
            (until, rows) = (reached, rows + written);
        }
        Ok(Advance { from: time(from), until: time(until), rows, is_caught_up: moment(now) <= until })
    }

    /// Writes at most an hour in one transaction, from where the database is when the transaction begins.
    fn step(&mut self, to: i64) -> Result<(i64, u64), SandboxError> {
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let state = State::read(&transaction)?;
        let window = Window { after: state.until, until: to.min(state.until + STEP) };
        if window.until <= window.after {
            return Ok((state.until, 0));
        }
        let mut writer = Writer::new(&transaction)?;
        let numbers = (factory_day(window.after) - DAYS_BACK).max(state.first_day)
            ..=factory_day(window.until) + DAYS_AHEAD;
        self.days.retain(|number, _| numbers.contains(number));
        write_masters(state.seed, window, &mut writer)?;
        for number in numbers {
            let day = self.days.entry(number).or_insert_with(|| Day::plan(state.seed, number));
            write_day(day, window, &mut writer)?;
        }
        let rows = writer.rows;
        drop(writer);
        State { until: window.until, ..state }.write(&transaction)?;
        transaction.commit()?;
        Ok((window.until, rows))
    }
}
