//! Raw to staging: finds the segments that staging does not take account of yet and folds them in, part by
//! part.

mod full_reload;
mod rejected;
mod segments;
mod staging_parts;

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use lake::{LostSegment, Mode, Segment, SegmentNumber, Slot, Tail, keys};

use self::full_reload::fold_reload;
use self::rejected::{fold_open, restore_rejected};
use self::segments::{Backlog, Later, lost_after, read_segment};
use self::staging_parts::{Replaced, divided, replace, rows_of};
use crate::frames::compute;
use crate::sources::{ALL, Source};
use crate::staging::fold::old_versions;
use crate::staging::incoming::Incoming;
use crate::touched::Touched;
use crate::transform::reads::READS_AT_ONCE;
use crate::transform::rebuild;
use crate::transform::work::Work;
use crate::{Result, WarehouseError};

/// How many segments are folded at once: enough to rewrite a part seldom, few enough to hold in memory.
const SEGMENTS_AT_ONCE: usize = 64;

/// Folds into staging all segments of raw that are not applied yet, and makes again what was damaged. Returns
/// whether there was anything to do.
pub(super) async fn catch_up(work: &mut Work<'_>) -> Result<bool> {
    leave_what_raw_lacks(work).await?;
    rebuild::begin(work).await?;
    let asked = ALL.into_iter().map(|source| (source, come_to(work, source))).collect::<Vec<_>>();
    let lake = work.lake;
    let backlogs: Vec<(&Source, Backlog, Vec<SegmentNumber>)> = stream::iter(asked)
        .map(|(source, (applied, known))| async move {
            let mut backlog = Backlog::read(lake, source, applied).await?;
            let strays = backlog.take_strays(lake, source, applied, known).await?;
            Ok::<_, WarehouseError>((source, backlog, strays))
        })
        .buffered(READS_AT_ONCE)
        .try_collect()
        .await?;
    for (source, _, strays) in &backlogs {
        work.warnings.extend(strays.iter().map(|number| {
            format!(
                "`{}` is no segment that a run has written: move it away",
                keys::raw(source.staging, *number)
            )
        }));
    }
    let applied = |source: &Source| work.manifest.tables.get(source.staging).map_or(0, |table| table.applied);
    let ends = backlogs
        .iter()
        .filter_map(|(source, backlog, _)| Some((source.staging, backlog.last_after(applied(source))?)));
    let ends = ends.collect();
    work.note_writing(ends).await?;
    let mut any = work.has_made_again();
    for (source, backlog, _) in backlogs {
        any |= fold_backlog(work, source, &backlog).await?;
        rebuild::finish(work, source).await?;
    }
    Ok(any)
}

/// The last segment of a table that is folded, and the last one that any job has come to.
fn come_to(work: &Work<'_>, source: &Source) -> (SegmentNumber, SegmentNumber) {
    let Some(table) = work.manifest.tables.get(source.staging) else { return (0, 0) };
    let asked = table.lost.as_ref().map_or(0, |lost| lost.asked_upto);
    let reached = work.in_memory.get(source.staging).map_or(0, |table| table.reached.applied);
    (table.applied, table.applied.max(asked).max(reached))
}

/// Of what somebody asked to have made again, leaves the tables as they are that lack a segment. Nothing could
/// take the place of what they hold.
async fn leave_what_raw_lacks(work: &mut Work<'_>) -> Result<()> {
    for source in work.damage.asked_for() {
        let applied = work.manifest.tables.get(source.staging).map_or(0, |table| table.applied);
        let mut backlog = Backlog::read(work.lake, source, 0).await?;
        backlog.take_strays(work.lake, source, 0, applied).await?;
        let Some(lost) = backlog.first_missing(source, applied) else { continue };
        if let Later::Open(_) = backlog.reload_after(work.lake, source, lost.number, None).await? {
            work.warnings.push(format!(
                "{}: without it, `{}` could not be made again, and is left as it is",
                lost.reason, source.table
            ));
            work.damage.leave(source);
        }
    }
    Ok(())
}

/// Folds the segments of a table as far as they can be read. Returns whether there were any.
async fn fold_backlog(work: &mut Work<'_>, source: &'static Source, backlog: &Backlog) -> Result<bool> {
    let applied = work.manifest.tables.get(source.staging).map_or(0, |table| table.applied);
    let mut known_lost = backlog.lost_of_those_applied(work, source).await?;
    let mut from = applied + 1;
    loop {
        let upto = known_lost.as_ref().map(|lost| lost.number);
        let met = fold_segments(work, source, backlog, from, upto).await?;
        let Some(mut lost) = met.or_else(|| known_lost.take()) else { break };
        tracing::error!(table = source.table, "{}", lost.reason);
        // A reload that began later makes good for all that was before it.
        let known = work.manifest.tables.get(source.staging);
        match backlog.reload_after(work.lake, source, lost.number, known).await? {
            Later::Closed(generation) => from = generation,
            Later::Open(open_reload) => {
                let is_rebuilt = work.in_memory.contains_key(source.staging);
                let table = work.manifest.tables.entry(source.staging.to_owned()).or_default();
                table.open_reload = open_reload;
                lost.asked_upto = backlog.last_after(lost.number).unwrap_or(lost.number);
                table.lost = Some(lost);
                if is_rebuilt {
                    // What was shown before is gone. Nobody can say how old the rest is.
                    table.as_of = None;
                }
                break;
            }
        }
    }
    if let Some(table) = work.manifest.tables.get_mut(source.staging).filter(|table| table.lost.is_none()) {
        table.writing_upto = None;
    }
    Ok(backlog.has_after(applied))
}

