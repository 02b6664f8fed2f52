//! Catches staging and marts up with raw, and publishes the result.
//!
//! Nobody tells this step what is new: it compares what the manifest says is applied with the segments that
//! exist. So it may die, be repeated or run twice at once. Conditional writes decide: a staging part or the
//! manifest is replaced only if it still is the version that was read.

mod again;
mod build;
mod current;
mod damage;
mod in_memory;
mod models;
mod reads;
mod rebuild;
mod records;
mod stage;
mod staged;
mod take_settings;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, FixedOffset, Utc};
use lake::{Lake, Manifest, Pause, Retries, TableState};

use self::damage::of_marts;
use self::models::MODELS;
use self::take_settings::take_settings;
use self::work::Work;
use crate::settings::BadSettings;
use crate::staging::zones::holds_rows;
use crate::touched::Touched;
use crate::{Result, WarehouseError};

pub use self::again::make_again;
pub use self::damage::Search;
pub use self::work::JobStamp;

/// What a job finds before it reads anything.
#[derive(Clone, Debug, Default)]
pub struct Staged {
    /// The manifest: staging holds all that was committed.
    pub manifest: Manifest,
    /// What was damaged and is made again, and why.
    pub healed: Vec<String>,
    /// What somebody should look into.
    pub warnings: Vec<String>,
}

/// Folds into staging the segments that no job has folded yet, and makes again what `search` finds to be
/// damaged. An extraction then compares with all that was committed.
pub async fn stage(lake: &Lake, job: &JobStamp, search: Search) -> Result<Staged> {
    until_undisturbed(search, async |search| {
        let mut work = Work::load(lake, job, search).await?;
        let has_changed = stage::catch_up(&mut work).await?;
        let (healed, warnings) = (work.told(), std::mem::take(&mut work.warnings));
        let manifest = if has_changed { work.swap().await? } else { work.manifest };
        Ok(Staged { manifest, healed, warnings })
    })
    .await
}

/// Whether the marts have to be made again even if nothing more is read: rows were staged without marts being
/// made of them, or other models made the marts.
pub fn is_behind(manifest: &Manifest) -> bool {
    !manifest.pending.is_null() || (manifest.generation > 0 && manifest.models != MODELS)
}

/// Whether this version of the models made the marts, so that what it makes of raw must be what they hold.
pub fn is_of_these_models(manifest: &Manifest) -> bool {
    manifest.models == MODELS
}

/// What a job has read, by staging names.
#[derive(Clone, Debug, Default)]
pub struct Tables<'a> {
    /// The tables that it has read to the end, each with a moment: all rows that the ERP had then have been
    /// read.
    pub read: BTreeMap<&'a str, DateTime<FixedOffset>>,
    /// The tables that could not be read, though the ERP has them or may have them.
    pub failed: BTreeSet<&'a str>,
    /// The tables that the ERP does not have.
    pub absent: BTreeSet<&'a str>,
    /// The table that the next job begins with; `None` for the first of all.
    pub next: Option<&'a str>,
    /// How the job compared the ERP with the lake, if it did.
    pub compared: Option<Comparison>,
}

/// How a comparison of the ERP with the lake went, with the start of its job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// It came to its end, but not for every table, or it left something undone.
    Ended(DateTime<FixedOffset>),
    /// It went well.
    Good(DateTime<FixedOffset>),
}

impl Tables<'_> {
    /// Notes how old the rows of each table are. `absent_as_of` is when the job began, which found some of
    /// them to be absent.
    fn note_in(&self, manifest: &mut Manifest, absent_as_of: DateTime<FixedOffset>) {
        for table in &self.failed {
            // A table that has never been read stands in the manifest without an age. One that the ERP does
            // not have does not stand there.
            manifest.tables.entry((*table).to_owned()).or_default();
        }
        for table in &self.absent {
            // An earlier job may have failed, and noted the table, before it could know that the ERP lacks
            // it.
            let never_read = |state: &TableState| state.as_of.is_none() && state.applied == 0;
            if manifest.tables.get(*table).is_some_and(never_read) {
                manifest.tables.remove(*table);
            }
            // Nothing is left of a table that was removed: it makes nothing older.
            if let Some(state) = manifest.tables.get_mut(*table).filter(|state| !holds_rows(state)) {
                state.as_of = state.as_of.max(Some(absent_as_of));
            }
        }
        for (table, as_of) in &self.read {
            let state = manifest.tables.entry((*table).to_owned()).or_default();
            // Of a table that lacks what a segment brought, it cannot be said that all rows are there.
            if state.lost.is_none() {
                state.as_of = state.as_of.max(Some(*as_of));
            }
        }
        manifest.next_table = self.next.map(str::to_owned);
        match self.compared {
            Some(Comparison::Good(at)) => {
                manifest.reconciled_at = manifest.reconciled_at.max(Some(at));
                manifest.compared_at = manifest.compared_at.max(Some(at));
            }
            Some(Comparison::Ended(at)) => manifest.compared_at = manifest.compared_at.max(Some(at)),
            None => {}
        }
    }
}

