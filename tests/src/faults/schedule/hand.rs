//! A hand that spoils the lake: it puts back old versions of objects, deletes, cuts off, exchanges and flips
//! bits, between jobs and while they are at work. All that is made of raw can be made of it again. So whatever
//! the hand does there, the next jobs must bring it right, and no reader may be given a wrong number
//! meanwhile.
//!
//! Two things are left alone, because no conditional write could tell them from what is right: while jobs are
//! at work, the manifest never becomes a version again that one of them may have read, and raw is spoiled only
//! between jobs.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use lake::{ETag, Manifest, MemoryStore, Object, ObjectKey, PartRef, PutMode, Store};

use super::dice::Dice;
use crate::faults::left_behind::without_ids;

/// The folder of the factory.
const PREFIX: &str = "factory=test/";

/// Whether jobs are at work while the hand strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    BetweenJobs,
    DuringJobs,
    /// When all is as it should be. Then raw is left alone.
    AtRest,
}

/// What is done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    PutBack,
    Delete,
    CutOff,
    Flip,
    Exchange,
}

impl Deed {
    const ALL: [Self; 5] = [Self::PutBack, Self::Delete, Self::CutOff, Self::Flip, Self::Exchange];
}

/// To which kind of object it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Manifest,
    Staging,
    OpenRejected,
    MartVersion,
    Published,
    Raw,
}

impl Kind {
    const DERIVED: [Self; 5] =
        [Self::Manifest, Self::Staging, Self::OpenRejected, Self::MartVersion, Self::Published];

    fn of(key: &str) -> Option<Self> {
        match ObjectKey::parse(key.strip_prefix(PREFIX)?)? {
            ObjectKey::Manifest => Some(Self::Manifest),
            ObjectKey::StagingPart { .. } => Some(Self::Staging),
            ObjectKey::OpenRejected { .. } => Some(Self::OpenRejected),
            ObjectKey::MartVersion { .. } => Some(Self::MartVersion),
            ObjectKey::Published { .. } => Some(Self::Published),
            ObjectKey::Segment { .. } => Some(Self::Raw),
            _ => None,
        }
    }
}

/// What the hand has done.
#[derive(Clone, Debug)]
pub(super) struct Struck {
    pub(super) deed: Deed,
    pub(super) kind: Kind,
    /// The object, or both of those that were exchanged.
    keys: Vec<String>,
}

impl Struck {
    pub(super) fn told(&self) -> String {
        let keys: Vec<&str> = self.keys.iter().map(|key| without_ids(key)).collect();
        format!("the hand: {:?} {}", self.deed, keys.join(" and "))
    }
}

/// The hand, and what it has seen.
#[derive(Debug)]
pub(super) struct Hand {
    dice: Dice,
    /// Whether it spoils raw too.
    spoils_raw: bool,
    /// The versions of each object that jobs have written, oldest first.
    versions: BTreeMap<String, Vec<Object>>,
    /// What the hand itself has left, by key.
    spoiled: HashSet<(String, ETag)>,
    /// The versions of the manifest that jobs at work may have read; `None` for that there was none.
    read: BTreeSet<Option<String>>,
    /// The segments that it has spoiled.
    pub(super) spoiled_raw: BTreeSet<String>,
}

impl Hand {
    pub(super) fn new(seed: u64) -> Self {
        // Not the numbers of the schedule itself, so that it goes as it would without the hand.
        let mut dice = Dice::new(!seed);
        Self {
            spoils_raw: dice.chance(150),
            dice,
            versions: BTreeMap::new(),
            spoiled: HashSet::new(),
            read: BTreeSet::new(),
            spoiled_raw: BTreeSet::new(),
        }
    }

    /// How many of a thousand calls of a round of jobs it strikes at.
    pub(super) fn restlessness(&mut self) -> usize {
        self.dice.pick(&[0, 2, 10, 30])
    }

    pub(super) fn chance(&mut self, permille: usize) -> bool {
        self.dice.chance(permille)
    }

    /// Begins a round of jobs.
    pub(super) async fn begin_round(&mut self, store: &MemoryStore) {
        let version = current(store, &manifest_key()).await.map(|object| object.etag.0);
        self.read = BTreeSet::from([version]);
        for listed in store.list(PREFIX, None).await.expect("the memory lists") {
            self.remember(store, &listed.key).await;
        }
    }

    /// Remembers an object that a job may just have written.
    pub(super) async fn remember(&mut self, store: &MemoryStore, key: &str) {
        let Some(kind) = Kind::of(key) else { return };
        let Some(object) = current(store, key).await else { return };
        if kind == Kind::Manifest {
            self.read.insert(Some(object.etag.0.clone()));
        }
        if self.spoiled.contains(&(key.to_owned(), object.etag.clone())) {
            return;
        }
        let known = self.versions.entry(key.to_owned()).or_default();
        if known.iter().all(|version| version.etag != object.etag) {
            known.push(object);
        }
    }

