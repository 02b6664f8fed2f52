//! A table that is made again in memory before it is written.

use std::collections::{BTreeMap, BTreeSet};

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
    /// The objects that differ from those that were saved last.
    changed: BTreeSet<String>,
    /// The last segment that those take account of.
    saved: SegmentNumber,
}

/// After how many segments a table is saved for the first time. A year of a job a minute has half a million,
/// which no job can fold in the quarter of an hour that it may have.
const SAVED_AFTER: SegmentNumber = 128;

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
        Self { objects: BTreeMap::new(), there, reached, changed: BTreeSet::new(), saved: 0 }
    }

    /// Notes that the table had come to this segment at least.
    pub(super) fn reach(&mut self, applied: SegmentNumber, tail: Option<&Tail>) {
        if applied > self.reached.applied {
            self.reached = Reached { applied, tail: tail.cloned() };
        }
    }

    /// Goes on with these objects, which take account of the segments up to this one.
    pub(super) fn go_on(&mut self, objects: BTreeMap<String, Held>, saved: SegmentNumber) {
        (self.objects, self.saved) = (objects, saved);
    }

    /// Whether it should be saved now that the segments up to this one are folded. The pauses grow with what
    /// there is to write.
    pub(super) fn is_due(&self, applied: SegmentNumber) -> bool {
        applied.saturating_sub(self.saved) >= SAVED_AFTER.max(self.saved / 4)
    }

    /// The objects that are not saved yet, by key. They count as saved from now on, up to this segment.
    pub(super) fn take_unsaved(&mut self, applied: SegmentNumber) -> BTreeMap<String, Held> {
        self.saved = applied;
        let changed = std::mem::take(&mut self.changed);
        changed.into_iter().filter_map(|key| Some((key.clone(), self.objects.get(&key)?.clone()))).collect()
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
        self.changed.insert(key.clone());
        // It has no version before it is written.
        self.objects.insert(key, Held { frame, note, applied, etag: ETag(String::new()) });
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &String> {
        self.objects.keys()
    }
}
