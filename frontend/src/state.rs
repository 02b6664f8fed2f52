//! What is on screen after each round of requests. Numbers stay until newer ones replace them, whatever fails
//! meanwhile. Nothing here needs a browser.

use std::rc::Rc;

use api::compliance::CheckFinding;
use api::health::{Health, HealthStatus, STALE_AFTER_SECONDS, old_after_seconds};
use api::runs::{ActiveRun, RunDetail};
use api::shelf_life::ExpiringRun;
use api::shift_now::ShiftNow;
use api::temperature::Breach;
use api::yields::YieldTotal;
use chrono::{DateTime, FixedOffset, NaiveDate};

use crate::client::{ApiError, Fetched};
use crate::format;
use crate::route::RunKey;

type Moment = DateTime<FixedOffset>;

/// The ages above which the API calls numbers old, and stale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct AgeLimits {
    pub(crate) old_after_seconds: f64,
    pub(crate) stale_after_seconds: f64,
}

impl Default for AgeLimits {
    /// Those of a factory that says nothing else: they hold until the API has said its own.
    fn default() -> Self {
        let stale_after_seconds = i64::from(STALE_AFTER_SECONDS);
        Self {
            old_after_seconds: old_after_seconds(stale_after_seconds) as f64,
            stale_after_seconds: stale_after_seconds as f64,
        }
    }
}

impl AgeLimits {
    fn of(health: &Outcome<Health>) -> Option<Self> {
        let health = &health.as_ref().ok()?.answer;
        Some(Self {
            old_after_seconds: health.old_after_seconds as f64,
            stale_after_seconds: health.stale_after_seconds as f64,
        })
    }
}

/// The server's clock, as its answers have told it. Ages are reckoned by it and by how long ago it was heard,
/// never by the browser's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct ServerClock {
    /// When the page was opened by this clock, in milliseconds since 1970.
    opened_ms: Option<f64>,
}

impl ServerClock {
    /// The time by this clock when the page has been open for so long, in milliseconds since 1970. `None` if
    /// the server has not told its time yet.
    pub(crate) fn ms(self, page_ms: f64) -> Option<f64> {
        self.opened_ms.map(|opened_ms| opened_ms + page_ms)
    }

    /// Takes in the time that the state of the lake tells: the age of its data, beside the moment that the
    /// data is of.
    fn hear(&mut self, health: &Outcome<Health>) {
        let Ok(health) = health else { return };
        if let (Some(as_of), Some(age)) = (health.answer.data_as_of, health.answer.age_seconds) {
            let told_ms = as_of.timestamp_millis() as f64 + age as f64 * 1000.0;
            self.opened_ms = Some(told_ms - health.at_ms);
        }
    }
}

/// What came of one request.
pub(crate) type Outcome<T> = Result<Fetched<T>, ApiError>;

/// The last good answer of one endpoint, and what went wrong since.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LastAnswer<T> {
    /// The last good answer.
    pub(crate) answer: Option<Rc<T>>,
    /// When its data was read from the ERP.
    data_as_of: Option<Moment>,
    /// Why the last round brought no answer.
    pub(crate) problem: Option<ApiError>,
}

impl<T> Default for LastAnswer<T> {
    fn default() -> Self {
        Self { answer: None, data_as_of: None, problem: None }
    }
}

impl<T> LastAnswer<T> {
    /// Takes in what came of a request. `health_as_of` stands in where the answer does not tell the age of
    /// its data.
    fn take(&mut self, outcome: Outcome<T>, health_as_of: Option<Moment>) {
        match outcome {
            Ok(fetched) => {
                *self = Self {
                    answer: Some(Rc::new(fetched.answer)),
                    data_as_of: fetched.data_as_of.or(health_as_of),
                    problem: None,
                }
            }
            Err(problem) => self.problem = Some(problem),
        }
    }
}

/// How fresh a page is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Freshness {
    /// When the oldest data on the page was read from the ERP.
    pub(crate) data_as_of: Option<Moment>,
    /// What lags: its data is older than the newest data on the page by more than the age above which data is
    /// old.
    pub(crate) lagging: Vec<&'static str>,
    /// The ages above which data is called old, and stale, as the API said last.
    pub(crate) limits: AgeLimits,
    /// The server's clock.
    pub(crate) clock: ServerClock,
    /// How long the page had been open when everything on it was last answered, in milliseconds.
    pub(crate) checked_at_ms: Option<f64>,
    /// The date in the factory.
    pub(crate) today: Option<NaiveDate>,
    /// Whether the lake is there but holds nothing yet.
    pub(crate) empty: bool,
    /// What the API did not answer in the last round.
    pub(crate) outage: Option<Outage>,
}

