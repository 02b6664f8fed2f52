//! The manifest: the one object that says which version of everything readers see.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};

use crate::{ETag, Fetched, Lake, LakeError, Metadata, Put, PutMode, Reload, Result, SegmentNumber, keys};

/// What readers see.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Counts the manifests of this lake.
    pub generation: u64,
    /// The job that wrote it.
    #[serde(rename = "run_id")]
    pub job_id: String,
    /// The source tables by staging name.
    pub tables: BTreeMap<String, TableState>,
    /// The parts of each mart by name.
    pub marts: BTreeMap<String, BTreeMap<String, PartRef>>,
    /// Start of the last comparison of the ERP with the lake that went well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconciled_at: Option<DateTime<FixedOffset>>,
    /// Start of the last comparison that came to its end, whether or not it went well. The first reading of
    /// everything counts as one: until the next night there is nothing to compare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compared_at: Option<DateTime<FixedOffset>>,
    /// The version of the models that the marts were made with. Only the warehouse understands it.
    #[serde(default)]
    pub models: String,
    /// The zone of the factory's clock, as the marts were made by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The factory's settings that the marts were made with; `None` for the defaults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<SettingsInForce>,
    /// What staging holds already and the marts do not take account of yet. Only the warehouse understands
    /// it.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub pending: serde_json::Value,
    /// The first table (staging name) that the last job had no time for: the next one begins with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_table: Option<String>,
    /// Mart parts (`mart/part`) whose published copy may be older.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unpublished: BTreeSet<String>,
    /// The versions of the published copies of all other mart parts (`mart/part`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub copies: BTreeMap<String, ETag>,
    /// What was made again of the lake. It stands here until the record of a job says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub healed: Option<Healed>,
}

/// What a job has made again of the lake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Healed {
    /// The job whose record says so, or will.
    #[serde(rename = "run_id")]
    pub job_id: String,
    /// What was made again, and why.
    pub told: Vec<String>,
}

/// The factory's settings that are in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SettingsInForce {
    /// The version of the file that they were read from.
    pub version: ETag,
    /// What it says. Only the warehouse understands it.
    pub values: serde_json::Value,
}

/// How far a source table has come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableState {
    /// The last segment that staging and marts take account of.
    pub applied: SegmentNumber,
    /// The watermark that this segment carries.
    pub watermark: Option<String>,
    /// Start of the last job that read the whole table; if several jobs shared the reading, of the first.
    pub as_of: Option<DateTime<FixedOffset>>,
    /// Rejected rows that are open.
    pub rejected: usize,
    /// What the last segment says of a full reload that is not closed yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_reload: Option<Reload>,
    /// Where a stopped reading of new rows goes on, as the last segment says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass: Option<String>,
    /// Staging parts, each with the values that tell whether a row can be in it.
    pub parts: BTreeMap<String, Zone>,
    /// The segment `applied` as it was when it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tail: Option<Tail>,
    /// The versions of the staging parts and of the list of rejected rows, by key below the lake's prefix.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub versions: BTreeMap<String, ETag>,
    /// The last segment that objects may take account of which a job has overwritten since. It is noted before
    /// they are overwritten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writing_upto: Option<SegmentNumber>,
    /// Why all that is made of the segments has to be made again from nothing, if it has to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rebuild: Option<String>,
    /// How far a job that has died had come with that, as it was when that job last saved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rebuilt: Option<Box<TableState>>,
    /// The first segments that should be there and cannot be read. What they brought is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<LostSegment>,
}

/// The last segment that staging takes account of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tail {
    /// Its version.
    pub version: ETag,
    /// The digest of its body, which is the same in every storage.
    pub digest: String,
}

/// A segment that should be there and cannot be read, or several of them in a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostSegment {
    /// The number of the first.
    pub number: SegmentNumber,
    /// The number of the last.
    pub last: SegmentNumber,
    /// What is wrong with them, with the key.
    pub reason: String,
    /// The last of the later segments that were asked whether a reload makes good for it.
    #[serde(default)]
    pub asked_upto: SegmentNumber,
}

/// What a part holds, as far as that helps to leave parts unread: by column, the groups of codes that occur
/// in it.
pub type Zone = BTreeMap<String, BTreeSet<String>>;

/// A version of a mart part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartRef {
    /// Its key below the lake's prefix.
    pub key: String,
    /// Its version; `None` if a program noted it that did not know of versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<ETag>,
    /// The digest of its body, which is the same in every storage; `None` if a program noted it that did not
    /// know of digests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// How many rows it has.
    pub rows: usize,
    /// What it holds, as far as that helps to leave it unread.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub zone: Zone,
}

impl TableState {
    /// Whether a job that has not published it may have left an object that takes account of this segment.
    pub fn may_be_written(&self, applied: SegmentNumber) -> bool {
        applied > self.applied && self.writing_upto.is_some_and(|upto| applied <= upto)
    }
}

impl Manifest {
    /// The earliest `as_of` of `tables` (staging names): what is made of all of them is as old as that.
    /// Tables that the source lacks do not count.
    pub fn as_of<'a>(&self, tables: impl IntoIterator<Item = &'a str>) -> Option<DateTime<FixedOffset>> {
        tables.into_iter().filter_map(|table| self.tables.get(table)?.as_of).min()
    }

    /// The first of `tables` that the source has and no job has read yet. Nothing can be said of what is made
    /// of it.
    pub fn never_read<'a>(&self, tables: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        tables.into_iter().find(|table| self.tables.get(*table).is_some_and(|state| state.as_of.is_none()))
    }
}

impl Lake {
    /// Reads the manifest with its version; `None` before the first job.
    pub async fn manifest(&self) -> Result<Option<(Manifest, ETag)>> {
        let key = self.key(keys::MANIFEST);
        self.read(&key).await?.map(|object| Ok((parse(&key, &object.bytes)?, object.etag))).transpose()
    }

    /// The version of the manifest, whether or not it can be read; `None` if there is none.
    pub async fn manifest_version(&self) -> Result<Option<ETag>> {
        Ok(self.store().head(&self.key(keys::MANIFEST)).await?.map(|head| head.etag))
    }

    /// Reads the manifest; `None` if it still is version `known`.
    pub async fn manifest_if_changed(&self, known: &ETag) -> Result<Option<(Manifest, ETag)>> {
        let key = self.key(keys::MANIFEST);
        match self.read_if_changed(&key, known).await? {
            Fetched::New(object) => Ok(Some((parse(&key, &object.bytes)?, object.etag))),
            Fetched::Unchanged => Ok(None),
            Fetched::Missing => Err(LakeError::Corrupt {
                key,
                expected: "a manifest",
                reason: "it has been removed".to_owned(),
            }),
        }
    }

    /// Puts a manifest in the place of the version `known`, or as the first one.
    pub async fn swap_manifest(&self, manifest: &Manifest, known: Option<ETag>) -> Result<Put> {
        let bytes = serde_json::to_vec(manifest).map_err(|error| LakeError::Corrupt {
            key: keys::MANIFEST.to_owned(),
            expected: "JSON",
            reason: error.to_string(),
        })?;
        let mode = known.map_or(PutMode::Create, PutMode::Replace);
        self.write(&self.key(keys::MANIFEST), bytes, Metadata::new(), mode).await
    }
}

fn parse(key: &str, bytes: &[u8]) -> Result<Manifest> {
    serde_json::from_slice(bytes).map_err(|error| LakeError::Corrupt {
        key: key.to_owned(),
        expected: "a manifest",
        reason: error.to_string(),
    })
}
