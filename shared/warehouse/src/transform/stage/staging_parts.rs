//! The staging parts that new rows fall into: which they are, and how new versions take their place.

use std::collections::BTreeMap;

use lake::{Held, Put, SegmentNumber, Slot};
use polars::prelude::DataFrame;

use crate::frames::compute;
use crate::sources::Source;
use crate::staging::divide::divide;
use crate::staging::zones::staging_zone_of;
use crate::touched::Touched;
use crate::transform::work::Work;
use crate::{Result, WarehouseError};

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
