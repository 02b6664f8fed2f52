//! The connections that are open, and which of them makes room for another one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::task::{AbortHandle, Id, JoinSet};
use tokio::time::Instant;

use super::Limits;

/// The open connections. All of them end when this value is dropped.
#[derive(Debug)]
pub(super) struct Connections {
    limits: Limits,
    tasks: JoinSet<()>,
    open: HashMap<Id, Open>,
    stopping: GracefulShutdown,
}

#[derive(Debug)]
struct Open {
    doing: Doing,
    task: AbortHandle,
}

/// How long a connection may wait for its request, or for its client to take the answer, though others are to
/// be taken.
const TIME: Duration = Duration::from_secs(1);

/// The same where most of the connections wait for the same, as when somebody opens thousands.
const TIME_AMONG_MANY: Duration = Duration::from_millis(100);

impl Connections {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, tasks: JoinSet::new(), open: HashMap::new(), stopping: GracefulShutdown::new() }
    }

    /// Whether another connection can be taken: there are few enough, or one of them can make room.
    pub(super) fn have_room(&self) -> bool {
        self.open.len() < self.limits.connections || self.who_makes_room().is_some()
    }

    /// The connection that makes room: the one that has waited longest for a request, else the one whose client
    /// has left its answer longest. A client has some time for both, and less where most of them do the same.
    fn who_makes_room(&self) -> Option<Id> {
        let longest = |since: fn(&Doing) -> Option<Instant>| {
            let alike = self.open.iter().filter_map(|(id, open)| Some((since(&open.doing)?, *id)));
            let alike: Vec<(Instant, Id)> = alike.collect();
            let time = if alike.len() > self.limits.connections / 2 { TIME_AMONG_MANY } else { TIME };
            let longest = alike.into_iter().min_by_key(|(since, _)| *since);
            longest.filter(|(since, _)| since.elapsed() > time).map(|(_, id)| id)
        };
        longest(Doing::waiting_since).or_else(|| longest(Doing::sending_since))
    }

    /// Takes a connection. Where there are too many, another one is ended for it. If none makes room any more,
    /// it is dropped.
    pub(super) fn add<Connection>(&mut self, connection: impl FnOnce(Doing, Watcher) -> Connection)
    where
        Connection: Future<Output = ()> + Send + 'static,
    {
        if self.open.len() >= self.limits.connections {
            let Some(id) = self.who_makes_room() else { return };
            self.end(id);
        }
        let doing = Doing::new();
        let task = self.tasks.spawn(connection(doing.clone(), self.stopping.watcher()));
        self.open.insert(task.id(), Open { doing, task });
    }

    /// Ends the connections whose request takes longer than one may.
    pub(super) fn end_what_takes_too_long(&mut self) {
        let most = self.limits.request;
        let is_late = |open: &Open| open.doing.at_work_since().is_some_and(|since| since.elapsed() > most);
        let late: Vec<Id> = self.open.iter().filter(|(_, open)| is_late(open)).map(|(id, _)| *id).collect();
        for id in late {
            self.end(id);
        }
    }

    fn end(&mut self, id: Id) {
        if let Some(open) = self.open.remove(&id) {
            open.task.abort();
        }
    }

    /// Waits until a connection has ended.
    pub(super) async fn one_ends(&mut self) {
        let id = match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => error.id(),
            None => return std::future::pending().await,
        };
        self.open.remove(&id);
    }

    /// Ends all connections, each after the answer that it is at.
    pub(super) async fn finish(self) {
        self.stopping.shutdown().await;
    }
}

/// What a connection is doing. Clones are of the same connection.
#[derive(Clone, Debug)]
pub(super) struct Doing(Arc<Mutex<Now>>);

#[derive(Debug)]
struct Now {
    /// The requests that are not answered to their end.
    requests: usize,
    /// Since when it is at work, or has nothing to do.
    since: Instant,
    /// Since when an answer is on its way.
    sending: Option<Instant>,
}

/// A request that is being answered. It is over when this value is dropped.
#[derive(Debug)]
pub(super) struct AtWork(Doing);

