//! Raw segments: what one page of the ERP brought, as one immutable object that also carries the watermark.
//!
//! A segment exists from the moment that its object does. It is put once, on the condition that nobody has
//! its number. There is no other watermark of record. Rejected rows lie in the segment too, so that nothing
//! about them depends on a second object. The CSV beside it is for people.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};

use crate::digest::{DIGEST, digest_of};
use crate::keys::OBJECT;
use crate::parquet::{from_parquet, to_parquet};
use crate::{ETag, Lake, LakeError, Metadata, Put, PutMode, Result, SegmentNumber, keys};

/// How the rows of a segment were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Rows at or after the last watermark less the overlap.
    Incremental,
    /// Differences that a comparison of keys and watermarks showed.
    Reconcile,
    /// Everything.
    Full,
}

impl Mode {
    const ALL: [Self; 3] = [Self::Incremental, Self::Reconcile, Self::Full];

    /// The mode that two flags ask for. Everything includes what a comparison shows, so `full` counts where
    /// both are set.
    pub const fn asked(full: bool, reconcile: bool) -> Self {
        match (full, reconcile) {
            (true, _) => Self::Full,
            (false, true) => Self::Reconcile,
            (false, false) => Self::Incremental,
        }
    }

    /// The mode's word in records and metadata.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Incremental => "incremental",
            Self::Reconcile => "reconcile",
            Self::Full => "full",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.word() == word)
    }
}

/// What a segment says about itself in its object's metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentInfo {
    /// How far the table has been read, in the ERP's own time.
    pub watermark: Option<String>,
    /// How its rows were found.
    pub mode: Mode,
    /// Rows that changed.
    pub rows: usize,
    /// Rows that were rejected.
    pub rejected: usize,
    /// The job that wrote it.
    pub job_id: String,
    /// When that job began: ISO 8601 with the factory's offset.
    pub started_at: String,
    /// A digest of the table's columns when it was written.
    pub schema: String,
    /// The full reload that it belongs to.
    pub reload: Option<Reload>,
    /// Where a stopped reading of new rows goes on. Only the code that reads the source understands it.
    /// `None` if no reading was stopped, or if the note did not fit.
    pub pass: Option<String>,
}

/// What a segment of a full reload says about the reload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reload {
    /// Names the reload: the number of its first segment.
    pub generation: SegmentNumber,
    /// Whether this segment closes the reload.
    pub closes: bool,
    /// Whether rows that the reload lacks stay, because they would be too many to remove at once. Only the
    /// segment that closes the reload says so.
    #[serde(default)]
    pub keeps_missing: bool,
    /// When the reload began: ISO 8601 with the factory's offset.
    pub began: String,
    /// Where the next segment goes on. Only the code that reads the source understands it. `None` if the note
    /// did not fit.
    pub cursor: Option<String>,
}

/// A segment that was read.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Its number.
    pub number: SegmentNumber,
    /// Its rows, changed, deleted and rejected.
    pub frame: DataFrame,
    /// The digest of its body.
    pub digest: String,
    /// What it says about itself.
    pub info: SegmentInfo,
}

/// What became of a new segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    /// It exists.
    Done,
    /// Another job has taken this number. What this job knows of the table is out of date.
    Lost,
}

/// The longest note of a place in a table that is kept, in bytes. All metadata of an object together has 2
/// KB.
const PLACE_MAX: usize = 1200;

