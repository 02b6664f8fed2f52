//! What a schedule did, step by step: printed if it fails, and hashed to tell whether a replay does the same.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use crate::faults::left_behind::without_ids;
use crate::faults::{Blow, Call};

/// The steps of a schedule; its clones are one log, so that it outlives a panic.
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
    jobs: usize,
}

/// How much happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Calls that were let through.
    pub calls: usize,
    /// Of these the struck ones.
    pub faults: usize,
    /// Jobs that were killed.
    pub deaths: usize,
    /// Jobs.
    pub jobs: usize,
    /// A hash of every step.
    pub trace: u64,
}

impl Tally {
    /// Adds what happened elsewhere; traces do not add up.
    pub fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.faults += other.faults;
        self.deaths += other.deaths;
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

    /// Notes what is another each time, and so no part of the trace.
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

    pub(super) fn job(&self, line: impl fmt::Display) {
        self.with(|inner| inner.jobs += 1);
        self.step(line);
    }

    /// How much happened.
    pub fn tally(&self) -> Tally {
        self.with(|inner| Tally {
            calls: inner.calls,
            faults: inner.faults,
            deaths: inner.deaths,
            jobs: inner.jobs,
            trace: inner.hasher.finish(),
        })
    }

    /// All steps.
    pub fn text(&self) -> String {
        self.with(|inner| inner.lines.join("\n"))
    }
}
