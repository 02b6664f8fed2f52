//! A fate that strikes one call of a job. It fails the call, kills or holds the job there, or fails all
//! writes from there on.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use tokio::sync::Notify;

use super::fate::{Blow, Call, Failure, Fate, Operation};

/// What is done, and at which call. Calls are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// This call alone gets this blow.
    Once(usize, Blow),
    /// At this call the process dies.
    Death(usize),
    /// From this call on no write is done.
    Full(usize),
    /// This call waits until the job is let go on.
    Held(usize),
}

/// Counts the calls of a job and strikes one of them.
#[derive(Debug)]
pub struct Strike {
    when: When,
    calls: Mutex<Vec<Operation>>,
    reached: Notify,
    let_go: Notify,
}

impl Strike {
    /// Strikes the n-th call, counted from 1. With 0 no call is struck.
    pub fn on(n: usize, blow: Blow) -> Self {
        Self::new(When::Once(n, blow))
    }

    /// The process dies before the n-th call is made. Whoever runs it must drop it when it has
    /// [`reached`](Strike::reached) that call.
    pub fn death_at(n: usize) -> Self {
        Self::new(When::Death(n))
    }

    /// From the n-th call on the disk is full: nothing more is written, but reads go on.
    pub fn disk_full_from(n: usize) -> Self {
        Self::new(When::Full(n))
    }

    /// The job is held before its n-th call until it is [let go on](Strike::let_go_on).
    pub fn hold_at(n: usize) -> Self {
        Self::new(When::Held(n))
    }

    fn new(when: When) -> Self {
        Self { when, calls: Mutex::default(), reached: Notify::new(), let_go: Notify::new() }
    }

    /// Returns when the job stands at the call at which it dies or is held.
    pub async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Lets a held job go on.
    pub fn let_go_on(&self) {
        self.let_go.notify_one();
    }

    /// The calls so far.
    pub fn calls(&self) -> Vec<Operation> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Fate for Strike {
    async fn of(&self, call: &Call) -> Blow {
        let n = {
            let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
            calls.push(call.operation);
            calls.len()
        };
        match self.when {
            When::Once(at, blow) if n == at => blow,
            When::Full(from)
                if n >= from
                    && matches!(call.operation, Operation::Put | Operation::PutIf | Operation::Copy) =>
            {
                Blow::Fails(Failure::DiskFull)
            }
            When::Death(at) if n >= at => {
                self.reached.notify_one();
                std::future::pending().await
            }
            When::Held(at) if n == at => {
                self.reached.notify_one();
                self.let_go.notified().await;
                Blow::Spared
            }
            _ => Blow::Spared,
        }
    }
}
