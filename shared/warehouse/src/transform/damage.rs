//! Looks for damage: what is made of the segments and is not as the manifest says.
//!
//! The manifest notes the version of every object that is made of the segments. So one listing tells what was
//! lost, put back or exchanged. What a job is about to overwrite it notes before, and what it publishes
//! follows the manifest: so a job at work, or one that died, does not look like damage.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use futures::{StreamExt, stream};
use lake::{Derived, ETag, Lake, LakeError, Manifest, Slot, TableState, keys};

use super::models::MODELS;
use super::reads::READS_AT_ONCE;
use super::records::has_published;
use crate::marts::Mart;
use crate::sources::{ALL, Source};
use crate::{Result, WarehouseError};

/// How many published copies are named.
const NAMED_MAX: usize = 3;

/// The reason of what is made again though nothing is wrong with it.
const ASKED_FOR: &str = "that was asked for";

/// How closely a job looks at what it finds before it trusts it.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Whether all that is made of the segments is compared with the manifest.
    compares: bool,
    /// Whether all of it is read as well.
    reads: bool,
    /// Whether all of it is made again in any case.
    rebuilds: bool,
    /// Tables with an object that was read and was not the expected one.
    suspects: BTreeSet<&'static str>,
    /// What was found by reading.
    found: Damage,
}

impl Search {
    /// Compares all that is made of the segments with the manifest.
    pub fn by_comparison() -> Self {
        Self { compares: true, ..Self::default() }
    }

    /// Compares all that is made of the segments with the manifest, and reads it: a disk may change what lies on
    /// it and leave no trace.
    pub fn by_reading() -> Self {
        Self { compares: true, reads: true, ..Self::default() }
    }

    /// Makes all that is made of the segments again, whatever state it is in.
    pub fn rebuild() -> Self {
        Self { compares: true, rebuilds: true, ..Self::default() }
    }

    /// Takes for damaged what staging holds of a table.
    pub fn found_in(source: &'static Source, reason: String) -> Self {
        Self { compares: true, found: Damage::of_table(source, reason), ..Self::default() }
    }

    /// Looks again because of what an attempt met. Returns whether the attempt may be made again.
    pub(super) fn learn(&mut self, error: &WarehouseError) -> bool {
        match error {
            // What was made again and cannot be read again lies on a bad disk.
            WarehouseError::Damaged { table: Some(table), reason } => {
                if self.found.tables.contains_key(table) {
                    return false;
                }
                self.found.tables.insert(table, reason.clone());
            }
            WarehouseError::Damaged { table: None, reason } => {
                if self.found.marts.is_some() {
                    return false;
                }
                self.found.marts = Some(reason.clone());
            }
            WarehouseError::Suspect(table) => drop(self.suspects.insert(table)),
            error => return matches!(error, WarehouseError::Disturbed),
        }
        self.compares = true;
        true
    }

    /// Reads the manifest with its version, and tells what is not as it says. `now` is about the present moment.
    pub(super) async fn look(
        &self,
        lake: &Lake,
        now: DateTime<Utc>,
    ) -> Result<(Manifest, Option<ETag>, Damage)> {
        let mut damage = self.found.clone();
        let (manifest, version) = match lake.manifest().await {
            Ok(Some((manifest, version))) => (manifest, Some(version)),
            Ok(None) => {
                if has_published(lake, now).await? {
                    damage.manifest = Some(format!("`{}` was missing", keys::MANIFEST));
                }
                (Manifest::default(), None)
            }
            Err(error) if error.is_damage() => {
                damage.manifest = Some(error.to_string());
                let version = lake.manifest_version().await?;
                // Another job may have made it again in between.
                if !lake.manifest().await.is_err_and(|error| error.is_damage()) {
                    return Err(WarehouseError::Disturbed);
                }
                (Manifest::default(), version)
            }
            Err(error) => return Err(error.into()),
        };
        for source in ALL {
            let Some(table) = manifest.tables.get(source.staging) else { continue };
            if let Some(reason) = &table.rebuild {
                damage.add_table(source, || reason.clone());
            }
        }
        if !(self.compares || damage.manifest.is_some() || !damage.tables.is_empty()) {
            return Ok((manifest, version, damage));
        }
        let there = lake.derived().await?;
        for source in ALL {
            self.compare_table(lake, &manifest, source, &there, &mut damage).await?;
        }
        compare_marts(&manifest, &there, &mut damage);
        compare_copies(&manifest, &there, &mut damage);
        if self.reads {
            read_all(lake, &manifest, &mut damage).await?;
        }
        for table in damage.tables.keys() {
            damage.there.insert(table, objects_of(lake, table, &there, true).await?);
        }
        if self.rebuilds && version.is_some() {
            damage.is_asked_for = true;
            damage.marts.get_or_insert_with(|| ASKED_FOR.to_owned());
        }
        // Whoever wrote what the manifest does not say has changed the manifest before.
        if !damage.is_none() && lake.manifest_version().await? != version {
            return Err(WarehouseError::Disturbed);
        }
        Ok((manifest, version, damage))
    }

