//! The staging parts that new rows fall into: which they are, and how new versions take their place.

use std::collections::BTreeMap;

use lake::{ETag, Held, SegmentNumber, Slot};
use polars::prelude::{DataFrame, PolarsError, PolarsResult};

use crate::frames::compute;
use crate::sources::Source;
use crate::staging::divide::divide;
use crate::staging::first_stamps::{of_note, to_note};
use crate::staging::fold::Rows;
use crate::touched::Touched;
use crate::transform::work::Work;
use crate::{Result, WarehouseError};

/// A part that is to be replaced.
pub(super) struct Replaced {
    pub(super) part: String,
    pub(super) held: Option<Held>,
    pub(super) new: Rows,
    pub(super) touched: Touched,
}

/// What a part holds that was read; nothing, if there was none.
pub(super) fn rows_of(source: &Source, held: Option<&Held>) -> PolarsResult<Rows> {
    let Some(held) = held else { return Ok(Rows::none(source)) };
    Ok(Rows { held: held.frame.clone(), gone: of_note(source, held.note.as_deref())? })
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
    work.note(source, touched).await?;
    for Replaced { part, held, mut new, .. } in parts {
        match held {
            // Another job has been here with the same segments or more.
            Some(held) if held.applied >= applied => {
                work.note_version(source, Slot::Part(&part), held.etag);
                new.held = held.frame;
            }
            held => put_part(work, source, &part, &mut new, applied, held.map(|held| held.etag)).await?,
        }
        work.note_zone(source, &part, &new.held)?;
    }
    Ok(())
}

/// Writes a part in the place of the version `known`.
async fn put_part(
    work: &mut Work<'_>,
    source: &'static Source,
    part: &str,
    rows: &mut Rows,
    applied: SegmentNumber,
    known: Option<ETag>,
) -> Result<()> {
    let note = to_note(source, &rows.gone).map_err(failed)?;
    work.hold(source, Slot::Part(part), &mut rows.held, note, applied, known).await
}

fn failed(source: PolarsError) -> WarehouseError {
    WarehouseError::Compute { step: "staging".to_owned(), source }
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
