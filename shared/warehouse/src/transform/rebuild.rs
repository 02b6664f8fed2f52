//! Makes again from nothing what staging holds of a table: all of its segments are folded in memory, and
//! written once. First it is noted that all marts have to be made again, since nobody can tell any more what
//! they were made of.

use lake::{ETag, Held, LostSegment, Slot, keys};
use polars::prelude::DataFrame;

use super::in_memory::InMemory;
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
        let state = work.manifest.tables.entry(table.to_owned()).or_default();
        let before = std::mem::take(state);
        // What comes after a lost segment is asked anew: the reload that was open is forgotten here.
        let lost = before.lost.map(|lost| LostSegment { asked_upto: lost.number, ..lost });
        (state.as_of, state.lost) = (before.as_of, lost);
        let reached = before.tail.map(|tail| (before.applied, tail));
        work.rebuilds.insert(table, InMemory::new(there, reached));
    }
    for table in work.manifest.tables.values_mut() {
        // The record of this job will say so.
        table.rebuilt = None;
    }
    if work.damage.makes_marts_again() {
        work.make_all_marts();
    }
    for (mart, part) in work.damage.copies.clone() {
        work.lake.unpublish(&mart, &part).await?;
        let name = format!("{mart}/{part}");
        work.manifest.copies.remove(&name);
        work.manifest.unpublished.insert(name);
    }
    work.manifest.unpublished.extend(work.damage.unknown_copies.iter().cloned());
    Ok(())
}

/// Writes a table, if it is one that was made again, and notes that.
pub(super) async fn finish(work: &mut Work<'_>, source: &'static Source) -> Result<()> {
    let Some(rebuild) = work.rebuilds.remove(source.staging) else { return Ok(()) };
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
    work.note_rebuilt(source.staging).await
}
