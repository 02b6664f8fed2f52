//! Staging parts: the current version of each row. A part is overwritten in place, on the condition that
//! nobody else has overwritten it meanwhile.

use polars::prelude::DataFrame;

use crate::keys::OBJECT;
use crate::parquet::{from_parquet_with, to_parquet_with};
use crate::{ETag, Lake, LakeError, Metadata, Put, PutMode, Result, SegmentNumber, TableState, keys};

/// The entry of a file's own metadata that holds the note beside the rows.
const NOTE: &str = "note";

/// Which object of a table's current state is meant.
#[derive(Clone, Copy, Debug)]
pub enum Slot<'a> {
    /// A part of the rows.
    Part(&'a str),
    /// The rejected rows that are still open.
    Rejected,
}

impl Slot<'_> {
    /// The object's key below the lake's prefix.
    pub fn key(self, staging: &str) -> String {
        match self {
            Self::Part(part) => keys::staging(staging, part),
            Self::Rejected => keys::rejected_open(staging),
        }
    }
}

/// What an object of current state says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotInfo {
    /// Its version.
    pub etag: ETag,
    /// The last segment that it takes account of; `None` if it does not say so, or was written under another
    /// key.
    pub applied: Option<SegmentNumber>,
}

/// An object of current state as it was read.
#[derive(Clone, Debug)]
pub struct Held {
    /// The rows.
    pub frame: DataFrame,
    /// What is noted beside the rows, in the file's own metadata. Engines that read the rows do not see it.
    pub note: Option<String>,
    /// The last segment that the rows take account of.
    pub applied: SegmentNumber,
    /// The version that was read.
    pub etag: ETag,
}

impl Lake {
    /// Reads an object of a table's current state, or only some of its columns; `None` if there is none yet.
    /// A column that an object of an older version lacks is left out.
    pub async fn held(
        &self,
        staging: &str,
        slot: Slot<'_>,
        columns: Option<&[String]>,
    ) -> Result<Option<Held>> {
        let below = slot.key(staging);
        let key = self.key(&below);
        let Some(object) = self.read(&key).await? else { return Ok(None) };
        let applied = object.metadata.get("applied").and_then(|text| text.parse().ok()).ok_or_else(|| {
            LakeError::Corrupt {
                key: key.clone(),
                expected: "a staging part",
                reason: "metadata `applied` is missing".to_owned(),
            }
        })?;
        // An object that was copied here from another key is not what it seems.
        let of = object.metadata.get(OBJECT);
        if let Some(of) = of.filter(|of| **of != below) {
            return Err(LakeError::Corrupt {
                key,
                expected: "a staging part",
                reason: format!("it was written as `{of}`"),
            });
        }
        let (frame, note) = from_parquet_with(&key, object.bytes, columns, NOTE)?;
        Ok(Some(Held { frame, note, applied, etag: object.etag }))
    }

    /// Reads an object of a table's current state for people. Fails if it is another than the manifest names, or
    /// missing. A newer one is shown: a job has just made it and is about to name it.
    pub async fn held_to_show(
        &self,
        staging: &str,
        slot: Slot<'_>,
        table: &TableState,
    ) -> Result<Option<Held>> {
        let held = self.held(staging, slot, None).await?;
        let key = slot.key(staging);
        // Older programs named no versions.
        let Some(named) = table.versions.get(&key) else { return Ok(held) };
        let is_named = |held: &Held| held.etag == *named || held.applied > table.applied;
        match held {
            Some(held) if is_named(&held) => Ok(Some(held)),
            held => Err(LakeError::Corrupt {
                key,
                expected: "the version that the manifest names",
                reason: if held.is_some() { "it is another" } else { "it is not there" }.to_owned(),
            }),
        }
    }

    /// Writes an object of a table's current state in the place of the version `known`, or as the first one.
    pub async fn hold(
        &self,
        staging: &str,
        slot: Slot<'_>,
        frame: &mut DataFrame,
        note: Option<String>,
        applied: SegmentNumber,
        known: Option<ETag>,
    ) -> Result<Put> {
        let below = slot.key(staging);
        let metadata =
            Metadata::from([("applied".to_owned(), applied.to_string()), (OBJECT.to_owned(), below.clone())]);
        // The number stands in the body too, because the version of an object is a hash of its body. A part
        // may hold the same rows again after others have come and gone. It must not look like the earlier
        // version, which a slower job may have read.
        let mut said = vec![("applied".to_owned(), applied.to_string())];
        said.extend(note.map(|note| (NOTE.to_owned(), note)));
        let bytes = to_parquet_with(frame, said)?;
        let mode = known.map_or(PutMode::Create, PutMode::Replace);
        self.write(&self.key(&below), bytes, metadata, mode).await
    }

    /// The staging parts of a table that exist.
    pub async fn staging_parts(&self, staging: &str) -> Result<Vec<String>> {
        let folder = self.key(&keys::staging_folder(staging));
        let listed = self.store().list(&folder, None).await?;
        let below = |key: &str| {
            key.strip_prefix(&self.prefix).and_then(keys::staging_part).map(|(_, part)| part.to_owned())
        };
        Ok(listed.iter().filter_map(|object| below(&object.key)).collect())
    }

    /// What an object of a table's current state says about itself; `None` if there is none.
    pub async fn slot_info(&self, staging: &str, slot: Slot<'_>) -> Result<Option<SlotInfo>> {
        let below = slot.key(staging);
        let Some(head) = self.store().head(&self.key(&below)).await? else { return Ok(None) };
        let applied = head.metadata.get("applied").and_then(|text| text.parse().ok());
        let applied = applied.filter(|_| head.metadata.get(OBJECT) == Some(&below));
        Ok(Some(SlotInfo { etag: head.etag, applied }))
    }
}
