//! Makes again from nothing what staging holds of a table: all of its segments are folded in memory, and
//! written once. Where there are many of them, what was folded so far is written now and then: a job that dies
//! leaves the rest to the next. First it is noted that all marts have to be made again, since nobody can tell
//! any more what they were made of.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use lake::{ETag, Held, Lake, LostSegment, SegmentNumber, Slot, TableState, keys};
use polars::prelude::DataFrame;

use super::in_memory::{InMemory, Reached};
use super::reads::READS_AT_ONCE;
use super::work::Work;
use crate::sources::Source;
use crate::staging::fold::Rows;
use crate::staging::open::rejected_schema;
use crate::{Result, WarehouseError};

/// Begins to make the damaged tables again, and has the marts made again if they are damaged. Takes away the
/// published copies that are not what the manifest says.
pub(super) async fn begin(work: &mut Work<'_>) -> Result<()> {
    let tables = work.damage.tables.clone();
    if !tables.is_empty() {
        work.note_rebuilds(&tables).await?;
    }
    for table in tables.into_keys() {
        begin_table(work, table).await?;
    }
    if work.damage.makes_marts_again() {
        work.make_all_marts();
    }
    for (mart, part) in work.damage.copies.clone() {
        let current = work.manifest.marts.get(&mart).and_then(|parts| parts.get(&part));
        let copy = match current {
            // Who adds up all copies would not see that one of them is not there.
            Some(current) => work.lake.publish_again(&mart, &part, current).await?,
            None => None,
        };
        let name = format!("{mart}/{part}");
        if let Some(version) = copy {
            work.manifest.copies.insert(name, version);
        } else {
            work.lake.unpublish(&mart, &part).await?;
            work.manifest.copies.remove(&name);
            work.manifest.unpublished.insert(name);
        }
    }
    work.manifest.unpublished.extend(work.damage.unknown_copies.iter().cloned());
    Ok(())
}

/// Begins to make a table again, or goes on where a job that has died saved it.
async fn begin_table(work: &mut Work<'_>, table: &'static str) -> Result<()> {
    let there = work.damage.there.get(table).cloned().unwrap_or_default();
    let applied = applied_of(work.lake, table, &there).await?;
    let state = work.manifest.tables.entry(table.to_owned()).or_default();
    let mut before = std::mem::take(state);
    let saved = before.rebuilt.take().filter(|_| !work.damage.is_asked_for());
    let reached = Reached { applied: before.applied, tail: before.tail };
    // What comes after a lost segment is asked anew: the reload that was open is forgotten here.
    let lost = before.lost.map(|lost| LostSegment { asked_upto: lost.number, ..lost });
    (state.as_of, state.lost) = (before.as_of, lost);
    let mut in_memory = InMemory::new(there, reached);
    if let Some(saved) = saved
        && let Some(objects) = saved_objects(work.lake, table, &saved, &in_memory.there, &applied).await?
    {
        tracing::info!(table, segment = saved.applied, "going on to make the table again");
        in_memory.reach(saved.applied, saved.tail.as_ref());
        in_memory.go_on(objects, saved.applied);
        *work.manifest.tables.entry(table.to_owned()).or_default() =
            TableState { writing_upto: None, ..*saved };
    }
    in_memory.reach(applied.into_values().flatten().max().unwrap_or_default(), None);
    work.in_memory.insert(table, in_memory);
    Ok(())
}

/// The last segment that each of a table's objects says that it takes account of.
async fn applied_of(
    lake: &Lake,
    staging: &str,
    there: &BTreeMap<String, ETag>,
) -> Result<BTreeMap<String, Option<SegmentNumber>>> {
    let infos = stream::iter(there.keys().cloned()).map(|key| async move {
        let info = lake.slot_info(staging, slot_of(&key)).await?;
        Ok::<_, WarehouseError>((key, info.and_then(|info| info.applied)))
    });
    infos.buffered(READS_AT_ONCE).try_collect().await
}

/// What a job that has died saved of a table; `None` if anything of it is no longer as that job left it.
async fn saved_objects(
    lake: &Lake,
    staging: &str,
    saved: &TableState,
    there: &BTreeMap<String, ETag>,
    applied: &BTreeMap<String, Option<SegmentNumber>>,
) -> Result<Option<BTreeMap<String, Held>>> {
    // Perhaps it died while it saved more of it.
    let may_be_written =
        |key: &str| applied.get(key).copied().flatten().is_some_and(|applied| saved.may_be_written(applied));
    let is_as_left =
        |(key, version): (&String, &ETag)| there.get(key) == Some(version) || may_be_written(key);
    if !saved.versions.iter().all(is_as_left) {
        return Ok(None);
    }
    let objects = stream::iter(saved.versions.keys().cloned()).map(|key| async move {
        let held = match lake.held(staging, slot_of(&key), None).await {
            Err(error) if error.is_damage() => None,
            held => held?.filter(|held| there.get(&key) == Some(&held.etag)),
        };
        Ok::<_, WarehouseError>(held.map(|held| (key, held)))
    });
    let objects: Vec<Option<(String, Held)>> = objects.buffered(READS_AT_ONCE).try_collect().await?;
    Ok(objects.into_iter().collect())
}

fn slot_of(key: &str) -> Slot<'_> {
    keys::staging_part(key).map_or(Slot::Rejected, |(_, part)| Slot::Part(part))
}

/// Saves what was made of a table so far, if that is due. `upto` is the last segment that a job may fold.
pub(super) async fn save_if_due(
    work: &mut Work<'_>,
    source: &'static Source,
    upto: SegmentNumber,
) -> Result<()> {
    let applied = work.manifest.tables.get(source.staging).map_or(0, |table| table.applied);
    let Some(mut table) = work.in_memory.remove(source.staging) else { return Ok(()) };
    if table.is_due(applied) {
        write(work, source, &mut table, applied).await?;
        work.note_saved(source, upto).await?;
    }
    work.in_memory.insert(source.staging, table);
    Ok(())
}

/// Writes a table, if it is one that was made again, and notes that.
pub(super) async fn finish(work: &mut Work<'_>, source: &'static Source) -> Result<()> {
    let applied = work.manifest.tables.get(source.staging).map_or(0, |table| table.applied);
    let Some(mut table) = work.in_memory.remove(source.staging) else { return Ok(()) };
    // What is there and would not be made is emptied: an object that is removed might be put back unseen.
    for key in table.there.keys().filter(|key| !table.objects.contains_key(*key)).cloned().collect::<Vec<_>>()
    {
        let is_part = keys::staging_part(&key).is_some();
        let rows =
            if is_part { Rows::none(source).held } else { DataFrame::empty_with_schema(&rejected_schema()) };
        table.hold(key, rows, None, applied);
    }
    write(work, source, &mut table, applied).await?;
    work.note_rebuilt(source).await
}

/// Writes the objects of a table that are not saved yet.
async fn write(
    work: &mut Work<'_>,
    source: &'static Source,
    table: &mut InMemory,
    applied: SegmentNumber,
) -> Result<()> {
    for (key, mut held) in table.take_unsaved(applied) {
        let slot = slot_of(&key);
        if let Slot::Part(part) = slot {
            work.note_zone(source, part, &held.frame)?;
        }
        let known = table.there.get(&key).cloned();
        work.hold(source, slot, &mut held.frame, held.note, applied, known).await?;
        let state = work.manifest.tables.get(source.staging);
        if let Some(version) = state.and_then(|state| state.versions.get(&key)).cloned() {
            table.there.insert(key, version);
        }
    }
    Ok(())
}
