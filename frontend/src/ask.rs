//! The requests of a round: all at once, each with its own outcome.

use api::Whole;
use api::compliance::{CHECKS, CheckQuery};
use api::health::HEALTH;
use api::query::{AnyQuery, Limit, NoQuery};
use api::runs::{ACTIVE, ActiveQuery, ONE, RunQuery};
use api::shelf_life::EXPIRING;
use api::shift_now::NOW;
use api::temperature::{BREACHES, BreachQuery};
use api::yields::{TOTAL, YieldQuery};
use futures::join;

use crate::browser::page_ms;
use crate::client::Client;
use crate::route::RunKey;
use crate::state::{BoardRound, RunRound};

/// How many days the page shows.
pub(crate) const DAYS: u32 = 7;

/// How far back temperatures are looked at.
pub(crate) const HOURS: u32 = 24;

/// How many runs are shown of which something has to be sold or frozen.
pub(crate) const MOST_URGENT: u32 = 10;

/// How many rows a list has at most. A list with that many may have been cut off.
pub(crate) fn list_limit() -> usize {
    Limit::default().0 as usize
}

/// Asks for everything on the dashboard.
pub(crate) async fn board(client: &Client) -> BoardRound {
    let yields = YieldQuery { days: Some(Whole(DAYS)), ..YieldQuery::default() };
    let breaches = BreachQuery { hours: Whole(HOURS) };
    let active = ActiveQuery::default();
    let checks = CheckQuery { days: Some(Whole(DAYS)), ..CheckQuery::default() };
    let (health, shift, yields, active, breaches, checks, expiring) = join!(
        client.get(&HEALTH, &[], &AnyQuery),
        client.get(&NOW, &[], &NoQuery {}),
        client.get(&TOTAL, &[], &yields),
        client.get(&ACTIVE, &[], &active),
        client.get(&BREACHES, &[], &breaches),
        client.get(&CHECKS, &[], &checks),
        client.get_first(&EXPIRING, &NoQuery {}, MOST_URGENT),
    );
    BoardRound { at_ms: page_ms(), health, shift, yields, active, breaches, checks, expiring }
}

/// Asks for one run.
pub(crate) async fn run(client: &Client, key: RunKey) -> RunRound {
    let query = RunQuery { date: key.date };
    let number = [key.number.as_str()];
    let (health, run) = join!(client.get(&HEALTH, &[], &AnyQuery), client.get(&ONE, &number, &query));
    RunRound { at_ms: page_ms(), health, run, key }
}
