//! Makes again from nothing what staging holds of a table: all of its segments are folded in memory, and
//! written once. First it is noted that all marts have to be made again, since nobody can tell any more what
//! they were made of.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use lake::{ETag, Held, Lake, LostSegment, SegmentNumber, Slot, SlotInfo, keys};
use polars::prelude::DataFrame;

use super::in_memory::{InMemory, Reached};
use super::reads::READS_AT_ONCE;
use super::work::Work;
use crate::Result;
use crate::sources::Source;
use crate::staging::fold::Rows;
use crate::staging::open::rejected_schema;

/// Begins to make the damaged tables again, and has the marts made again if they are damaged. Takes away the
/// published copies that are not what the manifest says.
pub(super) async fn begin(work: &mut Work<'_>) -> Result<()> {
    let tables = work.damage.tables.clone();
    if !tables.is_empty() {
        work.note_rebuilds(&tables).await?;
    }
    for table in tables.into_keys() {
        let there = work.damage.there.get(table).cloned().unwrap_or_default();
        let held_upto = last_applied(work.lake, table, &there).await?;
        let state = work.manifest.tables.entry(table.to_owned()).or_default();
        let before = std::mem::take(state);
        // What comes after a lost segment is asked anew: the reload that was open is forgotten here.
        let lost = before.lost.map(|lost| LostSegment { asked_upto: lost.number, ..lost });
        (state.as_of, state.lost) = (before.as_of, lost);
        let reached = if held_upto > before.applied {
            Reached { applied: held_upto, tail: None }
        } else {
            Reached { applied: before.applied, tail: before.tail }
        };
        work.in_memory.insert(table, InMemory::new(there, reached));
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

/// The last segment that any of a table's objects says that it takes account of.
async fn last_applied(lake: &Lake, staging: &str, there: &BTreeMap<String, ETag>) -> Result<SegmentNumber> {
    let infos = stream::iter(there.keys().cloned()).map(|key| async move {
        let slot = keys::staging_part(&key).map_or(Slot::Rejected, |(_, part)| Slot::Part(part));
        lake.slot_info(staging, slot).await
    });
    let infos: Vec<Option<SlotInfo>> = infos.buffered(READS_AT_ONCE).try_collect().await?;
    Ok(infos.into_iter().flatten().filter_map(|info| info.applied).max().unwrap_or_default())
}

/// Writes a table, if it is one that was made again, and notes that.
pub(super) async fn finish(work: &mut Work<'_>, source: &'static Source) -> Result<()> {
    let Some(rebuild) = work.in_memory.remove(source.staging) else { return Ok(()) };
    let InMemory { mut objects, there, .. } = rebuild;
    let applied = work.manifest.tables.get(source.staging).map_or(0, |table| table.applied);
    // What is there and would not be made is emptied: an object that is removed might be put back unseen.
    for key in there.keys().filter(|key| !objects.contains_key(*key)).cloned().collect::<Vec<_>>() {
        let is_part = keys::staging_part(&key).is_some();
        let rows =
            if is_part { Rows::none(source).held } else { DataFrame::empty_with_schema(&rejected_schema()) };
        objects.insert(key, Held { frame: rows, note: None, applied, etag: ETag(String::new()) });
    }
    for (key, mut held) in objects {
        let slot = keys::staging_part(&key).map_or(Slot::Rejected, |(_, part)| Slot::Part(part));
        if let Slot::Part(part) = slot {
            work.note_zone(source, part, &held.frame)?;
        }
        let known = there.get(&key).cloned();
        work.hold(source, slot, &mut held.frame, held.note, applied, known).await?;
    }
    work.note_rebuilt(source).await
}