    /// Compares what staging holds of a table.
    async fn compare_table(
        &self,
        lake: &Lake,
        manifest: &Manifest,
        source: &'static Source,
        there: &Derived,
        damage: &mut Damage,
    ) -> Result<()> {
        let none = TableState::default();
        let state = manifest.tables.get(source.staging).unwrap_or(&none);
        let open = Slot::Rejected.key(source.staging);
        let is_known_damaged = damage.tables.contains_key(source.staging);
        let looks_at_open = self.rebuilds
            || is_known_damaged
            || self.suspects.contains(source.staging)
            || state.versions.contains_key(&open);
        let listed = objects_of(lake, source.staging, there, looks_at_open).await?;
        let mut expected: BTreeSet<&String> = state.versions.keys().collect();
        expected.extend(listed.keys());
        for key in expected {
            let (is, noted) = (listed.get(key), state.versions.get(key));
            if is == noted || may_be_written(lake, source, state, key).await? {
                continue;
            }
            damage.add_table(source, || match (is, noted) {
                (None, _) => format!("`{key}` was missing"),
                (Some(_), None) => format!("the manifest knows no version of `{key}`"),
                (Some(_), Some(_)) => format!("`{key}` was another version than the manifest says"),
            });
        }
        if self.rebuilds && (manifest.tables.contains_key(source.staging) || !listed.is_empty()) {
            damage.add_table(source, || ASKED_FOR.to_owned());
        }
        Ok(())
    }
}

/// The objects that there are of a table, perhaps with its list of rejected rows.
async fn objects_of(
    lake: &Lake,
    staging: &str,
    there: &Derived,
    with_rejected: bool,
) -> Result<BTreeMap<String, ETag>> {
    let is_of_table = |key: &&String| keys::staging_part(key).is_some_and(|(table, _)| table == staging);
    let parts = there.staging.iter().filter(|(key, _)| is_of_table(key));
    let mut objects: BTreeMap<String, ETag> = parts.map(|(key, etag)| (key.clone(), etag.clone())).collect();
    if with_rejected && let Some(info) = lake.slot_info(staging, Slot::Rejected).await? {
        objects.insert(Slot::Rejected.key(staging), info.etag);
    }
    Ok(objects)
}

/// Whether an object is as a job has left it that noted this before, and has not published it.
async fn may_be_written(lake: &Lake, source: &Source, state: &TableState, key: &str) -> Result<bool> {
    if state.writing_upto.is_none() {
        return Ok(false);
    }
    let slot = keys::staging_part(key).map_or(Slot::Rejected, |(_, part)| Slot::Part(part));
    let applied = lake.slot_info(source.staging, slot).await?.and_then(|info| info.applied);
    Ok(applied.is_some_and(|applied| state.may_be_written(applied)))
}

/// Reads all that the manifest names. What is missing or another version was found before.
async fn read_all(lake: &Lake, manifest: &Manifest, damage: &mut Damage) -> Result<()> {
    let of_tables = ALL.into_iter().flat_map(|source| {
        let state = manifest.tables.get(source.staging);
        state
            .into_iter()
            .flat_map(|state| state.versions.keys().cloned())
            .map(move |key| (key, Of::Table(source)))
    });
    let parts = manifest.marts.iter().flat_map(|(mart, parts)| parts.iter().map(move |part| (mart, part)));
    let of_marts = parts.flat_map(|(mart, (part, version))| {
        let copy = (keys::published(mart, part), Of::Copy(mart.clone(), part.clone()));
        let is_noted = manifest.copies.contains_key(&format!("{mart}/{part}"));
        std::iter::once((version.key.clone(), Of::Marts)).chain(is_noted.then_some(copy))
    });
    let all: Vec<(String, Of)> = of_tables.chain(of_marts).collect();
    let mut read = stream::iter(all)
        .map(|(key, of)| async move { Ok::<_, WarehouseError>((lake.why_damaged(&key).await?, of)) })
        .buffered(READS_AT_ONCE);
    while let Some(read) = read.next().await {
        let (Some(reason), of) = read? else { continue };
        match of {
            Of::Table(source) => damage.add_table(source, || reason),
            Of::Marts => drop(damage.marts.get_or_insert(reason)),
            Of::Copy(mart, part) => drop(damage.copies.insert((mart, part))),
        }
    }
    Ok(())
}