impl Doing {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Now { requests: 0, since: Instant::now(), sending: None })))
    }

    /// Begins a request.
    pub(super) fn begin(&self) -> AtWork {
        let mut now = self.now();
        if now.requests == 0 {
            now.since = Instant::now();
        }
        now.requests += 1;
        drop(now);
        AtWork(self.clone())
    }

    fn waiting_since(&self) -> Option<Instant> {
        let now = self.now();
        (now.requests == 0).then_some(now.since)
    }

    fn at_work_since(&self) -> Option<Instant> {
        let now = self.now();
        (now.requests > 0).then_some(now.since)
    }

    fn sending_since(&self) -> Option<Instant> {
        self.now().sending
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        // A poisoned lock does no harm: nothing that happens under it can be left half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AtWork {
    /// Says that the answer is there, and is only to be sent.
    pub(super) fn sends(&self) {
        self.0.now().sending.get_or_insert_with(Instant::now);
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        let mut now = self.0.now();
        now.requests -= 1;
        if now.requests == 0 {
            (now.since, now.sending) = (Instant::now(), None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(most: usize) -> Connections {
        let [second, request] = [Duration::from_secs(1), Duration::ZERO];
        Connections::new(Limits {
            connections: most,
            head: second,
            body_pause: second,
            answer_pause: second,
            request,
        })
    }

    const SHORT: Duration = Duration::from_millis(2);

    /// Takes a connection that never ends by itself.
    fn add(connections: &mut Connections) -> Doing {
        let mut added = None;
        connections.add(|doing, _| {
            added = Some(doing);
            std::future::pending()
        });
        added.unwrap()
    }

    #[tokio::test]
    async fn the_connection_that_has_waited_longest_makes_room_and_none_that_is_at_work() {
        let mut connections = connections(3);
        let doing: Vec<Doing> = (0..3).map(|_| add(&mut connections)).collect();
        let first = doing[0].begin();
        std::thread::sleep(TIME_AMONG_MANY + SHORT);
        drop(doing[1].begin());
        add(&mut connections);
        connections.one_ends().await;
        let is_open = |connections: &Connections, doing: &Doing| {
            connections.open.values().any(|open| Arc::ptr_eq(&open.doing.0, &doing.0))
        };
        let open: Vec<bool> = doing.iter().map(|doing| is_open(&connections, doing)).collect();
        assert_eq!(open, [true, true, false], "the last one has waited since it was taken");

        let all: Vec<AtWork> = connections.open.values().map(|open| open.doing.begin()).collect();
        assert!(!connections.have_room(), "all are at work");
        std::thread::sleep(TIME_AMONG_MANY + SHORT);
        assert!(!connections.have_room(), "all are at work");
        connections.add(|_, _| async { panic!("there is no room") });
        assert_eq!(connections.open.len(), 3);
        drop(all);
        assert!(!connections.have_room(), "they have just begun to wait");
        std::thread::sleep(TIME_AMONG_MANY + SHORT);
        assert!(connections.have_room());
        let second = doing[1].begin();
        assert!(!connections.have_room(), "the only one that waits has more time");
        drop((first, second));
    }

    #[tokio::test]
    async fn an_answer_that_nobody_takes_makes_room_where_no_connection_waits() {
        let mut connections = connections(3);
        let doing: Vec<Doing> = (0..3).map(|_| add(&mut connections)).collect();
        let at_work: Vec<AtWork> = doing.iter().map(Doing::begin).collect();
        at_work.iter().skip(1).for_each(AtWork::sends);
        assert!(!connections.have_room(), "the answers have just begun");
        std::thread::sleep(TIME_AMONG_MANY + SHORT);
        assert!(connections.have_room());
        drop(at_work);
        assert!(!connections.have_room(), "they were taken");
    }

    #[tokio::test]
    async fn a_request_that_takes_too_long_is_ended_with_its_connection() {
        let mut connections = connections(3);
        let (late, waiting) = (add(&mut connections), add(&mut connections));
        let _late = late.begin();
        std::thread::sleep(SHORT);
        connections.end_what_takes_too_long();
        connections.one_ends().await;
        assert_eq!(connections.open.len(), 1);
        assert!(connections.open.values().all(|open| Arc::ptr_eq(&open.doing.0, &waiting.0)));
    }
}
