//! Raw to staging: finds the segments that staging does not take account of yet and folds them in, part by
//! part.

mod first_stamps;
mod full_reload;
mod rejected;
mod staging_parts;

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use lake::{Mode, Segment, SegmentNumber, Slot};

use self::first_stamps::add_first_stamps;
use self::full_reload::fold_reload;
use self::rejected::{fold_open, restore_rejected};
use self::staging_parts::{Replaced, divided, replace, rows_of};
use crate::frames::compute;
use crate::sources::{ALL, Source};
use crate::staging::fold::old_versions;
use crate::staging::incoming::Incoming;
use crate::touched::Touched;
use crate::transform::work::{READS_AT_ONCE, Work};
use crate::{Result, WarehouseError};

/// How many segments are folded at once: enough to rewrite a part seldom, few enough to hold in memory.
const SEGMENTS_AT_ONCE: usize = 64;

/// Folds into staging all segments of raw that are not applied yet. Returns whether there were any.
pub(super) async fn catch_up(work: &mut Work<'_>) -> Result<bool> {
    if work.is_outdated {
        add_first_stamps(work).await?;
    }
    let applied = |source: &Source| work.manifest.tables.get(source.staging).map_or(0, |table| table.applied);
    let asked = ALL.into_iter().map(|source| (source, applied(source))).collect::<Vec<_>>();
    let lake = work.lake;
    let backlog: Vec<(&Source, Vec<SegmentNumber>)> = stream::iter(asked)
        .map(|(source, applied)| async move {
            Ok::<_, WarehouseError>((source, lake.segments_after(source.staging, applied).await?))
        })
        .buffered(READS_AT_ONCE)
        .try_collect()
        .await?;
    let mut any = false;
    for (source, numbers) in backlog {
        for (i, chunk) in numbers.chunks(SEGMENTS_AT_ONCE).enumerate() {
            if numbers.len() > SEGMENTS_AT_ONCE {
                tracing::info!(
                    table = source.table,
                    segment = i * SEGMENTS_AT_ONCE,
                    of = numbers.len(),
                    "staging"
                );
            }
            fold_chunk(work, source, chunk).await?;
            any = true;
        }
    }
    Ok(any)
}

async fn fold_chunk(work: &mut Work<'_>, source: &'static Source, numbers: &[SegmentNumber]) -> Result<()> {
    let lake = work.lake;
    let segments: Vec<Segment> = stream::iter(numbers.to_vec())
        .map(|number| async move { lake.segment(source.staging, number, None).await })
        .buffered(READS_AT_ONCE)
        .try_collect()
        .await?;
    let last = segments.last().map(|segment| (segment.number, segment.info.clone()));
    let mut ordinary = Vec::new();
    for segment in segments {
        match &segment.info.reload {
            None => ordinary.push(segment),
            // The segments of a reload mean nothing until its closing segment is there.
            Some(reload) if !reload.closes => {
                work.manifest.tables.entry(source.staging.to_owned()).or_default().open_reload =
                    Some(reload.clone());
            }
            Some(reload) => {
                let reload = reload.clone();
                work.manifest.tables.entry(source.staging.to_owned()).or_default().open_reload = None;
                fold_ordinary(work, source, std::mem::take(&mut ordinary)).await?;
                fold_reload(work, source, &reload, segment.number).await?;
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
        let held = work.lake.held(source.staging, Slot::Part(&part), None).await?;
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