impl Lake {
    /// Commits rows and watermark in one step: the segment exists whole or not at all. `rejected_csv` is
    /// written before it.
    pub async fn commit_segment(
        &self,
        staging: &str,
        number: SegmentNumber,
        frame: &mut DataFrame,
        info: &SegmentInfo,
        rejected_csv: Option<Vec<u8>>,
    ) -> Result<Commit> {
        let key = self.key(&keys::raw(staging, number));
        let put_id = uuid::Uuid::new_v4().to_string();
        let mut metadata = metadata_of(info);
        metadata.insert("put-id".to_owned(), put_id.clone());
        metadata.insert(OBJECT.to_owned(), keys::raw(staging, number));
        // A CSV that stands there may be that of a job that died, or of one that is about to win. Only the
        // job that gets the number may replace it.
        let csv_key = self.key(&keys::rejected(staging, number));
        let csv_stands = match &rejected_csv {
            Some(csv) => matches!(
                self.store().put(&csv_key, csv.clone(), &Metadata::new(), PutMode::Create).await?,
                Put::Stored(_)
            ),
            None => false,
        };
        let put = self.write(&key, to_parquet(frame)?, metadata, PutMode::Create).await?;
        if !matches!(put, Put::Stored(_)) {
            // If the answer to a put was lost, the put is repeated and refused. The id tells whether the
            // object is ours.
            let winner = self.store().head(&key).await?;
            if winner.as_ref().is_none_or(|winner| winner.metadata.get("put-id") != Some(&put_id)) {
                let rejected_none = winner
                    .is_some_and(|winner| winner.metadata.get("rejected").is_some_and(|count| count == "0"));
                if csv_stands && rejected_none {
                    self.store().delete(&csv_key).await?;
                }
                return Ok(Commit::Lost);
            }
        }
        if let Some(csv) = rejected_csv.filter(|_| !csv_stands) {
            self.store().put(&csv_key, csv, &Metadata::new(), PutMode::Overwrite).await?;
        }
        Ok(Commit::Done)
    }

    /// The numbers of a table's segments after `applied`, ascending. What lies beside them under another name
    /// is no segment.
    pub async fn segments_after(&self, staging: &str, applied: SegmentNumber) -> Result<Vec<SegmentNumber>> {
        Ok(self.segment_versions(staging, applied + 1).await?.into_keys().collect())
    }

    /// The table's segments from this number on, with their versions. Objects that are none are left out.
    pub async fn segment_versions(
        &self,
        staging: &str,
        from: SegmentNumber,
    ) -> Result<BTreeMap<SegmentNumber, ETag>> {
        let folder = self.key(&keys::raw_folder(staging));
        let after = self.key(&keys::raw(staging, from.saturating_sub(1)));
        let listed = self.store().list(&folder, Some(&after)).await?;
        let numbered = listed.into_iter().filter_map(|object| {
            let number = object.key.strip_prefix(&folder)?.strip_suffix(".parquet")?.parse().ok()?;
            // A number that is written otherwise is not the key that a job would read.
            (object.key == self.key(&keys::raw(staging, number))).then_some((number, object.etag))
        });
        Ok(numbered.collect())
    }

    /// The key of a segment below the lake's prefix.
    pub fn segment_key(staging: &str, number: SegmentNumber) -> String {
        keys::raw(staging, number)
    }

    /// What a segment says about itself.
    pub async fn segment_info(&self, staging: &str, number: SegmentNumber) -> Result<Option<SegmentInfo>> {
        let key = self.key(&keys::raw(staging, number));
        self.store().head(&key).await?.map(|head| info_of(&key, &head.metadata)).transpose()
    }

    /// The digest of a segment's body, as it was written; `None` if there is no such segment. One that carries
    /// no digest is read for it.
    pub async fn segment_digest(&self, staging: &str, number: SegmentNumber) -> Result<Option<String>> {
        let key = self.key(&keys::raw(staging, number));
        let Some(head) = self.store().head(&key).await? else { return Ok(None) };
        match head.metadata.get(DIGEST) {
            Some(digest) => Ok(Some(digest.clone())),
            None => Ok(self.read(&key).await?.map(|object| digest_of(&object.bytes))),
        }
    }

    /// Reads a segment that exists, or only some of its columns.
    pub async fn segment(
        &self,
        staging: &str,
        number: SegmentNumber,
        columns: Option<&[String]>,
    ) -> Result<Segment> {
        let key = self.key(&keys::raw(staging, number));
        let object = self.read(&key).await?.ok_or_else(|| corrupt(&key, "a segment", "it is not there"))?;
        let info = info_of(&key, &object.metadata)?;
        // An object that was copied here from another key is not what it seems.
        let of = object.metadata.get(OBJECT);
        if let Some(of) = of.filter(|of| **of != keys::raw(staging, number)) {
            return Err(corrupt(&key, "a segment", &format!("it was written as `{of}`")));
        }
        // Older versions of the program wrote none.
        let digest = object.metadata.get(DIGEST).cloned().unwrap_or_else(|| digest_of(&object.bytes));
        Ok(Segment { number, frame: from_parquet(&key, object.bytes, columns)?, digest, info })
    }

    /// The folder of a table's rejected rows, as the storage's keys name it.
    pub fn rejected_folder(&self, staging: &str) -> String {
        self.key(&keys::rejected_folder(staging))
    }