impl Freshness {
    /// Takes in the age of each answer on a page after a round that ended at `at_ms`.
    fn age(&mut self, at_ms: f64, limits: Option<AgeLimits>, answers: &[(&'static str, Option<Moment>)]) {
        self.limits = limits.unwrap_or(self.limits);
        let newest = answers.iter().filter_map(|(_, as_of)| *as_of).max();
        let lags = |as_of: Moment| {
            let lag_ms = newest.map(|newest| (newest - as_of).num_milliseconds() as f64);
            lag_ms.is_some_and(|lag_ms| lag_ms / 1000.0 > self.limits.old_after_seconds)
        };
        self.data_as_of = answers.iter().filter_map(|(_, as_of)| *as_of).min();
        self.lagging =
            answers.iter().filter(|(_, as_of)| as_of.is_some_and(lags)).map(|(name, _)| *name).collect();
        let now = self.clock.ms(at_ms).and_then(|ms| DateTime::from_timestamp_millis(ms as i64));
        self.today =
            self.data_as_of.zip(now).map(|(as_of, now)| now.with_timezone(as_of.offset()).date_naive());
    }
}

/// Something that the API did not answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outage {
    /// What is not answered, by name. Empty if nothing at all is.
    names: Vec<&'static str>,
    /// When the numbers were read from the ERP that are still shown for it.
    numbers_of: Option<Moment>,
    /// What the API says about it.
    pub(crate) detail: Option<String>,
}

impl Outage {
    /// The outage in one line.
    pub(crate) fn text(&self, today: Option<NaiveDate>) -> String {
        let of =
            if self.names.is_empty() { String::new() } else { format!(" for {}", self.names.join(", ")) };
        match self.numbers_of {
            Some(as_of) => format!(
                "API unavailable{of} – showing the numbers of {}",
                format::time(as_of.naive_local(), today)
            ),
            None => format!("API unavailable{of} – no numbers to show yet"),
        }
    }
}

/// All answers of one round of the dashboard.
#[derive(Debug)]
pub(crate) struct BoardRound {
    /// How long the page had been open when the round ended, in milliseconds.
    pub(crate) at_ms: f64,
    /// The state of the lake.
    pub(crate) health: Outcome<Health>,
    /// The shift that is on.
    pub(crate) shift: Outcome<ShiftNow>,
    /// Yield of all days together, and of each day.
    pub(crate) yields: Outcome<YieldTotal>,
    /// Runs that are on.
    pub(crate) active: Outcome<Vec<ActiveRun>>,
    /// Temperatures outside their limits.
    pub(crate) breaches: Outcome<Vec<Breach>>,
    /// Compliance findings.
    pub(crate) checks: Outcome<Vec<CheckFinding>>,
    /// Stock that has to be sold or frozen, the most urgent first.
    pub(crate) expiring: Outcome<Vec<ExpiringRun>>,
}

/// What the dashboard shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Board {
    /// The shift that is on.
    pub(crate) shift: LastAnswer<ShiftNow>,
    /// Yield of all days together, and of each day.
    pub(crate) yields: LastAnswer<YieldTotal>,
    /// Runs that are on.
    pub(crate) active: LastAnswer<Vec<ActiveRun>>,
    /// Temperatures outside their limits.
    pub(crate) breaches: LastAnswer<Vec<Breach>>,
    /// Compliance findings.
    pub(crate) checks: LastAnswer<Vec<CheckFinding>>,
    /// Stock that has to be sold or frozen, the most urgent first.
    pub(crate) expiring: LastAnswer<Vec<ExpiringRun>>,
    /// How fresh all this is.
    pub(crate) fresh: Freshness,
}

impl Board {
    /// The board after a round.
    pub(crate) fn after(mut self, round: BoardRound) -> Self {
        let answered = [
            round.shift.is_ok(),
            round.yields.is_ok(),
            round.active.is_ok(),
            round.breaches.is_ok(),
            round.checks.is_ok(),
            round.expiring.is_ok(),
        ];
        if says_empty(&round.health) && !answered.contains(&true) {
            return Self { fresh: nothing_yet(round.at_ms), ..Self::default() };
        }
        self.fresh.clock.hear(&round.health);
        let (health_as_of, limits) = (as_of(&round.health), AgeLimits::of(&round.health));
        self.shift.take(round.shift, health_as_of);
        self.yields.take(round.yields, health_as_of);
        self.active.take(round.active, health_as_of);
        self.breaches.take(round.breaches, health_as_of);
        self.checks.take(round.checks, health_as_of);
        self.expiring.take(round.expiring, health_as_of);
        let ages = self.answers().map(|(name, as_of, _)| (name, as_of));
        self.fresh.age(round.at_ms, limits, &ages);
        self.fresh.empty = false;
        self.fresh.outage = self.outage();
        if self.fresh.outage.is_none() {
            self.fresh.checked_at_ms = Some(round.at_ms);
        }
        self
    }