/// Folds the segments from one on, which should be there without a gap. `upto` is not to be read. Returns the
/// first that is missing or cannot be read: it ends the fold.
async fn fold_segments(
    work: &mut Work<'_>,
    source: &'static Source,
    backlog: &Backlog,
    from: SegmentNumber,
    upto: Option<SegmentNumber>,
) -> Result<Option<LostSegment>> {
    let numbers = backlog.without_gap(from, upto);
    let lake = work.lake;
    for (i, chunk) in numbers.chunks(SEGMENTS_AT_ONCE).enumerate() {
        if let (true, Some(last)) = (i > 0, numbers.last()) {
            rebuild::save_if_due(work, source, *last).await?;
        }
        if numbers.len() > SEGMENTS_AT_ONCE {
            tracing::info!(
                table = source.table,
                segment = i * SEGMENTS_AT_ONCE,
                of = numbers.len(),
                "staging"
            );
        }
        let mut read = stream::iter(chunk.to_vec())
            .map(|number| read_segment(lake, source, number))
            .buffered(READS_AT_ONCE);
        let (mut segments, mut lost) = (Vec::new(), None);
        while let Some(segment) = read.next().await {
            match segment {
                Ok(segment) => segments.push(segment),
                Err(WarehouseError::Lost(segment)) => {
                    lost = Some(segment);
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        drop(read);
        let last = segments.last().and_then(|segment| {
            Some(Tail { version: backlog.version(segment.number)?, digest: segment.digest.clone() })
        });
        match fold_chunk(work, source, segments).await {
            Err(WarehouseError::Lost(segment)) => return Ok(Some(segment)),
            folded => folded?,
        }
        if let (Some(tail), Some(table)) = (last, work.manifest.tables.get_mut(source.staging)) {
            table.tail = Some(tail);
        }
        if lost.is_some() {
            return Ok(lost);
        }
    }
    Ok(backlog.gap_after(source, from, upto))
}

async fn fold_chunk(work: &mut Work<'_>, source: &'static Source, segments: Vec<Segment>) -> Result<()> {
    let last = segments.last().map(|segment| (segment.number, segment.info.clone()));
    let mut ordinary = Vec::new();
    for segment in segments {
        if let Some(table) = work.manifest.tables.get_mut(source.staging)
            && let Some(lost) = table.lost.take_if(|lost| lost.number == segment.number)
        {
            // It has come back.
            table.lost = lost_after(source, &lost);
        }
        match &segment.info.reload {
            None => ordinary.push(segment),
            // The segments of a reload mean nothing until its closing segment is there.
            Some(reload) if !reload.closes => {
                work.manifest.tables.entry(source.staging.to_owned()).or_default().open_reload =
                    Some(reload.clone());
            }
            Some(reload) => {
                let reload = reload.clone();
                fold_ordinary(work, source, std::mem::take(&mut ordinary)).await?;
                fold_reload(work, source, &reload, segment.number).await?;
                let table = work.manifest.tables.entry(source.staging.to_owned()).or_default();
                table.open_reload = None;
                // One of the reload itself has come back, for all of them were read.
                table.lost.take_if(|lost| !reload.keeps_missing || lost.number >= reload.generation);
            }
        }
    }
    fold_ordinary(work, source, ordinary).await?;
    if let Some((number, info)) = last {
        let table = work.manifest.tables.entry(source.staging.to_owned()).or_default();
        table.applied = number;
        table.watermark = info.watermark;
        table.pass = info.pass;
    }
    Ok(())
}

/// Folds segments that belong to no reload.
async fn fold_ordinary(work: &mut Work<'_>, source: &'static Source, segments: Vec<Segment>) -> Result<()> {
    let Some(last) = segments.last().map(|segment| segment.number) else { return Ok(()) };
    fold_open(work, source, &segments, last, None).await?;
    restore_rejected(work, source, &segments).await?;
    let mut by_part: BTreeMap<String, Vec<(SegmentNumber, Incoming)>> = BTreeMap::new();
    for segment in &segments {
        let authoritative = segment.info.mode != Mode::Incremental;
        for (part, rows) in divided(source, &segment.frame).await? {
            by_part.entry(part).or_default().push((segment.number, Incoming { rows, authoritative }));
        }
    }
    let mut replaced = Vec::new();
    for (part, incoming) in by_part {
        let held = work.held(source, Slot::Part(&part), None).await?;
        let applied = held.as_ref().map_or(0, |held| held.applied);
        let incoming: Vec<Incoming> = incoming
            .into_iter()
            .filter(|(number, _)| *number > applied)
            .map(|(_, incoming)| incoming)
            .collect();
        let read = held.clone();
        let (new, touched) = compute("staging", move || {
            let old = rows_of(source, read.as_ref())?;
            let new = old.after(source, &incoming)?;
            let mut touched = Touched::default();
            for segment in &incoming {
                touched.merge(Touched::by(source, &old_versions(source, &old.held, &segment.rows)?)?);
                touched.merge(Touched::by(source, &old_versions(source, &new.held, &segment.rows)?)?);
            }
            Ok((new, touched))
        })
        .await?;
        replaced.push(Replaced { part, held, new, touched });
    }
    replace(work, source, replaced, last).await
}