    /// Writes a segment's rejected rows as CSV again, unless this text stands there. The segment itself is
    /// what counts.
    pub async fn restore_rejected_csv(
        &self,
        staging: &str,
        number: SegmentNumber,
        csv: Vec<u8>,
    ) -> Result<()> {
        let key = self.key(&keys::rejected(staging, number));
        let stands = match self.store().get(&key).await {
            Err(error) if error.is_damaged() => false,
            object => object?.is_some_and(|object| object.bytes == csv),
        };
        if !stands {
            self.store().put(&key, csv, &Metadata::new(), PutMode::Overwrite).await?;
        }
        Ok(())
    }
}

fn metadata_of(info: &SegmentInfo) -> Metadata {
    let mut metadata = Metadata::from([
        ("mode".to_owned(), info.mode.word().to_owned()),
        ("rows".to_owned(), info.rows.to_string()),
        ("rejected".to_owned(), info.rejected.to_string()),
        ("run-id".to_owned(), info.job_id.clone()),
        ("started-at".to_owned(), info.started_at.clone()),
        ("schema".to_owned(), info.schema.clone()),
    ]);
    let fits = |place: &str| place.is_ascii() && place.len() <= PLACE_MAX;
    if let Some(watermark) = &info.watermark {
        metadata.insert("watermark".to_owned(), watermark.clone());
    }
    if let Some(reload) = &info.reload {
        metadata.insert("generation".to_owned(), reload.generation.to_string());
        metadata.insert("closes".to_owned(), reload.closes.to_string());
        if reload.keeps_missing {
            metadata.insert("keeps-missing".to_owned(), true.to_string());
        }
        metadata.insert("began".to_owned(), reload.began.clone());
        if let Some(cursor) = reload.cursor.as_ref().filter(|cursor| fits(cursor)) {
            metadata.insert("cursor".to_owned(), cursor.clone());
        }
    }
    // A segment notes a reload or a pass, not both: a reload forgets the pass before it.
    if let Some(pass) = info.pass.as_ref().filter(|pass| info.reload.is_none() && fits(pass)) {
        metadata.insert("pass".to_owned(), pass.clone());
    }
    metadata
}

fn info_of(key: &str, metadata: &Metadata) -> Result<SegmentInfo> {
    let need = |name: &'static str| {
        metadata.get(name).ok_or_else(|| corrupt(key, "a segment", &format!("metadata `{name}` is missing")))
    };
    let count = |name: &'static str| -> Result<usize> {
        need(name)?
            .parse()
            .map_err(|_| corrupt(key, "a segment", &format!("metadata `{name}` is not a number")))
    };
    let word = need("mode")?;
    let mode = Mode::of_word(word)
        .ok_or_else(|| corrupt(key, "a segment", &format!("metadata `mode` is `{word}`")))?;
    let reload = match metadata.get("generation") {
        None => None,
        Some(_) => Some(Reload {
            generation: count("generation")? as SegmentNumber,
            closes: need("closes")? == "true",
            keeps_missing: metadata.get("keeps-missing").is_some_and(|keeps| keeps == "true"),
            began: need("began")?.clone(),
            cursor: metadata.get("cursor").cloned(),
        }),
    };
    Ok(SegmentInfo {
        watermark: metadata.get("watermark").cloned(),
        mode,
        rows: count("rows")?,
        rejected: count("rejected")?,
        job_id: need("run-id")?.clone(),
        started_at: need("started-at")?.clone(),
        schema: need("schema")?.clone(),
        reload,
        pass: metadata.get("pass").cloned(),
    })
}

fn corrupt(key: &str, expected: &'static str, reason: &str) -> LakeError {
    LakeError::Corrupt { key: key.to_owned(), expected, reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::Mode;

    #[test]
    fn a_mode_is_read_by_its_word_and_by_nothing_else() {
        for mode in Mode::ALL {
            assert_eq!(Mode::of_word(mode.word()), Some(mode));
        }
        assert_eq!((Mode::of_word("Full"), Mode::of_word("")), (None, None));
    }

    #[test]
    fn new_rows_are_fetched_unless_more_is_asked_for() {
        assert_eq!(Mode::asked(false, false), Mode::Incremental);
        assert_eq!(Mode::asked(false, true), Mode::Reconcile);
        assert_eq!([Mode::asked(true, false), Mode::asked(true, true)], [Mode::Full; 2]);
    }
}
