//! Seeded random schedules. A small factory's ERP changes all the time, jobs of every kind run side by side,
//! and whatever can go wrong does. The seed alone decides the order. When it is over, a few clean jobs must
//! bring everything right.

mod book;
mod cells;
mod damage;
pub(crate) mod dice;
mod hand;
mod log;
mod plan;
mod turns;

use api::pipeline::JobRecord;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use extractor_function::doctor::{Severity, examine_deep, examine_objects};
use lake::Mode;
use warehouse::sources::{ALL, Owner, RUN_NUMBERS};

use book::Book;
pub use book::Finder;
use dice::Dice;
use hand::Hand;
pub use log::{Log, Tally};
use plan::Plan;
use turns::{Cast, Turnstile};

use super::small::{Client, Small};
use super::{Blow, FaultyStore, Goal, see_no_wrong_numbers, see_one_version};
use crate::is_all;

/// When schedules begin: on an ordinary day, at a month's end, and shortly before London's clock goes back or
/// forward.
const STARTS: [&str; 5] = [
    "2026-11-20T13:00:00Z",
    "2026-11-20T13:00:00Z",
    "2026-10-31T22:30:00Z",
    "2026-10-25T00:10:00Z",
    "2026-03-29T00:20:00Z",
];

/// The time that some jobs are given. It is so long that the real clock does not use it up meanwhile.
const TIME_LIMIT: TimeDelta = TimeDelta::minutes(10);
/// How far the clock jumps so that such a job has no time left to read more.
const UNTIL_NO_TIME: TimeDelta = TimeDelta::minutes(8);

/// Plays the schedule of a seed. An error says what is not as it must be.
pub async fn play(seed: u64, log: &Log) -> Result<(), String> {
    Scene::set(seed, log).play().await
}

/// Plays the schedule of a seed while a hand spoils objects of the lake. An error says what is not as it must
/// be.
pub async fn play_with_damage(seed: u64, log: &Log) -> Result<(), String> {
    let mut scene = Scene::set(seed, log);
    scene.hand = Some(Hand::new(seed));
    scene.play().await
}

/// How an actor ended.
enum Ended {
    Job(Box<JobRecord>),
    Read(Result<(), String>),
}

struct Scene<'a> {
    dice: Dice,
    log: &'a Log,
    small: Small,
    book: Book,
    finder: Finder,
    /// The latest start of any job, on the factory's clock.
    latest_start: NaiveDateTime,
    /// Whether a job had a time limit, so that the next one may have to go on where it stopped.
    was_limited: bool,
    /// Clients whose writes may still be on their way.
    late: Vec<FaultyStore>,
    /// What spoils the lake, if anything does.
    hand: Option<Hand>,
}

impl<'a> Scene<'a> {
    fn set(seed: u64, log: &'a Log) -> Self {
        let mut dice = Dice::new(seed);
        let finder = dice.pick(&[
            Finder::Incremental,
            Finder::Incremental,
            Finder::Reconcile,
            Finder::Reconcile,
            Finder::Full,
        ]);
        // The ERP's own four tables must be there, and a few of the others are. Only some of these have rows.
        let present: Vec<_> =
            ALL.into_iter().filter(|source| source.owner == Owner::Erp || dice.chance(150)).collect();
        let mut filled: Vec<_> = (0..dice.between(1, 3)).map(|_| dice.pick(&present)).collect();
        filled.extend(present.iter().filter(|source| **source == &RUN_NUMBERS && dice.chance(600)));
        let indexed = dice.pick(&[0, 1000, 700]);
        let with_index: Vec<bool> = ALL.iter().map(|_| dice.chance(indexed)).collect();
        let is_indexed = |source: &warehouse::sources::Source| {
            ALL.iter().zip(&with_index).any(|(other, with)| *other == source && *with)
        };
        let start: DateTime<Utc> = dice.pick(&STARTS).parse().expect("a moment");
        let mut small = Small::new(start, present.iter().copied(), is_indexed);
        small.settings.reading.batch_size = dice.between(1, 5) as usize;
        small.settings.retries = dice.below(3) as u32;
        log.step(format!(
            "{finder:?} must find all; pages of {}, {} retries",
            small.settings.reading.batch_size, small.settings.retries
        ));
        log.step(format!("tables {:?}", present.iter().map(|source| source.table).collect::<Vec<_>>()));
        let latest_start = small.local_now();
        Self {
            dice,
            log,
            book: Book::new(finder, filled),
            small,
            finder,
            latest_start,
            was_limited: false,
            late: Vec::new(),
            hand: None,
        }
    }

    async fn play(mut self) -> Result<(), String> {
        for _ in 0..self.dice.pick(&[1, 1, 2, 2]) {
            for _ in 0..self.dice.below(4) {
                self.edit();
            }
            self.let_time_pass();
            self.side_by_side().await?;
        }
        self.recover().await
    }

    fn edit(&mut self) {
        if let Some(sql) = self.book.edit(&mut self.dice, &self.small) {
            self.log.step(sql);
        }
    }

