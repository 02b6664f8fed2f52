//! Raw to staging: finds the segments that staging does not take account of yet and folds them in, part by
//! part.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use lake::{Held, Mode, Put, Segment, SegmentNumber, Slot};
use polars::prelude::DataFrame;

use super::{Work, reload};
use crate::frames::compute;
use crate::sources::{ALL, Source};
use crate::staging::fold::{Incoming, fold, old_versions};
use crate::staging::open::{Rejection, fold_rejected, keep_first_record};
use crate::staging::parts::{divide, staging_zone_of};
use crate::touched::Touched;
use crate::{Result, WarehouseError, segment};

/// So many segments are folded at once: enough to rewrite a part seldom, few enough to hold in memory.
const SEGMENTS_AT_ONCE: usize = 64;
/// So many reads of the storage go on at once.
pub(super) const READS_AT_ONCE: usize = 8;

/// Folds everything that raw holds into staging; tells whether there was anything.
pub(super) async fn catch_up(work: &mut Work<'_>) -> Result<bool> {
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
            // The parts of a reload mean nothing until its closing part is there.
            Some(reload) if !reload.closes => {
                work.manifest.tables.entry(source.staging.to_owned()).or_default().open_reload =
                    Some(reload.clone());
            }
            Some(reload) => {
                let generation = reload.generation;
                work.manifest.tables.entry(source.staging.to_owned()).or_default().open_reload = None;
                fold_ordinary(work, source, std::mem::take(&mut ordinary)).await?;
                reload::fold_reload(work, source, generation, segment.number).await?;
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

/// Folds segments that are no parts of a reload.
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
        let old = held
            .as_ref()
            .map_or_else(|| DataFrame::empty_with_schema(&source.schema()), |held| held.frame.clone());
        let (new, touched) = compute("staging", move || {
            let new = fold(source, &old, &incoming)?;
            let mut touched = Touched::default();
            for segment in &incoming {
                touched.merge(Touched::by(source, &old_versions(source, &old, &segment.rows)?)?);
                touched.merge(Touched::by(source, &old_versions(source, &new, &segment.rows)?)?);
            }
            Ok((new, touched))
        })
        .await?;
        replaced.push(Replaced { part, held, new, touched });
    }
    replace(work, source, replaced, last).await
}

/// Makes sure that the rejected rows of these segments lie beside them for people: a job that lost the race
/// for a number may have left its own there.
pub(super) async fn restore_rejected(
    work: &Work<'_>,
    source: &'static Source,
    segments: &[Segment],
) -> Result<()> {
    for segment in segments.iter().filter(|segment| segment.info.rejected > 0) {
        if let Some(csv) = segment::rejected_csv(source, &segment.frame)? {
            work.lake.restore_rejected_csv(source.staging, segment.number, csv).await?;
        }
    }
    Ok(())
}

/// A part that is to be replaced.
pub(super) struct Replaced {
    pub(super) part: String,
    pub(super) held: Option<Held>,
    pub(super) new: DataFrame,
    pub(super) touched: Touched,
}

/// Notes what the parts touch, then replaces them.
pub(super) async fn replace(
    work: &mut Work<'_>,
    source: &'static Source,
    parts: Vec<Replaced>,
    applied: SegmentNumber,
) -> Result<()> {
    let mut touched = Touched::default();
    for part in &parts {
        touched.merge(part.touched.clone());
    }
    work.note(touched).await?;
    for Replaced { part, held, mut new, .. } in parts {
        match held {
            // Another job has been here with the same segments or more.
            Some(held) if held.applied >= applied => new = held.frame,
            held => {
                let known = held.map(|held| held.etag);
                if work.lake.hold(source.staging, Slot::Part(&part), &mut new, applied, known).await?
                    == Put::Refused
                {
                    return Err(WarehouseError::Disturbed);
                }
            }
        }
        let zone = staging_zone_of(source, &new)
            .map_err(|error| WarehouseError::Compute { step: "staging".to_owned(), source: error })?;
        work.manifest.tables.entry(source.staging.to_owned()).or_default().parts.insert(part, zone);
    }
    Ok(())
}

/// The rows of a segment by the part that they belong to; rejected rows without a key belong to none.
pub(super) async fn divided(
    source: &'static Source,
    rows: &DataFrame,
) -> Result<BTreeMap<String, DataFrame>> {
    let rows = rows.clone();
    compute("staging", move || {
        let keyed = rows.drop_nulls(Some(&source.key_names()))?;
        divide(source, &keyed)
    })
    .await
}

/// Brings the open rejected rows up to date. A reload starts from none (`from`).
pub(super) async fn fold_open(
    work: &mut Work<'_>,
    source: &'static Source,
    segments: &[Segment],
    applied: SegmentNumber,
    from: Option<DataFrame>,
) -> Result<()> {
    let open_before = work.manifest.tables.get(source.staging).map_or(0, |table| table.rejected);
    let rejecting = segments.iter().any(|segment| segment.info.rejected > 0);
    if open_before == 0 && !rejecting && from.is_none() {
        return Ok(());
    }
    let held = work.lake.held(source.staging, Slot::Rejected, None).await?;
    let known_applied = held.as_ref().map_or(0, |held| held.applied);
    if known_applied >= applied {
        work.manifest.tables.entry(source.staging.to_owned()).or_default().rejected =
            held.map_or(0, |held| held.frame.height());
        return Ok(());
    }
    let mut rejections = Vec::new();
    for segment in segments.iter().filter(|segment| from.is_some() || segment.number > known_applied) {
        rejections.push(Rejection {
            rows: crate::frames::fit(&segment.frame, &segment::schema(source))
                .map_err(|source| WarehouseError::Compute { step: "staging".to_owned(), source })?,
            job_id: segment.info.job_id.clone(),
            rejected_at: segment.info.started_at.clone(),
        });
    }
    let before = held
        .as_ref()
        .map_or_else(|| DataFrame::empty_with_schema(&segment::rejected_schema()), |held| held.frame.clone());
    let mut open = compute("rejected rows", move || {
        let start = from.unwrap_or_else(|| before.clone());
        let open =
            rejections.iter().try_fold(start, |open, rejection| fold_rejected(source, &open, rejection))?;
        keep_first_record(&before, &open)
    })
    .await?;
    work.manifest.tables.entry(source.staging.to_owned()).or_default().rejected = open.height();
    let known = held.map(|held| held.etag);
    match work.lake.hold(source.staging, Slot::Rejected, &mut open, applied, known).await? {
        Put::Stored(_) => Ok(()),
        Put::Refused => Err(WarehouseError::Disturbed),
    }
}
