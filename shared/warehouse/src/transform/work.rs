//! An attempt to bring the lake up to date: the manifest that it read, and what it has decided since.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, FixedOffset};
use chrono_tz::Tz;
use domain::settings::FactorySettings;
use lake::{ETag, Healed, Lake, LakeError, Manifest, Put, SegmentNumber, TableState, keys};
use serde::Serialize;

use super::damage::{Damage, Search};
use super::in_memory::InMemory;
use super::models::MODELS;
use super::records::untold;
use crate::sources::{ALL, Source};
use crate::touched::Touched;
use crate::{Result, WarehouseError};

/// The job that transforms.
#[derive(Clone, Debug)]
pub struct JobStamp {
    pub job_id: String,
    /// When it began, with the factory's offset.
    pub started_at: DateTime<FixedOffset>,
    /// The zone of the factory's clock.
    pub zone: Tz,
}

/// What an attempt has read and decided so far.
pub(super) struct Work<'a> {
    pub(super) lake: &'a Lake,
    job: &'a JobStamp,
    /// The manifest as it lies in the lake: as it was read, with the notes that went out since.
    noted: Manifest,
    etag: Option<ETag>,
    /// The manifest as it will be.
    pub(super) manifest: Manifest,
    pub(super) pending: Touched,
    /// Whether the marts were made with other models, or not at all yet.
    pub(super) is_outdated: bool,
    /// The factory's settings that the marts will be made with.
    pub(super) settings: Arc<FactorySettings>,
    /// The zone of the factory's clock.
    pub(super) zone: Tz,
    /// The tables that no job has read to the end.
    pub(super) unread: BTreeSet<&'static str>,
    /// Whether this attempt has put a note. Whoever read the manifest before can then no longer replace it.
    has_noted: bool,
    /// What was found to be damaged.
    pub(super) damage: Damage,
    /// The tables that are made again from nothing, by staging name.
    pub(super) in_memory: BTreeMap<&'static str, InMemory>,
    /// What was made again before, by jobs whose records do not say so, or by this one.
    told_before: Vec<String>,
    /// What somebody should look into, though this attempt could do its work.
    pub(super) warnings: Vec<String>,
}

impl<'a> Work<'a> {
    pub(super) async fn load(lake: &'a Lake, job: &'a JobStamp, search: &Search) -> Result<Self> {
        let (manifest, etag, damage) = search.look(lake, job.started_at.to_utc()).await?;
        let told_before = match &manifest.healed {
            // This job has told nobody yet.
            Some(healed) if healed.job_id == job.job_id => healed.told.clone(),
            Some(healed) => untold(lake, healed).await?,
            None => Vec::new(),
        };
        let is_outdated = manifest.models != MODELS;
        let pending = if manifest.pending.is_null() || is_outdated {
            // Nothing is noted, or everything is made again because the models differ. In that case the note
            // is not needed, and other models may have written it in another form.
            Touched::default()
        } else {
            serde_json::from_value(manifest.pending.clone()).map_err(|error| LakeError::Corrupt {
                key: keys::MANIFEST.to_owned(),
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
            noted: manifest.clone(),
            etag,
            manifest,
            pending,
            is_outdated,
            settings: Arc::default(),
            zone: job.zone,
            unread,
            has_noted: false,
            damage,
            in_memory: BTreeMap::new(),
            told_before,
            warnings: Vec::new(),
        })
    }

    /// Has all marts made again from nothing.
    pub(super) fn make_all_marts(&mut self) {
        self.is_outdated = true;
        self.pending = Touched::default();
        self.manifest.models.clear();
        // A note that goes out must not lose what was pending.
        self.noted.models.clear();
    }

    /// Counts these tables as read to the end: if they lack a row, that says something from now on. The first
    /// time all runs are touched, since nobody knows which of them have no row there.
    pub(super) fn count_as_read<'t>(&mut self, tables: impl Iterator<Item = &'t &'t str>) {
        for table in tables {
            self.pending.all_runs |= self.unread.remove(*table);
        }
    }

    /// Notes in the manifest that `touched` will have to be made again, before staging forgets where its rows
    /// counted.
    ///
    /// An attempt puts a note at least once, even if the manifest that it read says the same already. Another
    /// job may have listed the segments before these were there, and be about to clear the note. After this
    /// note the other job cannot swap the manifest. It begins again, and finds these segments.
    pub(super) async fn note(&mut self, source: &Source, touched: Touched) -> Result<()> {
        // Of a table that is made again, and of all that follows from it, this is noted already.
        if touched.is_empty() || self.in_memory.contains_key(source.staging) {
            return Ok(());
        }
        let mut pending = self.pending.clone();
        pending.merge(touched);
        if pending == self.pending && self.has_noted {
            return Ok(());
        }
        self.pending = pending;
        self.put_note().await
    }

