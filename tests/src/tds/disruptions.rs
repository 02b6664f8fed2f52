//! Disruptions of the endpoint that a test switches on. A test may do so at any time and from any thread.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::error::ServerError;

/// The disruptions of an endpoint. At first there are none.
#[derive(Debug, Default)]
pub struct Disruptions {
    plan: Mutex<Plan>,
    refuse: AtomicBool,
    fired: AtomicUsize,
}

#[derive(Debug, Default)]
struct Plan {
    bytes_left: Option<usize>,
    delay: Duration,
    /// Only the answers to statements that contain this text are late.
    delayed: String,
    login_delay: Duration,
    logins: Option<(usize, ServerError)>,
    routed: Option<(String, u16)>,
    statements: Vec<Planned>,
}

#[derive(Debug)]
struct Planned {
    when: When,
    /// The error comes after this many rows. `None` sends the error instead of an answer.
    after_rows: Option<usize>,
    error: ServerError,
}

#[derive(Debug)]
enum When {
    /// Once, at the n-th statement from now on.
    Nth(usize),
    /// So many times, at statements that contain this text.
    Containing(String, usize),
}

impl Disruptions {
    /// Lets all connections together send `bytes` more bytes. Then ends the connection that sends the next
    /// byte, once.
    pub fn drop_after_bytes(&self, bytes: usize) {
        self.plan().bytes_left = Some(bytes);
    }

    /// Waits before each answer to a statement.
    pub fn delay_answers(&self, delay: Duration) {
        self.delay_containing("", delay);
    }

    /// Waits before each answer to a statement that contains a word.
    pub fn delay_containing(&self, word: &str, delay: Duration) {
        let mut plan = self.plan();
        (plan.delay, plan.delayed) = (delay, word.to_owned());
    }

    /// Waits before each answer to a login.
    pub fn delay_logins(&self, delay: Duration) {
        self.plan().login_delay = delay;
    }

    /// Answers the n-th statement from now on (1 is the next) with an error, once.
    pub fn fail_statement(&self, nth: usize, error: ServerError) {
        self.plan().statements.push(Planned { when: When::Nth(nth), after_rows: None, error });
    }

    /// Answers the n-th statement from now on with some rows and then an error, once.
    pub fn fail_after_rows(&self, nth: usize, rows: usize, error: ServerError) {
        self.plan().statements.push(Planned { when: When::Nth(nth), after_rows: Some(rows), error });
    }

    /// Answers the next `times` statements whose text contains a word with an error.
    pub fn fail_containing(&self, word: &str, times: usize, error: ServerError) {
        self.plan().statements.push(Planned {
            when: When::Containing(word.to_owned(), times),
            after_rows: None,
            error,
        });
    }

    /// Refuses the next `times` logins with an error.
    pub fn fail_logins(&self, times: usize, error: ServerError) {
        self.plan().logins = Some((times, error));
    }

    /// Sends the next login on to another server, once. An availability group does so with clients that only
    /// read.
    pub fn route_login(&self, host: &str, port: u16) {
        self.plan().routed = Some((host.to_owned(), port));
    }

    /// While this is on, closes each new connection at once.
    pub fn refuse_connections(&self, refuse: bool) {
        self.refuse.store(refuse, Ordering::SeqCst);
    }

    /// How many disruptions have happened so far. A delay counts at each answer.
    pub fn fired(&self) -> usize {
        self.fired.load(Ordering::SeqCst)
    }

    /// Takes back all disruptions that have not happened yet.
    pub fn clear(&self) {
        *self.plan() = Plan::default();
        self.refuse_connections(false);
    }

    /// Whether a new connection is to be closed.
    pub(super) fn refuses(&self) -> bool {
        let refuses = self.refuse.load(Ordering::SeqCst);
        if refuses {
            self.fire();
        }
        refuses
    }

    /// How many of these bytes may still be sent. `None` if the connection must end.
    pub(super) fn may_send(&self, bytes: usize) -> Option<usize> {
        let mut plan = self.plan();
        match plan.bytes_left {
            None => Some(bytes),
            Some(0) => {
                plan.bytes_left = None;
                self.fire();
                None
            }
            Some(left) => Some(left.min(bytes)),
        }
    }

    /// Notes that bytes were sent.
    pub(super) fn sent(&self, bytes: usize) {
        if let Some(left) = &mut self.plan().bytes_left {
            *left = left.saturating_sub(bytes);
        }
    }

    /// How long to wait with the answer to this statement.
    pub(super) fn answer_delay(&self, text: &str) -> Duration {
        let plan = self.plan();
        let delay = if text.contains(&plan.delayed) { plan.delay } else { Duration::ZERO };
        drop(plan);
        self.counted(delay)
    }

    /// How long to wait with the answer to a login.
    pub(super) fn login_delay(&self) -> Duration {
        self.counted(self.plan().login_delay)
    }

    /// The error of the next login, if it must fail.
    pub(super) fn login(&self) -> Option<ServerError> {
        let mut plan = self.plan();
        let (times, error) = plan.logins.as_mut().filter(|(times, _)| *times > 0)?;
        *times -= 1;
        self.fire();
        Some(error.clone())
    }

    /// The server to which the next login must be sent on.
    pub(super) fn route(&self) -> Option<(String, u16)> {
        self.plan().routed.take().inspect(|_| self.fire())
    }

    /// The error of a statement, if it must fail, and the rows that come before it.
    pub(super) fn statement(&self, text: &str) -> Option<(Option<usize>, ServerError)> {
        let mut plan = self.plan();
        let mut found = None;
        plan.statements.retain_mut(|planned| {
            let (hit, keep) = match &mut planned.when {
                When::Nth(nth) => {
                    *nth = nth.saturating_sub(1);
                    (*nth == 0, *nth > 0)
                }
                When::Containing(word, times) => {
                    let hit = found.is_none() && *times > 0 && text.contains(word.as_str());
                    *times -= usize::from(hit);
                    (hit, *times > 0)
                }
            };
            if hit && found.is_none() {
                found = Some((planned.after_rows, planned.error.clone()));
            }
            keep
        });
        if found.is_some() {
            self.fire();
        }
        found
    }

    fn counted(&self, delay: Duration) -> Duration {
        if !delay.is_zero() {
            self.fire();
        }
        delay
    }

    fn fire(&self) {
        self.fired.fetch_add(1, Ordering::SeqCst);
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