    /// Each answer's name, the age of its data, and what went wrong with the last request for it.
    fn answers(&self) -> [(&'static str, Option<Moment>, Option<&ApiError>); 6] {
        [
            ("the shift", self.shift.data_as_of, self.shift.problem.as_ref()),
            ("yields", self.yields.data_as_of, self.yields.problem.as_ref()),
            ("active runs", self.active.data_as_of, self.active.problem.as_ref()),
            ("temperatures", self.breaches.data_as_of, self.breaches.problem.as_ref()),
            ("compliance", self.checks.data_as_of, self.checks.problem.as_ref()),
            ("shelf life", self.expiring.data_as_of, self.expiring.problem.as_ref()),
        ]
    }

    fn outage(&self) -> Option<Outage> {
        let answers = self.answers();
        let failed: Vec<_> =
            answers.iter().filter_map(|(name, as_of, problem)| Some((*name, *as_of, (*problem)?))).collect();
        let (.., first) = failed.first()?;
        Some(Outage {
            names: if failed.len() == answers.len() {
                Vec::new()
            } else {
                failed.iter().map(|(name, ..)| *name).collect()
            },
            numbers_of: failed.iter().filter_map(|(_, as_of, _)| *as_of).min(),
            detail: detail(first),
        })
    }
}

/// The answer of one round of a run's page.
#[derive(Debug)]
pub(crate) struct RunRound {
    /// How long the page had been open when the round ended, in milliseconds.
    pub(crate) at_ms: f64,
    /// Which run was asked for.
    pub(crate) key: RunKey,
    /// The state of the lake.
    pub(crate) health: Outcome<Health>,
    /// The run.
    pub(crate) run: Outcome<RunDetail>,
}

/// What a run's page shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RunView {
    /// Which run this is.
    pub(crate) key: Option<RunKey>,
    /// The run.
    pub(crate) run: LastAnswer<RunDetail>,
    /// How fresh it is.
    pub(crate) fresh: Freshness,
}

impl RunView {
    /// The view of `key`: this one, or a blank one if it shows another run.
    pub(crate) fn of(&self, key: &RunKey) -> Self {
        if self.key.as_ref() == Some(key) {
            self.clone()
        } else {
            Self { key: Some(key.clone()), ..Self::default() }
        }
    }

    /// The view after a round.
    pub(crate) fn after(&self, round: RunRound) -> Self {
        let mut view = self.of(&round.key);
        if says_empty(&round.health) && round.run.is_err() {
            return Self { key: view.key, run: LastAnswer::default(), fresh: nothing_yet(round.at_ms) };
        }
        let unknown = round.run.as_ref().is_err_and(|problem| problem.is(404));
        if unknown {
            view.run = LastAnswer::default();
        }
        let answered = unknown || round.run.is_ok();
        view.fresh.clock.hear(&round.health);
        let (health_as_of, limits) = (as_of(&round.health), AgeLimits::of(&round.health));
        view.run.take(round.run, health_as_of);
        view.fresh.age(round.at_ms, limits, &[("run", view.run.data_as_of.or(health_as_of))]);
        if answered {
            view.fresh.checked_at_ms = Some(round.at_ms);
        }
        view.fresh.empty = false;
        view.fresh.outage = view.run.problem.as_ref().filter(|_| !answered).map(|problem| Outage {
            names: Vec::new(),
            numbers_of: view.run.data_as_of,
            detail: detail(problem),
        });
        view
    }
}

fn nothing_yet(at_ms: f64) -> Freshness {
    Freshness { empty: true, checked_at_ms: Some(at_ms), ..Freshness::default() }
}

/// The version of the program that answers, if it does.
pub(crate) fn version(health: &Outcome<Health>) -> Option<&str> {
    Some(health.as_ref().ok()?.answer.version.as_str())
}

fn says_empty(health: &Outcome<Health>) -> bool {
    health.as_ref().is_ok_and(|health| health.answer.status == HealthStatus::Empty.as_str())
}

fn as_of(health: &Outcome<Health>) -> Option<Moment> {
    let health = health.as_ref().ok()?;
    health.answer.data_as_of.or(health.data_as_of)
}

fn detail(problem: &ApiError) -> Option<String> {
    matches!(problem, ApiError::Problem { .. }).then(|| problem.to_string())
}

#[cfg(test)]
pub(crate) mod tests;
