//! One version of all marts. All that a request reads belongs together, and its age is known.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, FixedOffset, NaiveDate};
use domain::code::folded;
use domain::settings::FactorySettings;
use futures::{StreamExt, TryStreamExt, stream};
use lake::{Manifest, PartRef, Zone};
use polars::prelude::{DataFrame, IntoLazy, PolarsResult, SortMultipleOptions, col, lit};
use warehouse::marts::{Mart, month};
use warehouse::sources::Source;
use warehouse::staging::zones::{RUN_GROUP, may_hold, run_group};

use crate::filter::{day, picked};
use crate::window::Dates;
use crate::{Error, Result, State, work};

/// How many parts are read at once for one answer. Each is in memory more than once while it is decoded.
const READS_AT_ONCE: usize = 8;

/// One version of all marts. What a clone reads counts in [`Snapshot::as_of`] of all clones.
#[derive(Clone, Debug)]
pub struct Snapshot {
    state: State,
    manifest: Arc<Manifest>,
    tables: Arc<Mutex<BTreeSet<&'static str>>>,
}

impl State {
    /// The current version of all marts, to answer one request from.
    ///
    /// Fails while there are no marts: a manifest without marts only notes what the first job is about to do.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let manifest =
            self.manifest().await?.filter(|manifest| !manifest.marts.is_empty()).ok_or(Error::NoData)?;
        Ok(Snapshot { state: self.clone(), manifest, tables: Arc::default() })
    }
}

impl Snapshot {
    /// The rows of a mart whose dates lie in a range. The dates are in the column by which the mart is
    /// divided into parts. A mart without such a column gives all its rows.
    ///
    /// Fails if the mart is not there yet, or is made of a table that has never been read: then its rows are
    /// not known.
    pub async fn mart(&self, mart: &'static Mart, dates: Dates) -> Result<DataFrame> {
        let (first, last) = outermost(dates);
        let parts = self.parts(mart, |name, _| mart.part_overlaps(name, first, last)).await?;
        work(move || Ok(joined(mart, parts.into_iter().map(|(_, frame)| frame), dates)?)).await
    }

    /// The parts of a mart that `wanted` picks, by their names and zones. No other part is read.
    ///
    /// A zone says what a part can hold, not what it holds, so the caller filters the rows. Fails as
    /// [`Snapshot::mart`] does.
    pub async fn parts(
        &self,
        mart: &'static Mart,
        wanted: impl Fn(&str, &Zone) -> bool,
    ) -> Result<Vec<(String, DataFrame)>> {
        let parts = self.listed(mart, wanted)?;
        let load = async |(name, part): (&String, &PartRef)| {
            Ok::<_, Error>((name.clone(), self.state.parts().get(self.state.lake(), part).await?))
        };
        let parts = stream::iter(parts.into_iter().map(load)).buffered(READS_AT_ONCE);
        let parts: Vec<(String, DataFrame)> = parts.try_collect().await?;
        let schema = mart.schema();
        if parts.iter().any(|(_, frame)| **frame.schema() != schema) {
            return Err(Error::NotMade(mart.name));
        }
        Ok(parts)
    }

