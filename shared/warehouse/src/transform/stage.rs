//! Raw to staging: finds the batches that staging does not take account of yet and folds them in, part by
//! part.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use lake::{Batch, BatchNumber, Held, Mode, Put, Slot};
use polars::prelude::DataFrame;

use super::{Work, reload};
use crate::frames::compute;
use crate::sources::{ALL, Source};
use crate::staging::fold::{Incoming, fold, old_versions};
use crate::staging::open::{Rejection, fold_rejected, keep_first_record};
use crate::staging::parts::{divide, staging_zone_of};
use crate::touched::Touched;
use crate::{Result, WarehouseError, batch};

/// So many batches are folded at once: enough to rewrite a part seldom, few enough to hold in memory.
const BATCHES_AT_ONCE: usize = 64;
/// So many reads of the storage go on at once.
pub(super) const READS_AT_ONCE: usize = 8;

/// Folds everything that raw holds into staging; tells whether there was anything.
pub(super) async fn catch_up(work: &mut Work<'_>) -> Result<bool> {
    let applied = |source: &Source| work.manifest.tables.get(source.staging).map_or(0, |table| table.applied);
    let asked = ALL.into_iter().map(|source| (source, applied(source))).collect::<Vec<_>>();
    let lake = work.lake;
    let backlog: Vec<(&Source, Vec<BatchNumber>)> = stream::iter(asked)
        .map(|(source, applied)| async move {
            Ok::<_, WarehouseError>((source, lake.batches_after(source.staging, applied).await?))
        })
        .buffered(READS_AT_ONCE)
        .try_collect()
        .await?;
    let mut any = false;
    for (source, numbers) in backlog {
        for (i, chunk) in numbers.chunks(BATCHES_AT_ONCE).enumerate() {
            if numbers.len() > BATCHES_AT_ONCE {
                tracing::info!(
                    table = source.table,
                    batch = i * BATCHES_AT_ONCE,
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

async fn fold_chunk(work: &mut Work<'_>, source: &'static Source, numbers: &[BatchNumber]) -> Result<()> {
    let lake = work.lake;
    let batches: Vec<Batch> = stream::iter(numbers.to_vec())
        .map(|number| async move { lake.batch(source.staging, number, None).await })
        .buffered(READS_AT_ONCE)
        .try_collect()
        .await?;
    let last = batches.last().map(|batch| (batch.number, batch.info.clone()));
    let mut ordinary = Vec::new();
    for batch in batches {
        match &batch.info.reload {
            None => ordinary.push(batch),
            // The parts of a reload mean nothing until its closing part is there.
            Some(reload) if !reload.closes => {
                work.manifest.tables.entry(source.staging.to_owned()).or_default().open_reload =
                    Some(reload.clone());
            }
            Some(reload) => {
                let generation = reload.generation;
                work.manifest.tables.entry(source.staging.to_owned()).or_default().open_reload = None;
                fold_ordinary(work, source, std::mem::take(&mut ordinary)).await?;
                reload::fold_reload(work, source, generation, batch.number).await?;
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

/// Folds batches that are no parts of a reload.
async fn fold_ordinary(work: &mut Work<'_>, source: &'static Source, batches: Vec<Batch>) -> Result<()> {
    let Some(last) = batches.last().map(|batch| batch.number) else { return Ok(()) };
    fold_open(work, source, &batches, last, None).await?;
    restore_rejected(work, source, &batches).await?;
    let mut by_part: BTreeMap<String, Vec<(BatchNumber, Incoming)>> = BTreeMap::new();
    for batch in &batches {
        let authoritative = batch.info.mode != Mode::Incremental;
        for (part, rows) in divided(source, &batch.frame).await? {
            by_part.entry(part).or_default().push((batch.number, Incoming { rows, authoritative }));
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
            for batch in &incoming {
                touched.merge(Touched::by(source, &old_versions(source, &old, &batch.rows)?)?);
                touched.merge(Touched::by(source, &old_versions(source, &new, &batch.rows)?)?);
            }
            Ok((new, touched))
        })
        .await?;
        replaced.push(Replaced { part, held, new, touched });
    }
    replace(work, source, replaced, last).await
}

/// Makes sure that the rejected rows of these batches lie beside them for people: a run that lost the race
/// for a number may have left its own there.
pub(super) async fn restore_rejected(
    work: &Work<'_>,
    source: &'static Source,
    batches: &[Batch],
) -> Result<()> {
    for batch in batches.iter().filter(|batch| batch.info.rejected > 0) {
        if let Some(csv) = batch::rejected_csv(source, &batch.frame)? {
            work.lake.restore_rejected_csv(source.staging, batch.number, csv).await?;
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
    applied: BatchNumber,
) -> Result<()> {
    let mut touched = Touched::default();
    for part in &parts {
        touched.merge(part.touched.clone());
    }
    work.note(touched).await?;
    for Replaced { part, held, mut new, .. } in parts {
        match held {
            // Another run has been here with the same batches or more.
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

/// The rows of a batch by the part that they belong to; rejected rows without a key belong to none.
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
    batches: &[Batch],
    applied: BatchNumber,
    from: Option<DataFrame>,
) -> Result<()> {
    let open_before = work.manifest.tables.get(source.staging).map_or(0, |table| table.rejected);
    let rejecting = batches.iter().any(|batch| batch.info.rejected > 0);
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
    for batch in batches.iter().filter(|batch| from.is_some() || batch.number > known_applied) {
        rejections.push(Rejection {
            rows: crate::frames::fit(&batch.frame, &batch::schema(source))
                .map_err(|source| WarehouseError::Compute { step: "staging".to_owned(), source })?,
            job_id: batch.info.run_id.clone(),
            rejected_at: batch.info.started_at.clone(),
        });
    }
    let before = held
        .as_ref()
        .map_or_else(|| DataFrame::empty_with_schema(&batch::rejected_schema()), |held| held.frame.clone());
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
