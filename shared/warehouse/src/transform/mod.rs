//! Catches staging and marts up with raw, and publishes the result.
//!
//! Nobody tells this step what is new: it compares what the manifest says is applied with the segments that
//! exist, so it may die, be repeated or job twice at once. Everything is decided by conditional writes: a
//! staging part and the manifest are only replaced as the version that was read.

mod batches;
mod build;
mod contract;
mod parts;
mod reload;
mod replace;
mod runs;
mod stage;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, FixedOffset, Utc};
use lake::{ETag, Lake, Manifest, Put};

use crate::sources::ALL;
use crate::touched::Touched;
use crate::{Result, WarehouseError};

/// The version of the models: marts that were made with another one are made again from nothing. It changes
/// with the sources that marts follow from, since a number that people would have to remember to raise is
/// forgotten.
const MODELS: &str = env!("MODELS");

/// The job that transforms.
#[derive(Clone, Debug)]
pub struct JobStamp {
    /// Its id.
    pub job_id: String,
    /// When it began, with the factory's offset.
    pub started_at: DateTime<FixedOffset>,
}

/// Folds the segments that no job has folded yet into staging, so that an extraction compares with all that
/// was committed.
pub async fn stage(lake: &Lake, job: &JobStamp) -> Result<Manifest> {
    until_undisturbed(|| async {
        let mut work = Work::load(lake, job).await?;
        if !stage::catch_up(&mut work).await? {
            return Ok(work.manifest);
        }
        work.swap().await
    })
    .await
}

/// Whether the marts are to be made again even if nothing more is read: rows were staged without them, or
/// other models made them.
pub fn is_behind(manifest: &Manifest) -> bool {
    !manifest.pending.is_null() || (manifest.generation > 0 && manifest.models != MODELS)
}

/// What a job has read, by staging names.
#[derive(Clone, Debug, Default)]
pub struct Tables<'a> {
    /// The tables that it has read to their ends, each with the moment as of which: rows that the ERP had
    /// then have been read.
    pub read: BTreeMap<&'a str, DateTime<FixedOffset>>,
    /// The tables that are there and could not be read, or of which that is not known.
    pub failed: BTreeSet<&'a str>,
    /// The tables that the ERP does not have.
    pub absent: BTreeSet<&'a str>,
}

/// Folds what is left, makes the touched marts again and publishes them. `now` is the storage's time.
pub async fn transform(
    lake: &Lake,
    job: &JobStamp,
    tables: &Tables<'_>,
    now: DateTime<Utc>,
) -> Result<Manifest> {
    let manifest = until_undisturbed(|| async {
        let mut work = Work::load(lake, job).await?;
        // All tables, also those that this job did not write: clearing the note of what is pending is right
        // only if all that was noted has been folded.
        stage::catch_up(&mut work).await?;
        // What an earlier job wrote and did not get to copy is copied before its note is replaced.
        lake.publish(&work.manifest).await?;
        work.count_as_read(tables.read.keys());
        let written = build::build(&mut work).await?;
        work.pending = Touched::default();
        MODELS.clone_into(&mut work.manifest.models);
        work.manifest.unpublished = written;
        for table in &tables.failed {
            // A table that has never been read stands in the manifest without an age, which tells it from one
            // that the ERP does not have.
            work.manifest.tables.entry((*table).to_owned()).or_default();
        }
        for table in &tables.absent {
            // An earlier job may have failed before it could know that.
            if work
                .manifest
                .tables
                .get(*table)
                .is_some_and(|state| state.as_of.is_none() && state.applied == 0)
            {
                work.manifest.tables.remove(*table);
            }
        }
        for (table, as_of) in &tables.read {
            let state = work.manifest.tables.entry((*table).to_owned()).or_default();
            state.as_of = state.as_of.max(Some(*as_of));
        }
        work.swap().await
    })
    .await?;
    publish(lake, &manifest).await?;
    lake.collect_garbage(&manifest, now).await?;
    Ok(manifest)
}

/// Copies the parts of a manifest to their fixed keys. Whoever was overtaken meanwhile may have put an older
/// version over a newer one, and so looks again and copies what the newer manifest has.
async fn publish(lake: &Lake, manifest: &Manifest) -> Result<()> {
    let mut published = manifest.clone();
    loop {
        lake.publish(&published).await?;
        match lake.manifest().await? {
            Some((newer, _)) if newer.generation != published.generation => {
                let unpublished = &manifest.unpublished | &newer.unpublished;
                published = Manifest { unpublished, ..newer };
            }
            _ => return Ok(()),
        }
    }
}

/// How often an attempt may be disturbed before it gives up.
const ATTEMPTS: usize = 60;