    fn let_time_pass(&mut self) {
        let minutes = self.dice.pick(&[1, 1, 5, 30, 50, 100, 600]);
        self.advance(TimeDelta::minutes(minutes));
        self.log.step(format!("{minutes} minutes later it is {}", self.small.local_now()));
    }

    fn advance(&mut self, by: TimeDelta) {
        self.small.set_now(self.small.clock.now() + by);
    }

    /// Runs jobs, and perhaps a reader, at the same time. Chance decides the order of their calls.
    async fn side_by_side(&mut self) -> Result<(), String> {
        let turnstile = Turnstile::default();
        let (mut cast, mut plans) = self.actors(&turnstile);
        // Some schedules switch between actors every few calls, others hardly ever. Both are needed: frequent
        // switches never let one actor make many calls while another stands at the wrong moment.
        let restless = self.dice.pick(&[3, 10, 40, 150, 500]);
        let edits_meanwhile = self.dice.pick(&[0, 0, 4, 20]);
        let mut damage = self.begin_damage().await;
        let (mut current, mut was_edited, mut jump_is_due, mut finished) = (0, false, true, Vec::new());
        loop {
            cast.settle().await;
            self.take_ended(&mut cast, &mut finished)?;
            self.damage_meanwhile(&mut damage).await?;
            let waiting = turnstile.actors();
            if waiting.is_empty() {
                break;
            }
            if !waiting.contains(&current) || self.dice.chance(restless) {
                current = self.dice.pick(&waiting);
            }
            if self.dice.chance(edits_meanwhile) {
                self.edit();
                was_edited = true;
            }
            self.let_clock_and_writes_go_on(&mut jump_is_due).await;
            let calls = turnstile.calls(current);
            let nth = if self.dice.chance(200) { self.dice.below(calls.len()) } else { 0 };
            // A reader has no plan, so nothing happens to it.
            let Some(blow) = plans
                .get_mut(current)
                .map_or(Some(Blow::Spared), |plan| plan.next(&mut self.dice, &calls[nth]))
            else {
                self.log.death(current);
                cast.kill(current);
                continue;
            };
            self.log.call(current, &calls[nth], blow);
            damage.written = Some(calls[nth].subject.clone()).filter(|_| calls[nth].operation.writes());
            cast.let_through(current, nth, blow);
        }
        // A late write has read what the hand must not put back.
        if self.dice.chance(500) || self.hand.is_some() {
            self.deliver_all().await;
        }
        self.check_between(&finished, was_edited, damage.is_done).await?;
        self.damage_between().await
    }

    /// Some jobs with their plans, and perhaps a reader after them.
    fn actors(&mut self, turnstile: &Turnstile) -> (Cast<Ended>, Vec<Plan>) {
        let mut cast = Cast::new(turnstile.clone());
        let mut plans = Vec::new();
        for _ in 0..self.dice.pick(&[1, 1, 1, 2, 2, 3]) {
            let (client, plan) = self.job_to_be(turnstile, cast.next());
            self.late.push(client.store.clone());
            let mode = plan.mode;
            cast.add(async move { Ended::Job(Box::new(client.run(mode).await)) });
            plans.push(plan);
        }
        if self.dice.chance(500) {
            let client = self.small.client(turnstile.fate(cast.next()));
            let is_spoiled = self.hand.is_some();
            cast.add(async move {
                Ended::Read(if is_spoiled {
                    see_no_wrong_numbers(&client.lake).await
                } else {
                    see_one_version(&client.lake, None).await.map(|_| ())
                })
            });
        }
        (cast, plans)
    }

    /// Notes the actors that have ended, and keeps the records of their jobs. Fails if a reader saw what it
    /// must not see.
    fn take_ended(&self, cast: &mut Cast<Ended>, finished: &mut Vec<JobRecord>) -> Result<(), String> {
        for actor in 0..cast.next() {
            match cast.take_ended(actor) {
                Some(Ended::Job(record)) => {
                    self.log.step(format!("    {actor}: ends {}", record.status));
                    self.log.aside(format!("      {}", record.error.as_deref().unwrap_or_default()));
                    self.check_undamaged(&record)?;
                    finished.push(*record);
                }
                Some(Ended::Read(seen)) => {
                    self.log.step(format!("    {actor}: has read"));
                    seen.map_err(|complaint| format!("a reader sees: {complaint}"))?;
                }
                None => {}
            }
        }
        Ok(())
    }

    /// Lets time pass, and lets late writes arrive, if chance wants it. The clock makes at most one jump
    /// after which jobs with a time limit have no time left.
    async fn let_clock_and_writes_go_on(&mut self, jump_is_due: &mut bool) {
        if self.dice.chance(30) {
            let seconds =
                if *jump_is_due && self.dice.chance(300) { UNTIL_NO_TIME } else { TimeDelta::seconds(1) };
            *jump_is_due &= seconds < UNTIL_NO_TIME;
            self.advance(seconds);
        }
        if self.dice.chance(30) {
            self.deliver_some().await;
        }
    }