    /// The row that a mart of runs has for the run of this number, in whatever case: that of `date`, or the
    /// newest. Parts are read from the newest on, until one has the run.
    pub async fn newest_run(
        &self,
        mart: &'static Mart,
        run_number: &str,
        date: Option<NaiveDate>,
    ) -> Result<Option<DataFrame>> {
        let groups = BTreeSet::from([run_group(run_number)]);
        let of_month = date.map(month);
        let is_of_month = |name: &str| of_month.as_deref().is_none_or(|month| month == name);
        let months =
            self.listed(mart, |name, zone| is_of_month(name) && may_hold(zone, RUN_GROUP, &groups))?;
        let named = col("run_number").str().to_lowercase().eq(lit(folded(run_number)));
        let named = date.map_or(named.clone(), |date| named.and(col("production_date").eq(day(date))));
        for (month, _) in months.into_iter().rev() {
            for (_, runs) in self.parts(mart, |name, _| name == month).await? {
                let (named, newest) = (named.clone(), SortMultipleOptions::new().with_order_descending(true));
                let found = runs.lazy().filter(named).sort(["production_date"], newest).limit(1);
                let found = work(move || Ok(found.collect()?)).await?;
                if found.height() > 0 {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    /// What follows from this version of all marts alone. It is made once, and kept until there is another version:
    /// all screens of a factory ask the same. What is kept is known by its type.
    pub async fn once<T: Send + Sync + 'static>(
        &self,
        make: impl AsyncFnOnce(Self) -> Result<T>,
    ) -> Result<Arc<T>> {
        let made = self.state.made().of(&self.manifest);
        let of_its_own = Self { tables: Arc::default(), ..self.clone() };
        let (value, tables) = made
            .get_or_make(async || {
                let value = make(of_its_own.clone()).await?;
                Ok((value, of_its_own.lock_tables().clone()))
            })
            .await?;
        self.lock_tables().extend(tables);
        Ok(value)
    }

    /// The factory's settings that the marts were made with.
    pub fn factory_settings(&self) -> Result<FactorySettings> {
        warehouse::settings::in_force(&self.manifest).map_err(|error| Error::Lake(Arc::new(error)))
    }

    /// Whether a mart is there. A lake that an older version wrote may lack it.
    pub fn has(&self, mart: &Mart) -> bool {
        self.manifest.marts.contains_key(mart.name)
    }

    /// The parts of a mart that `wanted` picks, in the order of their names, without their rows. From now on
    /// the tables of the mart count in [`Snapshot::as_of`].
    fn listed(
        &self,
        mart: &'static Mart,
        wanted: impl Fn(&str, &Zone) -> bool,
    ) -> Result<Vec<(&String, &PartRef)>> {
        let is_unread = |source: &&Source| self.manifest.never_read([source.staging]).is_some();
        if let Some(source) = mart.tables().find(is_unread) {
            return Err(Error::NeverRead(source.table.to_owned()));
        }
        let names = mart.tables().map(|source| source.staging);
        self.lock_tables().extend(names);
        let parts = self.manifest.marts.get(mart.name).ok_or(Error::NotMade(mart.name))?;
        Ok(parts.iter().filter(|(name, part)| wanted(name, &part.zone)).collect())
    }

    fn lock_tables(&self) -> MutexGuard<'_, BTreeSet<&'static str>> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How old a mart is: the start of the last job that successfully read all tables that it is made of.
    /// `None` if the factory has none of them.
    pub fn as_of_mart(&self, mart: &Mart) -> Option<DateTime<FixedOffset>> {
        self.manifest.as_of(mart.tables().map(|source| source.staging))
    }

    /// How old the marts are that were read so far: the start of the last job that successfully read all
    /// tables that they are made of.
    pub fn as_of(&self) -> Option<DateTime<FixedOffset>> {
        let tables = self.lock_tables();
        // A factory may lack all tables of a mart. The mart is then empty, and as old as everything else.
        self.manifest
            .as_of(tables.iter().copied())
            .or_else(|| self.manifest.as_of(self.manifest.tables.keys().map(String::as_str)))
    }
}

/// Both ends of the range, an open one as far away as the name of a part can tell.
fn outermost(dates: Dates) -> (NaiveDate, NaiveDate) {
    let first = NaiveDate::from_ymd_opt(0, 1, 1).unwrap_or(NaiveDate::MIN);
    let last = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or(NaiveDate::MAX);
    (dates.from.unwrap_or(first).clamp(first, last), dates.to.unwrap_or(last).clamp(first, last))
}

fn joined(mart: &Mart, frames: impl IntoIterator<Item = DataFrame>, dates: Dates) -> PolarsResult<DataFrame> {
    let mut all = DataFrame::empty_with_schema(&mart.schema());
    for frame in frames {
        all.vstack_mut(&frame)?;
    }
    let Some(date) = mart.month_of else { return Ok(all) };
    if dates == Dates::ALL {
        return Ok(all);
    }
    let [from, to] = [dates.from, dates.to].map(|date| date.map(|date| date.to_epoch_days()));
    let of_range = |day: i32| from.is_none_or(|from| from <= day) && to.is_none_or(|to| day <= to);
    let days = all.column(date)?.date()?.physical().iter();
    let of_range: Vec<bool> = days.map(|day| day.is_some_and(of_range)).collect();
    picked(&all, &of_range)
}
