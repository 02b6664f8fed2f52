//! Keeping a sandbox producing: what happened since it last did, in small transactions.

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

/// One transaction holds at most so much of the factory's time, so that none is long.
const STEP: i64 = HOUR;
/// One call fills at most so much.
const MOST_AT_ONCE: i64 = 7 * DAY;

/// A sandbox that is kept producing.
///
/// It goes on from what the database holds, so it may be stopped at any moment, and two of them over one file
/// do not harm it.
pub struct Live {
    db: Connection,
    /// Days that were planned lately: planning one takes longer than writing a few seconds of it.
    days: BTreeMap<i64, Day>,
}

/// What a call of [`Live::advance_to`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advance {
    /// Where the sandbox was.
    pub from: NaiveDateTime,
    /// Where it is.
    pub until: NaiveDateTime,
    /// Rows that are new or changed.
    pub rows: u64,
    /// False where the gap was longer than a week: call again.
    pub is_caught_up: bool,
}

impl Live {
    /// Opens a sandbox; any other database is refused and not changed.
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

    /// The moment up to which it has produced.
    pub fn until(&self) -> Result<NaiveDateTime, SandboxError> {
        Ok(time(State::read(&self.db)?.until))
    }

    /// Writes what happened up to `now`, the factory's wall clock. A clock that was set back changes nothing.
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

    /// One transaction: at most an hour, from wherever the database is by then.
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
