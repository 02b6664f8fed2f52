//! Several jobs side by side, one call at a time. Every call waits at a turnstile until the schedule lets it
//! through and says what becomes of it. So the same decisions always give the same course of events.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use async_trait::async_trait;
use futures::channel::oneshot;

use crate::faults::{Blow, Call, Fate};

/// Where calls wait for their turn.
#[derive(Clone, Debug, Default)]
pub(super) struct Turnstile {
    waiting: Arc<Mutex<Vec<Waiting>>>,
}

#[derive(Debug)]
struct Waiting {
    actor: usize,
    call: Call,
    turn: oneshot::Sender<Blow>,
}

/// The fate of one actor's calls: they wait at the turnstile.
pub(super) struct AtTurnstile {
    turnstile: Turnstile,
    actor: usize,
}

impl fmt::Debug for AtTurnstile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "actor {}", self.actor)
    }
}

#[async_trait]
impl Fate for AtTurnstile {
    async fn of(&self, call: &Call) -> Blow {
        let (turn, comes) = oneshot::channel();
        self.turnstile.lock().push(Waiting { actor: self.actor, call: call.clone(), turn });
        // The other end is dropped only when the actor was killed or the schedule is over: nobody waits then.
        comes.await.unwrap_or(Blow::Spared)
    }
}

impl Turnstile {
    pub(super) fn fate(&self, actor: usize) -> Arc<dyn Fate> {
        Arc::new(AtTurnstile { turnstile: self.clone(), actor })
    }

    /// The calls that wait. Calls that were given up are removed: when one of several calls at once fails,
    /// the job drops the others.
    fn lock(&self) -> MutexGuard<'_, Vec<Waiting>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|waiting| !waiting.turn.is_canceled());
        waiting
    }

    fn has(&self, actor: usize) -> bool {
        self.lock().iter().any(|waiting| waiting.actor == actor)
    }

    /// The actors whose calls wait.
    pub(super) fn actors(&self) -> Vec<usize> {
        let mut actors: Vec<usize> = self.lock().iter().map(|waiting| waiting.actor).collect();
        actors.sort_unstable();
        actors.dedup();
        actors
    }

    /// The calls of an actor that wait, in the order in which they came.
    pub(super) fn calls(&self, actor: usize) -> Vec<Call> {
        self.lock()
            .iter()
            .filter(|waiting| waiting.actor == actor)
            .map(|waiting| waiting.call.clone())
            .collect()
    }

    fn let_through(&self, actor: usize, nth: usize, blow: Blow) {
        let mut waiting = self.lock();
        let place = waiting
            .iter()
            .enumerate()
            .filter(|(_, waiting)| waiting.actor == actor)
            .nth(nth)
            .map(|(place, _)| place);
        if let Some(place) = place {
            let Waiting { turn, .. } = waiting.remove(place);
            turn.send(blow).expect("those who have given up are not let through");
        }
    }

    fn forget(&self, actor: usize) {
        self.lock().retain(|waiting| waiting.actor != actor);
    }
}

/// Jobs and readers side by side.
pub(super) struct Cast<T> {
    turnstile: Turnstile,
    actors: Vec<Actor<T>>,
}

struct Actor<T> {
    /// What the actor does. `None` once it has ended or was killed.
    acts: Option<Pin<Box<dyn Future<Output = T>>>>,
    /// Whether the actor can go on: it is new, or a call of it was let through since it was last polled.
    is_stirred: bool,
    ended: Option<T>,
}

impl<T> Cast<T> {
    pub(super) fn new(turnstile: Turnstile) -> Self {
        Self { turnstile, actors: Vec::new() }
    }

    /// Adds an actor. Its calls must have the fate of the number that it gets.
    pub(super) fn add(&mut self, acts: impl Future<Output = T> + 'static) {
        self.actors.push(Actor { acts: Some(Box::pin(acts)), is_stirred: true, ended: None });
    }

    /// The number that the next actor gets.
    pub(super) fn next(&self) -> usize {
        self.actors.len()
    }

    /// Returns when every actor waits at the turnstile or has ended. An actor that waits for anything else is
    /// given the time for it.
    pub(super) async fn settle(&mut self) {
        let settling = poll_fn(|context| {
            let mut all_settled = true;
            for (i, actor) in self.actors.iter_mut().enumerate() {
                let Some(acts) = &mut actor.acts else { continue };
                if !actor.is_stirred && self.turnstile.has(i) {
                    continue;
                }
                actor.is_stirred = false;
                if let Poll::Ready(ended) = acts.as_mut().poll(context) {
                    (actor.acts, actor.ended) = (None, Some(ended));
                } else if !self.turnstile.has(i) {
                    all_settled = false;
                }
            }
            if all_settled { Poll::Ready(()) } else { Poll::Pending }
        });
        // The polling must not be interrupted for other tasks: when that happens depends on the machine.
        tokio::task::unconstrained(settling).await;
    }

    /// Lets one of the calls through that wait for an actor. `nth` counts from 0.
    pub(super) fn let_through(&mut self, actor: usize, nth: usize, blow: Blow) {
        self.actors[actor].is_stirred = true;
        self.turnstile.let_through(actor, nth, blow);
    }

    /// Ends an actor where it stands.
    pub(super) fn kill(&mut self, actor: usize) {
        self.actors[actor].acts = None;
        self.turnstile.forget(actor);
    }

    /// How an actor ended. Each end is told once.
    pub(super) fn take_ended(&mut self, actor: usize) -> Option<T> {
        self.actors[actor].ended.take()
    }
}
