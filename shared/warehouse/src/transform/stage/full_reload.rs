//! How a full reload takes effect: its segments together are the table, and a row that they lack is gone from
//! the ERP. Where the reload says that too many would go, those that it lacks stay.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use lake::{Mode, Reload, Segment, SegmentNumber, Slot};
use polars::prelude::{DataFrame, PolarsResult};

use super::rejected::{fold_open, restore_rejected};
use super::segments::read_segment;
use super::staging_parts::{Replaced, divided, replace, rows_of};
use crate::Result;
use crate::frames::{anti, compute};
use crate::sources::Source;
use crate::staging::incoming::Incoming;
use crate::staging::open::rejected_schema;
use crate::touched::Touched;
use crate::transform::reads::READS_AT_ONCE;
use crate::transform::work::Work;

/// Replaces the table by a reload, which segment `closing` closes. Segments that other jobs
/// committed meanwhile are folded over it. The reload may have read past the place of their rows before the
/// ERP had them.
pub(super) async fn fold_reload(
    work: &mut Work<'_>,
    source: &'static Source,
    reload: &Reload,
    closing: SegmentNumber,
) -> Result<()> {
    let keeps_missing = reload.keeps_missing;
    let order = segments_of(work, source, reload.generation, closing).await?;
    let known = if keeps_missing { work.held(source, Slot::Rejected, None).await? } else { None };
    let open = known.map_or_else(|| DataFrame::empty_with_schema(&rejected_schema()), |held| held.frame);
    fold_open(work, source, &order, closing, Some(open)).await?;
    restore_rejected(work, source, &order).await?;
    let mut by_part: BTreeMap<String, Vec<Incoming>> = BTreeMap::new();
    for segment in order {
        // A reload may have read a row twice. The later watermark then wins, as it does between other
        // segments.
        let authoritative = segment.info.mode == Mode::Reconcile;
        for (part, rows) in divided(source, &segment.frame).await? {
            by_part.entry(part).or_default().push(Incoming { rows, authoritative });
        }
    }
    for part in work.parts(source) {
        by_part.entry(part).or_default();
    }
    let mut replaced = Vec::new();
    for (part, incoming) in by_part {
        let held = work.held(source, Slot::Part(&part), None).await?;
        let read = held.clone();
        let (new, touched) = compute("a full reload", move || {
            let old = rows_of(source, read.as_ref())?;
            let new = if keeps_missing {
                old.overlaid_by(source, &incoming)?
            } else {
                old.replaced_by(source, &incoming)?
            };
            let touched = differing(source, &old.held, &new.held)?;
            Ok((new, touched))
        })
        .await?;
        replaced.push(Replaced { part, held, new, touched });
    }
    replace(work, source, replaced, closing).await
}

/// The segments of a reload, and after them those that other jobs committed meanwhile.
async fn segments_of(
    work: &Work<'_>,
    source: &'static Source,
    generation: SegmentNumber,
    closing: SegmentNumber,
) -> Result<Vec<Segment>> {
    let segments: Vec<Segment> = stream::iter(generation..=closing)
        .map(|number| read_segment(work.lake, source, number))
        .buffered(READS_AT_ONCE)
        .try_collect()
        .await?;
    // Segments of other reloads, above all of unfinished ones, mean nothing.
    let (of_reload, others): (Vec<Segment>, Vec<Segment>) = segments
        .into_iter()
        .filter(|segment| segment.info.reload.as_ref().is_none_or(|reload| reload.generation == generation))
        .partition(|segment| segment.info.reload.is_some());
    Ok(of_reload.into_iter().chain(others).collect())
}

/// What is touched by the rows that only one of the frames has.
fn differing(source: &Source, old: &DataFrame, new: &DataFrame) -> PolarsResult<Touched> {
    let all: Vec<String> = source.columns.iter().map(crate::sources::Column::name).collect();
    let mut touched = Touched::by(source, &anti(old, new, &all)?)?;
    touched.merge(Touched::by(source, &anti(new, old, &all)?)?);
    Ok(touched)
}