/// What an object belongs to.
enum Of {
    Table(&'static Source),
    Marts,
    Copy(String, String),
}

fn compare_marts(manifest: &Manifest, there: &Derived, damage: &mut Damage) {
    // Marts of other models are made again anyway.
    if manifest.models != MODELS {
        return;
    }
    for part in manifest.marts.values().flat_map(BTreeMap::values) {
        let key = &part.key;
        let reason = match (there.marts.get(key), &part.etag) {
            (None, _) => format!("`{key}` was missing"),
            (Some(is), Some(noted)) if is != noted => {
                format!("`{key}` was another version than the manifest says")
            }
            _ => continue,
        };
        damage.marts.get_or_insert(reason);
    }
}

fn compare_copies(manifest: &Manifest, there: &Derived, damage: &mut Damage) {
    let mut named = BTreeSet::new();
    for (mart, part) in
        manifest.marts.iter().flat_map(|(mart, parts)| parts.keys().map(move |part| (mart, part)))
    {
        named.insert((mart.as_str(), part.as_str()));
        let name = format!("{mart}/{part}");
        if manifest.unpublished.contains(&name) {
            continue;
        }
        match manifest.copies.get(&name) {
            None => drop(damage.unknown_copies.insert(name)),
            Some(noted) => {
                let is = there.published.get(&keys::published(mart, part));
                if is != Some(noted) {
                    damage.copies.insert((mart.clone(), part.clone()));
                }
            }
        }
    }
    let copies = there.published.keys().filter_map(|key| keys::published_part(key));
    damage.copies.extend(
        copies.filter(|copy| !named.contains(copy)).map(|(mart, part)| (mart.to_owned(), part.to_owned())),
    );
}

/// A failure to read a mart part: it is damaged, or the storage failed.
pub(super) fn of_marts(error: LakeError) -> WarehouseError {
    if error.is_damage() {
        WarehouseError::Damaged { table: None, reason: error.to_string() }
    } else {
        error.into()
    }
}

/// What is not as it should be, and has to be made again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Damage {
    /// Why the manifest could not be read.
    manifest: Option<String>,
    /// The tables whose staging is made again, by staging name: what was found first.
    pub(super) tables: BTreeMap<&'static str, String>,
    /// The objects that staging holds of them, by key below the lake's prefix.
    pub(super) there: BTreeMap<&'static str, BTreeMap<String, ETag>>,
    /// Why the marts are made again, where not because of the tables.
    pub(super) marts: Option<String>,
    /// The published copies that are others than the manifest says, by mart and part.
    pub(super) copies: BTreeSet<(String, String)>,
    /// The published copies (`mart/part`) whose versions nobody has noted.
    pub(super) unknown_copies: BTreeSet<String>,
    /// Whether somebody asked to have all made again.
    is_asked_for: bool,
    /// The tables that are left as they are nevertheless.
    left: BTreeSet<&'static str>,
}

impl Damage {
    pub(super) fn of_table(source: &'static Source, reason: String) -> Self {
        Self { tables: BTreeMap::from([(source.staging, reason)]), ..Self::default() }
    }

    /// What the record of a job says was made again, and why.
    pub(super) fn told(&self) -> Vec<String> {
        let mut told = Vec::new();
        if self.is_asked_for {
            let left: Vec<_> = self.left.iter().map(|table| format!("`{table}`")).collect();
            let but = if left.is_empty() { String::new() } else { format!(" but {}", left.join(", ")) };
            return vec![format!("everything{but} was made again from the segments, as was asked for")];
        }
        for source in ALL {
            told.extend(self.told_of(source).filter(|new| !told.contains(new)));
        }
        if let Some(reason) = self.marts.as_ref().filter(|_| self.manifest.is_none()) {
            told.push(format!("the marts were made again: {reason}"));
        }
        // What is left of marts that this program no longer makes is no damage.
        let copies: Vec<_> = self.copies.iter().filter(|(mart, _)| Mart::named(mart).is_some()).collect();
        if !copies.is_empty() {
            let named = copies.iter().take(NAMED_MAX).map(|(mart, part)| keys::published(mart, part));
            let named: Vec<String> = named.map(|key| format!("`{key}`")).collect();
            let (count, named) = (copies.len(), named.join(", "));
            told.push(format!(
                "{count} published copies were other versions than the manifest says, and were made again or \
                 removed ({named}{})",
                if count > NAMED_MAX { ", …" } else { "" }
            ));
        }
        told
    }

    /// What it says of one table. Where the manifest is made again, all is that it names.
    pub(super) fn told_of(&self, source: &Source) -> Option<String> {
        if let Some(reason) = &self.manifest {
            return Some(format!("the manifest was made again, with all that it names: {reason}"));
        }
        let reason = self.tables.get(source.staging)?;
        Some(format!("`{}` was made again from its segments: {reason}", source.table))
    }

    pub(super) fn makes_marts_again(&self) -> bool {
        self.manifest.is_some() || self.marts.is_some() || !self.tables.is_empty()
    }

    /// Whether somebody asked to have all made again, whatever state it is in.
    pub(super) fn is_asked_for(&self) -> bool {
        self.is_asked_for
    }

    /// The tables that are made again for no other reason than that somebody asked for it.
    pub(super) fn asked_for(&self) -> Vec<&'static Source> {
        let is_asked_for =
            |source: &&Source| self.tables.get(source.staging).is_some_and(|why| why == ASKED_FOR);
        ALL.into_iter().filter(is_asked_for).collect()
    }

    /// Leaves a table as it is.
    pub(super) fn leave(&mut self, source: &'static Source) {
        self.tables.remove(source.staging);
        self.there.remove(source.staging);
        self.left.insert(source.staging);
    }

    pub(super) fn is_none(&self) -> bool {
        *self == Self::default()
    }

    fn add_table(&mut self, source: &'static Source, reason: impl FnOnce() -> String) {
        self.tables.entry(source.staging).or_insert_with(reason);
    }
}