    /// Spoils something, if chance finds something to spoil.
    pub(super) async fn strike(&mut self, store: &MemoryStore, moment: Moment) -> Option<Struck> {
        let is_raw = moment == Moment::BetweenJobs && self.spoils_raw && self.dice.chance(300);
        let kind = if is_raw { Kind::Raw } else { self.dice.pick(&Kind::DERIVED) };
        let deed = self.dice.pick(&Deed::ALL);
        let keys = keys_of(store, kind).await;
        if keys.is_empty() {
            return None;
        }
        let key = self.dice.pick(&keys);
        let object = current(store, &key).await?;
        let mut struck = Struck { deed, kind, keys: vec![key.clone()] };
        match deed {
            // That a flipped bit of raw is still a segment, only raw could tell.
            Deed::PutBack | Deed::Exchange | Deed::Flip if kind == Kind::Raw => return None,
            Deed::PutBack => {
                let old = self.old_version(&key, &object, kind, moment)?;
                put(store, &key, old).await;
            }
            Deed::Delete => {
                if kind == Kind::Manifest && !self.may_become(None, moment) {
                    return None;
                }
                store.delete(&key).await.expect("the memory deletes");
            }
            Deed::CutOff => {
                let kept = self.dice.below(object.bytes.len().max(1));
                self.leave(store, &key, object, |bytes| bytes.truncate(kept)).await;
            }
            Deed::Flip => {
                let bit = self.dice.below(8 * object.bytes.len().max(1));
                self.leave(store, &key, object, |bytes| {
                    if let Some(byte) = bytes.get_mut(bit / 8) {
                        *byte ^= 1 << (bit % 8);
                    }
                })
                .await;
            }
            Deed::Exchange => {
                let other_key = self.dice.pick(&keys);
                let other = current(store, &other_key).await?;
                if other.etag == object.etag {
                    return None;
                }
                for (key, object) in [(&key, other), (&other_key, object)] {
                    self.spoiled.insert((key.clone(), object.etag.clone()));
                    put(store, key, object).await;
                }
                struck.keys.push(other_key);
            }
        }
        if kind == Kind::Raw {
            self.spoiled_raw.insert(key.trim_start_matches(PREFIX).to_owned());
        }
        Some(struck)
    }

    /// A version of an object that was written before, and that it may become again.
    fn old_version(&mut self, key: &str, now: &Object, kind: Kind, moment: Moment) -> Option<Object> {
        let versions = self.versions.get(key)?;
        let others: Vec<Object> =
            versions.iter().filter(|version| version.etag != now.etag).cloned().collect();
        if others.is_empty() {
            return None;
        }
        let old = self.dice.pick(&others);
        if kind == Kind::Manifest && !self.may_become(Some(old.etag.0.clone()), moment) {
            return None;
        }
        Some(old)
    }

    /// Whether the manifest may become this version. Jobs at work may read it then.
    fn may_become(&mut self, version: Option<String>, moment: Moment) -> bool {
        moment != Moment::DuringJobs || self.read.insert(version)
    }

    /// Leaves an object with another body.
    async fn leave(
        &mut self,
        store: &MemoryStore,
        key: &str,
        mut object: Object,
        change: impl FnOnce(&mut Vec<u8>),
    ) {
        change(&mut object.bytes);
        put(store, key, object).await;
        if let Some(left) = current(store, key).await {
            self.spoiled.insert((key.to_owned(), left.etag));
        }
    }

    /// Says where a reader is given rows of a mart that no job has written.
    pub(super) async fn check_marts(&self, store: &MemoryStore, lake: &lake::Lake) -> Result<(), String> {
        let Ok(Some((manifest, _))) = lake.manifest().await else { return Ok(()) };
        for part in manifest.marts.values().flat_map(BTreeMap::values) {
            // What cannot be read is answered with 503.
            if lake.mart_part(part, None).await.is_err() {
                continue;
            }
            let key = format!("{PREFIX}{}", part.key);
            let written = self.versions.get(&key).and_then(|versions| versions.first());
            let is = current(store, &key).await;
            if let (Some(written), Some(is)) = (written, is)
                && written.etag != is.etag
            {
                return Err(format!("readers are given rows of `{}` that no job has written", part.key));
            }
        }
        Ok(())
    }
}

fn manifest_key() -> String {
    format!("{PREFIX}{}", lake::keys::MANIFEST)
}

async fn current(store: &MemoryStore, key: &str) -> Option<Object> {
    store.get(key).await.expect("the memory reads")
}

async fn put(store: &MemoryStore, key: &str, object: Object) {
    let put = store.put(key, object.bytes, &object.metadata, PutMode::Overwrite).await;
    put.expect("the memory takes what it took before");
}

/// The objects of a kind that count, in an order that does not depend on ids. Of the versions of marts, these
/// are the current ones.
async fn keys_of(store: &MemoryStore, kind: Kind) -> Vec<String> {
    if kind == Kind::MartVersion {
        let manifest = current(store, &manifest_key()).await;
        let manifest = manifest.and_then(|object| serde_json::from_slice::<Manifest>(&object.bytes).ok());
        let parts = manifest.iter().flat_map(|manifest| manifest.marts.values()).flat_map(BTreeMap::values);
        return parts.map(|PartRef { key, .. }| format!("{PREFIX}{key}")).collect();
    }
    let listed = store.list(PREFIX, None).await.expect("the memory lists");
    listed.into_iter().map(|object| object.key).filter(|key| Kind::of(key) == Some(kind)).collect()
}
