//! An attempt to bring the lake up to date: the manifest that it read, and what it has decided since.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset};
use domain::settings::FactorySettings;
use lake::{ETag, Lake, LakeError, Manifest, Put, keys};
use serde::Serialize;

use crate::sources::ALL;
use crate::touched::Touched;
use crate::{Result, WarehouseError};

/// The version of the models. Marts that another version made are made again from nothing. The version is a
/// fingerprint of the sources that marts follow from, since people would forget to raise a number.
pub(super) const MODELS: &str = env!("MODELS");

/// How many reads of the storage go on at once.
pub(super) const READS_AT_ONCE: usize = 8;

/// The job that transforms.
#[derive(Clone, Debug)]
pub struct JobStamp {
    pub job_id: String,
    /// When it began, with the factory's offset.
    pub started_at: DateTime<FixedOffset>,
}

/// What an attempt has read and decided so far.
pub(super) struct Work<'a> {
    pub(super) lake: &'a Lake,
    job: &'a JobStamp,
    /// The manifest as it was read, with the notes that went out since.
    read: Manifest,
    etag: Option<ETag>,
    /// The manifest as it will be.
    pub(super) manifest: Manifest,
    pub(super) pending: Touched,
    /// Whether the marts were made with other models, or not at all yet.
    pub(super) is_outdated: bool,
    /// The factory's settings that the marts will be made with.
    pub(super) settings: Arc<FactorySettings>,
    /// The tables that no job has read to the end.
    pub(super) unread: BTreeSet<&'static str>,
    /// Whether this attempt has put a note. Whoever read the manifest before can then no longer replace it.
    has_noted: bool,
}

impl<'a> Work<'a> {
    pub(super) async fn load(lake: &'a Lake, job: &'a JobStamp) -> Result<Self> {
        let (manifest, etag) =
            lake.manifest().await?.map_or_else(Default::default, |(manifest, etag)| (manifest, Some(etag)));
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
            read: manifest.clone(),
            etag,
            manifest,
            pending,
            is_outdated,
            settings: Arc::default(),
            unread,
            has_noted: false,
        })
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
    pub(super) async fn note(&mut self, touched: Touched) -> Result<()> {
        if touched.is_empty() {
            return Ok(());
        }
        let mut pending = self.pending.clone();
        pending.merge(touched);
        if pending == self.pending && self.has_noted {
            return Ok(());
        }
        // Only the note goes out: what else this attempt has decided is not true yet. The version of a
        // manifest is a hash of its bytes. With a generation of its own it is another version even if the
        // note is the same.
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
    pub(super) async fn swap(mut self) -> Result<Manifest> {
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
