//! What a function keeps between requests.

use std::fmt;
use std::sync::Arc;

use api::ParameterError;
use api::days::{AskedDays, DaysQuery};
use chrono::{DateTime, NaiveDate, Utc};
use lake::{Lake, Manifest};

use crate::latest::Latest;
use crate::made::MadeOfLatest;
use crate::parts::Parts;
use crate::window::{self, Dates, Hours};
use crate::{Result, Settings};

pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// How much memory mart parts may take. It holds a year of a factory, and is a fraction of the memory of the
/// smallest Lambda function that is worth having.
const PARTS_BYTES: usize = 192 * 1024 * 1024;

/// What a function keeps between requests. It is cheap to clone, and its clones share what they have read.
#[derive(Clone)]
pub struct State {
    shared: Arc<Shared>,
}

struct Shared {
    lake: Lake,
    settings: Settings,
    clock: Clock,
    latest: Latest,
    parts: Parts,
    made: MadeOfLatest,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("lake", &self.shared.lake)
            .field("settings", &self.shared.settings)
            .finish_non_exhaustive()
    }
}

impl State {
    /// A state that has read nothing yet. `lake` is already the lake of the factory that the settings name.
    pub fn new(
        lake: Lake,
        settings: Settings,
        clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static,
    ) -> Self {
        let shared = Shared {
            lake,
            settings,
            clock: Arc::new(clock),
            latest: Latest::default(),
            parts: Parts::new(PARTS_BYTES),
            made: MadeOfLatest::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    pub fn now(&self) -> DateTime<Utc> {
        (self.shared.clock)()
    }

    /// Today's date at the factory.
    pub fn today(&self) -> NaiveDate {
        window::today(self.now(), self.shared.settings.factory_tz)
    }

    /// Today and the days before it, `days` in all.
    pub fn last_days(&self, days: u32) -> Dates {
        window::last_days(self.now(), self.shared.settings.factory_tz, days)
    }

    /// The days that a question covers. It names so many days up to today, or a first day, a last day or
    /// both. `None` where it names nothing.
    pub fn asked_dates(&self, asked: AskedDays) -> std::result::Result<Option<Dates>, ParameterError> {
        let AskedDays { days, from, to, before } = asked;
        let wrong = |name: &str, value: &dyn ToString, expected: &str| {
            Err(ParameterError {
                name: name.to_owned(),
                value: value.to_string(),
                expected: expected.to_owned(),
            })
        };
        let last = to.or_else(|| before?.pred_opt());
        match (days, from, to, before) {
            (Some(days), None, None, None) => Ok(Some(self.last_days(days))),
            (Some(days), ..) => wrong(
                "days",
                &days,
                "cannot be combined with from, to and before: leave one or the other out",
            ),
            (_, _, Some(_), Some(before)) => {
                wrong("before", &before, "cannot be combined with to: leave one of them out")
            }
            (_, Some(from), Some(to), _) if from > to => {
                wrong("from", &from, &format!("is after to, which is {to}"))
            }
            (_, Some(from), _, Some(before)) if from > before => {
                wrong("from", &from, &format!("is after before, which is {before}"))
            }
            (None, None, None, None) => Ok(None),
            (None, from, ..) => Ok(Some(Dates { from, to: last })),
        }
    }

    /// The days that a question covers, and the last `days` where it names none.
    pub fn dates(&self, query: &impl DaysQuery, days: u32) -> std::result::Result<Dates, ParameterError> {
        Ok(self.asked_dates(query.asked_days())?.unwrap_or_else(|| self.last_days(days)))
    }

    /// The last `hours` hours on the factory's clock.
    pub fn last_hours(&self, hours: u32) -> Hours {
        window::last_hours(self.now(), self.shared.settings.factory_tz, hours)
    }

    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// The newest manifest. `None` before the first job.
    pub async fn manifest(&self) -> Result<Option<Arc<Manifest>>> {
        self.shared.latest.get(&self.shared.lake, &*self.shared.clock).await
    }

    /// Forgets the manifest, so that the next answer asks for it again.
    pub async fn forget_manifest(&self) {
        self.shared.latest.forget().await;
    }

    /// The lake, for what is not in marts.
    pub fn lake(&self) -> &Lake {
        &self.shared.lake
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.shared.parts
    }

    pub(crate) fn made(&self) -> &MadeOfLatest {
        &self.shared.made
    }
}