async fn until_undisturbed<T, F: Future<Output = Result<T>>>(attempt: impl Fn() -> F) -> Result<T> {
    for tried in 0..ATTEMPTS {
        match attempt().await {
            Ok(done) => return Ok(done),
            Err(WarehouseError::Disturbed) => {}
            Err(error) => return Err(error),
        }
        // Whoever lost waits a little, each a different time, so that one of many gets through.
        let jitter = u64::from(uuid::Uuid::new_v4().as_bytes()[0]);
        tokio::time::sleep(Duration::from_millis(jitter * (tried as u64 + 1).min(8) / 2)).await;
    }
    Err(WarehouseError::Contended(ATTEMPTS))
}

/// What an attempt has read and decided so far.
struct Work<'a> {
    lake: &'a Lake,
    job: &'a JobStamp,
    /// The manifest as it was read, with the notes that went out since.
    read: Manifest,
    etag: Option<ETag>,
    /// The manifest as it will be.
    manifest: Manifest,
    pending: Touched,
    /// Whether the marts were made with other models, or not at all yet.
    is_outdated: bool,
    /// The tables that no job has read to their ends.
    unread: BTreeSet<&'static str>,
    /// Whether this attempt has put a note: who read the manifest before that can no longer replace it.
    has_noted: bool,
}

impl<'a> Work<'a> {
    async fn load(lake: &'a Lake, job: &'a JobStamp) -> Result<Self> {
        let (manifest, etag) =
            lake.manifest().await?.map_or_else(Default::default, |(manifest, etag)| (manifest, Some(etag)));
        let is_outdated = manifest.models != MODELS;
        let pending = if manifest.pending.is_null() || is_outdated {
            // Everything is made again whatever the note says, which other models may have written in other
            // words.
            Touched::default()
        } else {
            serde_json::from_value(manifest.pending.clone()).map_err(|error| lake::LakeError::Corrupt {
                key: "manifest.json".to_owned(),
                expected: "a note of what is pending",
                reason: error.to_string(),
            })?
        };
        let is_unread =
            |staging: &&str| manifest.tables.get(*staging).is_none_or(|table| table.as_of.is_none());
        let unread = ALL.into_iter().map(|source| source.staging).filter(is_unread).collect();
        Ok(Self {
            lake,
            job,
            read: manifest.clone(),
            etag,
            manifest,
            pending,
            is_outdated,
            unread,
            has_noted: false,
        })
    }

    /// What these tables lack counts from now on; at the first time that concerns all jobs, since it is those
    /// without rows there.
    fn count_as_read<'t>(&mut self, tables: impl Iterator<Item = &'t &'t str>) {
        for table in tables {
            self.pending.all_runs |= self.unread.remove(*table);
        }
    }

    /// Notes in the manifest that `touched` will have to be made again, before staging forgets where its rows
    /// counted.
    ///
    /// An attempt notes once at least, even if the manifest that it read says the same already: another job
    /// may be about to clear that, having listed the segments before these were there. After the note it is
    /// turned away, and finds these segments when it begins again.
    async fn note(&mut self, touched: Touched) -> Result<()> {
        if touched.is_empty() {
            return Ok(());
        }
        let mut pending = self.pending.clone();
        pending.merge(touched);
        if pending == self.pending && self.has_noted {
            return Ok(());
        }
        // Only the note goes out: what else this attempt has decided is not yet true. The generation makes it
        // another manifest whatever it notes, since its version is a hash of its bytes.
        self.read.pending = encode(&pending)?;
        self.read.generation += 1;
        self.manifest.generation = self.read.generation;
        match self.lake.swap_manifest(&self.read, self.etag.clone()).await? {
            Put::Stored(etag) => {
                self.etag = Some(etag);
                self.pending = pending;
                self.has_noted = true;
                Ok(())
            }
            Put::Refused => Err(WarehouseError::Disturbed),
        }
    }

    /// Publishes what was decided.
    async fn swap(mut self) -> Result<Manifest> {
        self.manifest.generation += 1;
        self.manifest.job_id.clone_from(&self.job.job_id);
        self.manifest.pending = encode(&self.pending)?;
        match self.lake.swap_manifest(&self.manifest, self.etag).await? {
            Put::Stored(_) => Ok(self.manifest),
            Put::Refused => Err(WarehouseError::Disturbed),
        }
    }
}

fn encode(pending: &Touched) -> Result<serde_json::Value> {
    if pending.is_empty() {
        return Ok(serde_json::Value::Null);
    }
    serde_json::to_value(pending).map_err(|error| {
        WarehouseError::Lake(lake::LakeError::Corrupt {
            key: "manifest.json".to_owned(),
            expected: "JSON",
            reason: error.to_string(),
        })
    })
}
