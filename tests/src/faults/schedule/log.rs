//! What a schedule did, step by step. The steps are printed if it fails, and hashed to tell whether a replay
//! does the same.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use crate::faults::left_behind::without_ids;
use crate::faults::{Blow, Call};

/// The steps of a schedule. All clones are one log, so that it outlives a panic.
#[derive(Clone, Debug, Default)]
pub struct Log {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    lines: Vec<String>,
    hasher: DefaultHasher,
    calls: usize,
    faults: usize,
    deaths: usize,
    damages: usize,
    jobs: usize,
}

/// How much happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Calls that were let through.
    pub calls: usize,
    /// Calls that were struck.
    pub faults: usize,
    /// Jobs that were killed.
    pub deaths: usize,
    /// Objects that were spoiled.
    pub damages: usize,
    pub jobs: usize,
    /// A hash of every step.
    pub trace: u64,
}

impl Tally {
    /// Adds the counts of another schedule. Its trace is left out, because hashes do not add up.
    pub fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.faults += other.faults;
        self.deaths += other.deaths;
        self.damages += other.damages;
        self.jobs += other.jobs;
    }
}

impl Log {
    fn with<T>(&self, write: impl FnOnce(&mut Inner) -> T) -> T {
        write(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes a step.
    pub(super) fn step(&self, line: impl fmt::Display) {
        let line = line.to_string();
        self.with(|inner| {
            line.hash(&mut inner.hasher);
            inner.lines.push(line);
        });
    }

    /// Notes what differs each time, and so is no part of the trace.
    pub(super) fn aside(&self, line: impl fmt::Display) {
        self.with(|inner| inner.lines.push(line.to_string()));
    }

    /// Notes a call that is let through.
    pub(super) fn call(&self, actor: usize, call: &Call, blow: Blow) {
        let line = format!(
            "    {actor}: {:?} {}{}",
            call.operation,
            without_ids(&call.subject),
            if blow == Blow::Spared { String::new() } else { format!(" -> {blow:?}") }
        );
        self.with(|inner| {
            inner.calls += 1;
            inner.faults += usize::from(blow != Blow::Spared);
        });
        self.step(line);
    }

    pub(super) fn death(&self, actor: usize) {
        self.with(|inner| inner.deaths += 1);
        self.step(format!("    {actor}: is killed"));
    }

    pub(super) fn damage(&self, line: impl fmt::Display) {
        self.with(|inner| inner.damages += 1);
        self.step(line);
    }

    pub(super) fn job(&self, line: impl fmt::Display) {
        self.with(|inner| inner.jobs += 1);
        self.step(line);
    }

    pub fn tally(&self) -> Tally {
        self.with(|inner| Tally {
            calls: inner.calls,
            faults: inner.faults,
            deaths: inner.deaths,
            damages: inner.damages,
            jobs: inner.jobs,
            trace: inner.hasher.finish(),
        })
    }

    /// All steps, a line for each.
    pub fn text(&self) -> String {
        self.with(|inner| inner.lines.join("\n"))
    }
}