    fn job_to_be(&mut self, turnstile: &Turnstile, actor: usize) -> (Client, Plan) {
        let mut client = self.small.client(turnstile.fate(actor));
        let dice = &mut self.dice;
        client.clock_ahead = TimeDelta::minutes(dice.pick(&[0, 0, 0, 0, -60, 30]));
        client.time_limit = dice.chance(150).then_some(TIME_LIMIT);
        self.was_limited |= client.time_limit.is_some();
        let plan = Plan::new(dice);
        let start = (self.small.clock.now() + client.clock_ahead)
            .with_timezone(&self.small.settings.factory_tz)
            .naive_local();
        self.latest_start = self.latest_start.max(start);
        self.log.job(format!(
            "job {actor}: {plan:?}, clock {} minutes ahead, limit {:?}",
            client.clock_ahead.num_minutes(),
            client.time_limit
        ));
        (client, plan)
    }

    /// Checks what must hold whatever happened. Readers see one version, and a job that says that it went
    /// well has found what it must find.
    async fn check_between(
        &mut self,
        finished: &[JobRecord],
        was_edited: bool,
        was_spoiled: bool,
    ) -> Result<(), String> {
        let afterwards = |complaint| format!("afterwards readers see: {complaint}");
        if self.hand.is_some() {
            self.check_readers().await.map_err(afterwards)?;
        } else {
            see_one_version(&self.small.lake(), Some(self.latest_start)).await.map_err(afterwards)?;
        }
        let says_ok =
            finished.iter().any(|record| record.status == "ok" && record.mode == Mode::Incremental.word());
        let must_be_right = !was_edited && !was_spoiled && self.spoiled_raw().is_empty();
        if says_ok && must_be_right && !self.was_limited && self.finder == Finder::Incremental {
            Goal::of_rows(&self.small)
                .check_rows(&self.small)
                .await
                .map_err(|complaint| format!("a job said `ok`, but {complaint}"))?;
        }
        Ok(())
    }

    async fn deliver_some(&mut self) {
        if !self.late.is_empty() {
            let store = self.dice.pick(&self.late);
            let delivered = store.deliver().await;
            if delivered > 0 {
                self.log.step(format!("    {delivered} late writes arrive"));
            }
        }
    }

    async fn deliver_all(&mut self) {
        for store in std::mem::take(&mut self.late) {
            store.deliver().await;
        }
    }

    /// Ends the faults, lets the marks of jobs that died expire, and runs the clean jobs that must find
    /// everything. Checks that the lake is then as the ERP is.
    async fn recover(mut self) -> Result<(), String> {
        self.deliver_all().await;
        self.advance(TimeDelta::minutes(70));
        self.latest_start = self.latest_start.max(self.small.local_now());
        self.clean_job(Mode::Incremental).await?;
        if self.was_limited {
            // The first job went on where an earlier one stopped reading, perhaps before the last edits.
            self.clean_job(Mode::Incremental).await?;
        }
        match self.finder {
            Finder::Incremental => {}
            Finder::Reconcile => self.clean_job(Mode::Reconcile).await?,
            Finder::Full => {
                // The first job goes on with a reload that may have been begun before the last edits.
                self.clean_job(Mode::Full).await?;
                self.clean_job(Mode::Full).await?;
            }
        }
        if !self.spoiled_raw().is_empty() {
            return self.check_spoiled_raw().await;
        }
        let goal = Goal::of(&self.small).await;
        goal.check(&self.small, Some(self.latest_start)).await?;
        if self.hand.is_some() || is_all() {
            self.doctor_finds_nothing().await?;
        }
        self.damage_at_rest(&goal).await
    }

    /// Whatever course a lake has gone, the doctor finds in it what raw gives, and nothing else.
    async fn doctor_finds_nothing(&self) -> Result<(), String> {
        let lake = self.small.lake();
        let mut findings = examine_objects(&lake).await;
        findings.extend(examine_deep(&lake, self.small.clock.now()).await);
        findings.retain(|finding| finding.severity != Severity::Ok);
        if findings.is_empty() { Ok(()) } else { Err(format!("the doctor finds {findings:#?}")) }
    }

    async fn clean_job(&self, mode: Mode) -> Result<(), String> {
        let record = self.small.run(mode).await;
        self.check_undamaged(&record)?;
        if record.status == "ok" || !self.spoiled_raw().is_empty() {
            Ok(())
        } else {
            Err(format!("a clean {} job ends {}: {:?}", record.mode, record.status, record.error))
        }
    }

    /// What jobs leave half done is no damage.
    fn check_undamaged(&self, record: &JobRecord) -> Result<(), String> {
        match &record.healed {
            Some(healed) if self.hand.is_none() => {
                Err(format!("a job takes the work of another for damage: {healed}"))
            }
            _ => Ok(()),
        }
    }
}