/// What a transform has made.
#[derive(Clone, Debug)]
pub struct Transformed {
    /// The manifest that was published.
    pub manifest: Manifest,
    /// Why the factory's settings could not be taken. Those before them are in force.
    pub bad_settings: Option<BadSettings>,
    /// What was found to be damaged on the way, and was made again.
    pub healed: Vec<String>,
}

/// Folds what is left, makes the touched marts again by the factory's settings, and publishes them. `now` is
/// the storage's time.
pub async fn transform(
    lake: &Lake,
    job: &JobStamp,
    tables: &Tables<'_>,
    now: DateTime<Utc>,
) -> Result<Transformed> {
    let transformed = until_undisturbed(Search::default(), async |search| {
        let mut work = Work::load(lake, job, search).await?;
        // All tables are folded, also those that this job did not write. The note of what is pending may be
        // cleared only if all that it names has been folded.
        stage::catch_up(&mut work).await?;
        // An earlier job may have written parts that it did not get to copy. They are copied before the note
        // that names them is replaced, unless all parts are made again now.
        if !work.is_outdated {
            let copies = lake.publish(&work.manifest).await.map_err(of_marts)?;
            work.manifest.copies.extend(copies);
        }
        work.count_as_read(tables.read.keys());
        // Settings name lines. Those that this job has read count as known.
        tables.note_in(&mut work.manifest, job.started_at);
        let bad_settings = take_settings(&mut work).await?;
        let written = build::build(&mut work).await?;
        work.pending = Touched::default();
        MODELS.clone_into(&mut work.manifest.models);
        work.manifest.copies.retain(|part, _| !written.contains(part));
        work.manifest.unpublished = written;
        let healed = work.told();
        Ok(Transformed { manifest: work.swap().await?, bad_settings, healed })
    })
    .await?;
    publish(lake, &transformed.manifest).await?;
    lake.collect_garbage(&transformed.manifest, now).await?;
    Ok(transformed)
}

/// Copies the parts of a manifest to their fixed keys. Another job may publish meanwhile, and this one may
/// then have put an older version over a newer one. So it looks again, and copies what the newer manifest
/// has: of the parts that this names, and of all that were copied here before. It does not give up: an older
/// copy would stay until its part is written again, and nobody would know.
async fn publish(lake: &Lake, manifest: &Manifest) -> Result<()> {
    let mut published = manifest.clone();
    loop {
        lake.publish(&published).await?;
        let Some((newer, _)) = lake.manifest().await? else { return Ok(()) };
        if newer.generation == published.generation {
            return Ok(());
        }
        let unpublished = &published.unpublished | &newer.unpublished;
        published = Manifest { unpublished, ..newer };
    }
}

/// How often an attempt that was disturbed is made again.
const DISTURBED: Retries = Retries { most: 59, pause: Pause::Growing(Duration::from_millis(100)) };

/// Makes an attempt until nobody disturbs it and nothing that it meets is damaged.
async fn until_undisturbed<T>(mut search: Search, attempt: impl AsyncFn(&Search) -> Result<T>) -> Result<T> {
    let mut failed = 0;
    loop {
        let error = match attempt(&search).await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        if !search.learn(&error) {
            return Err(error);
        }
        failed += 1;
        let Some(pause) = DISTURBED.pause_after(failed) else {
            return Err(WarehouseError::Contended(failed));
        };
        tokio::time::sleep(pause).await;
    }
}
