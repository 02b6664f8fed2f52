//! The rejected rows of segments: the list of those that are open, and the CSV beside a segment for people.

use lake::{Segment, SegmentNumber, Slot};
use polars::prelude::DataFrame;

use crate::frames::{compute, fit};
use crate::rejected_csv::rejected_csv;
use crate::sources::Source;
use crate::staging::open::{Rejection, fold_rejected, keep_first_record, rejected_schema};
use crate::staging::rejected::runs_that_differ;
use crate::touched::Touched;
use crate::transform::work::Work;
use crate::{Result, WarehouseError, segment};

/// Brings the list of open rejected rows up to date, beginning with the list `from`. `None` is the list as it
/// is. A reload begins with an empty list.
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
    let held = work.held(source, Slot::Rejected, None).await?;
    let known_applied = held.as_ref().map_or(0, |held| held.applied);
    if known_applied >= applied {
        let rejected = held.as_ref().map_or(0, |held| held.frame.height());
        work.manifest.tables.entry(source.staging.to_owned()).or_default().rejected = rejected;
        if let Some(held) = held {
            work.note_version(source, Slot::Rejected, held.etag);
        }
        return Ok(());
    }
    let mut rejections = Vec::new();
    for segment in segments.iter().filter(|segment| from.is_some() || segment.number > known_applied) {
        rejections.push(Rejection {
            rows: fit(&segment.frame, &segment::schema(source))
                .map_err(|source| WarehouseError::Compute { step: "staging".to_owned(), source })?,
            job_id: segment.info.job_id.clone(),
            rejected_at: segment.info.started_at.clone(),
        });
    }
    let before = held
        .as_ref()
        .map_or_else(|| DataFrame::empty_with_schema(&rejected_schema()), |held| held.frame.clone());
    let (mut open, runs) = compute("rejected rows", move || {
        let start = from.unwrap_or_else(|| before.clone());
        let open =
            rejections.iter().try_fold(start, |open, rejection| fold_rejected(source, &open, rejection))?;
        let open = keep_first_record(&before, &open)?;
        let runs = runs_that_differ(source, &before, &open)?;
        Ok((open, runs))
    })
    .await?;
    // A run shows how many of its rows are rejected. Afterwards nobody could tell whose rows left the list.
    let touched = Touched { runs, ..Touched::default() };
    work.note(source, touched).await?;
    work.manifest.tables.entry(source.staging.to_owned()).or_default().rejected = open.height();
    let known = held.map(|held| held.etag);
    work.hold(source, Slot::Rejected, &mut open, None, applied, known).await
}

/// Makes sure that the rejected rows of these segments lie beside them for people: a job that lost the race
/// for a number may have left its own there.
pub(super) async fn restore_rejected(
    work: &Work<'_>,
    source: &'static Source,
    segments: &[Segment],
) -> Result<()> {
    for segment in segments.iter().filter(|segment| segment.info.rejected > 0) {
        if let Some(csv) = rejected_csv(source, &segment.frame)? {
            work.lake.restore_rejected_csv(source.staging, segment.number, csv).await?;
        }
    }
    Ok(())
}
