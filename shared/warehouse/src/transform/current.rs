//! The objects of the tables' current state: read only in the versions that the manifest knows, and written
//! on the condition that they still are.

use lake::{ETag, Held, Put, SegmentNumber, Slot, keys};
use polars::prelude::DataFrame;

use super::work::Work;
use crate::sources::Source;
use crate::staging::zones::staging_zone_of;
use crate::{Result, WarehouseError};

impl Work<'_> {
    /// Reads an object of a table's current state, or only some of its columns; `None` if there is none. Fails
    /// if it is not the version that it should be.
    pub(super) async fn held(
        &self,
        source: &'static Source,
        slot: Slot<'_>,
        columns: Option<&[String]>,
    ) -> Result<Option<Held>> {
        let key = slot.key(source.staging);
        if let Some(rebuild) = self.in_memory.get(source.staging) {
            return Ok(rebuild.held(&key));
        }
        let held = match self.lake.held(source.staging, slot, columns).await {
            Err(error) if error.is_damage() => {
                return Err(WarehouseError::Damaged {
                    table: Some(source.staging),
                    reason: error.to_string(),
                });
            }
            held => held?,
        };
        let noted = self.manifest.tables.get(source.staging).and_then(|table| table.versions.get(&key));
        let is_as_noted = held.as_ref().map(|held| &held.etag) == noted;
        let may_be = |held: &Held| self.may_be_written(source.staging, held.applied);
        if is_as_noted || held.as_ref().is_some_and(may_be) {
            Ok(held)
        } else {
            Err(WarehouseError::Suspect(source.staging))
        }
    }

    /// Writes an object of a table's current state in the place of the version `known`, or as the first one.
    pub(super) async fn hold(
        &mut self,
        source: &'static Source,
        slot: Slot<'_>,
        rows: &mut DataFrame,
        note: Option<String>,
        applied: SegmentNumber,
        known: Option<ETag>,
    ) -> Result<()> {
        if let Some(rebuild) = self.in_memory.get_mut(source.staging) {
            rebuild.hold(slot.key(source.staging), rows.clone(), note, applied);
            return Ok(());
        }
        match self.lake.hold(source.staging, slot, rows, note, applied, known).await? {
            Put::Stored(etag) => {
                self.note_version(source, slot, etag);
                Ok(())
            }
            Put::Refused => Err(WarehouseError::Disturbed),
        }
    }

    /// The parts of a table that there are.
    pub(super) fn parts(&self, source: &Source) -> Vec<String> {
        let part = |key: &String| keys::staging_part(key).map(|(_, part)| part.to_owned());
        match (self.in_memory.get(source.staging), self.manifest.tables.get(source.staging)) {
            (Some(rebuild), _) => rebuild.keys().filter_map(part).collect(),
            (None, Some(table)) => table.versions.keys().filter_map(part).collect(),
            (None, None) => Vec::new(),
        }
    }

    /// Notes what a part holds, as far as that helps to leave it unread.
    pub(super) fn note_zone(&mut self, source: &Source, part: &str, rows: &DataFrame) -> Result<()> {
        let zone = staging_zone_of(source, rows)
            .map_err(|source| WarehouseError::Compute { step: "staging".to_owned(), source })?;
        let table = self.manifest.tables.entry(source.staging.to_owned()).or_default();
        table.parts.insert(part.to_owned(), zone);
        Ok(())
    }

    /// Notes the version of an object that the manifest will name.
    pub(super) fn note_version(&mut self, source: &Source, slot: Slot<'_>, version: ETag) {
        let table = self.manifest.tables.entry(source.staging.to_owned()).or_default();
        table.versions.insert(slot.key(source.staging), version);
    }
}