    /// Notes in the manifest that objects of these tables are about to take account of the segments up to these.
    pub(super) async fn note_writing(&mut self, tables: BTreeMap<&'static str, SegmentNumber>) -> Result<()> {
        let mut has_news = false;
        for (table, upto) in tables.into_iter().filter(|(table, _)| !self.in_memory.contains_key(table)) {
            let table = self.noted.tables.entry(table.to_owned()).or_default();
            has_news |= table.writing_upto < Some(upto);
            table.writing_upto = table.writing_upto.max(Some(upto));
        }
        if has_news { self.put_note().await } else { Ok(()) }
    }

    /// Notes in the manifest that these tables, and all marts, are to be made again from nothing.
    pub(super) async fn note_rebuilds(&mut self, tables: &BTreeMap<&'static str, String>) -> Result<()> {
        let is_noted =
            |table: &&str| self.noted.tables.get(*table).is_some_and(|table| table.rebuild.is_some());
        if tables.keys().all(is_noted) && self.noted.models.is_empty() {
            return Ok(());
        }
        for (table, reason) in tables {
            let table = self.noted.tables.entry((*table).to_owned()).or_default();
            table.rebuild.get_or_insert_with(|| reason.clone());
        }
        self.noted.models.clear();
        self.put_note().await
    }

    /// Notes in the manifest how far a table has been made again. The next save may take account of the segments
    /// up to this one.
    pub(super) async fn note_saved(&mut self, source: &Source, upto: SegmentNumber) -> Result<()> {
        let saved = self.manifest.tables.get(source.staging).cloned().unwrap_or_default();
        let table = self.noted.tables.entry(source.staging.to_owned()).or_default();
        table.rebuilt = Some(Box::new(TableState { writing_upto: Some(upto), ..saved }));
        self.put_note().await
    }

    /// Notes in the manifest that a table has been made again. A job that dies then leaves the rest to the next.
    pub(super) async fn note_rebuilt(&mut self, source: &Source) -> Result<()> {
        let table = self.manifest.tables.get(source.staging).cloned().unwrap_or_default();
        self.noted.tables.insert(source.staging.to_owned(), table);
        let earlier = self.noted.healed.take().filter(|healed| healed.job_id == self.job.job_id);
        let mut told = earlier.map_or_else(|| self.told_before.clone(), |healed| healed.told);
        told.extend(self.damage.told_of(source).filter(|new| !told.contains(new)));
        self.noted.healed = Some(self.healed(told));
        self.put_note().await
    }

    /// Whether anything was made again that the record of this job has to tell.
    pub(super) fn has_made_again(&self) -> bool {
        !(self.damage.is_none() && self.told_before.is_empty())
    }

    /// What the record of this job has to tell.
    pub(super) fn told(&self) -> Vec<String> {
        let mut told = self.told_before.clone();
        told.extend(self.damage.told().into_iter().filter(|new| !self.told_before.contains(new)));
        told
    }

    fn healed(&self, told: Vec<String>) -> Healed {
        Healed { job_id: self.job.job_id.clone(), told }
    }

    /// Puts the manifest that was read, with what was noted in it. What else this attempt has decided is not
    /// true yet.
    async fn put_note(&mut self) -> Result<()> {
        // The version of a manifest is a hash of its bytes. With a generation of its own it is another
        // version even if the note is the same.
        self.noted.pending = encode(&self.pending)?;
        self.noted.generation += 1;
        self.manifest.generation = self.noted.generation;
        match self.lake.swap_manifest(&self.noted, self.etag.clone()).await? {
            Put::Stored(etag) => {
                self.etag = Some(etag);
                self.has_noted = true;
                Ok(())
            }
            Put::Refused => Err(WarehouseError::Disturbed),
        }
    }

    /// Whether a job that has not published it may have left an object that takes account of this segment.
    pub(super) fn may_be_written(&self, staging: &str, applied: SegmentNumber) -> bool {
        self.noted.tables.get(staging).is_some_and(|table| table.may_be_written(applied))
    }

    /// Publishes what was decided.
    pub(super) async fn swap(mut self) -> Result<Manifest> {
        self.manifest.generation += 1;
        self.manifest.job_id.clone_from(&self.job.job_id);
        self.manifest.pending = encode(&self.pending)?;
        self.manifest.healed =
            Some(self.told()).filter(|told| !told.is_empty()).map(|told| self.healed(told));
        match self.lake.swap_manifest(&self.manifest, self.etag).await? {
            Put::Stored(_) => Ok(self.manifest),
            Put::Refused => Err(WarehouseError::Disturbed),
        }
    }
}

fn encode(pending: &Touched) -> Result<serde_json::Value> {
    if pending.is_empty() { Ok(serde_json::Value::Null) } else { to_json(pending) }
}

/// What the manifest carries without understanding it.
pub(super) fn to_json(carried: &impl Serialize) -> Result<serde_json::Value> {
    serde_json::to_value(carried).map_err(|error| {
        WarehouseError::Lake(LakeError::Corrupt {
            key: keys::MANIFEST.to_owned(),
            expected: "JSON",
            reason: error.to_string(),
        })
    })
}
