//! A table that is made again in memory before it is written.

use std::collections::BTreeMap;

use lake::{ETag, Held, SegmentNumber, Tail};
use polars::prelude::DataFrame;

/// A table that is made again.
pub(super) struct InMemory {
    /// What it holds so far, by key below the lake's prefix.
    pub(super) objects: BTreeMap<String, Held>,
    /// The versions of the objects that are there, which are replaced.
    pub(super) there: BTreeMap<String, ETag>,
    /// How far the table had come.
    pub(super) reached: Reached,
}

/// How far a table has come.
#[derive(Clone, Debug)]
pub(super) struct Reached {
    /// The last segment that anything takes account of.
    pub(super) applied: SegmentNumber,
    /// That segment as it was then, if that is known.
    pub(super) tail: Option<Tail>,
}

impl InMemory {
    /// A table without rows, of which these objects are there.
    pub(super) fn new(there: BTreeMap<String, ETag>, reached: Reached) -> Self {
        Self { objects: BTreeMap::new(), there, reached }
    }

    pub(super) fn held(&self, key: &str) -> Option<Held> {
        self.objects.get(key).cloned()
    }

    pub(super) fn hold(
        &mut self,
        key: String,
        frame: DataFrame,
        note: Option<String>,
        applied: SegmentNumber,
    ) {
        // It has no version before it is written.
        self.objects.insert(key, Held { frame, note, applied, etag: ETag(String::new()) });
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &String> {
        self.objects.keys()
    }
}
