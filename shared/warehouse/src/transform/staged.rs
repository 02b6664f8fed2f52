//! Reads rows from staging: only the parts and columns that are asked for.

use std::collections::BTreeSet;

use futures::{StreamExt, TryStreamExt, stream};
use lake::Slot;
use polars::prelude::{DataFrame, SchemaExt};

use super::reads::READS_AT_ONCE;
use super::work::Work;
use crate::frames::{compute, stack};
use crate::sources::Source;
use crate::staging::zones::may_hold;
use crate::{Result, WarehouseError};

/// All rows of a table, with these columns. `None` is all columns.
pub(super) async fn staged_all(
    work: &Work<'_>,
    source: &'static Source,
    columns: Option<&[String]>,
) -> Result<DataFrame> {
    let table = work.manifest.tables.get(source.staging);
    let parts = table.iter().flat_map(|table| table.parts.keys()).cloned().collect();
    rows_of_parts(work, source, parts, columns).await
}

/// The rows of the parts that can hold a row of one of these groups. Other rows are among them, which the
/// caller filters out.
pub(super) async fn staged(
    work: &Work<'_>,
    source: &'static Source,
    zone: &str,
    groups: &BTreeSet<String>,
    columns: Option<&[String]>,
) -> Result<DataFrame> {
    let table = work.manifest.tables.get(source.staging);
    let parts = table
        .iter()
        .flat_map(|table| &table.parts)
        .filter(|(_, held)| may_hold(held, zone, groups))
        .map(|(part, _)| part.clone());
    rows_of_parts(work, source, parts.collect(), columns).await
}

async fn rows_of_parts(
    work: &Work<'_>,
    source: &'static Source,
    parts: Vec<String>,
    columns: Option<&[String]>,
) -> Result<DataFrame> {
    let frames: Vec<DataFrame> = stream::iter(parts)
        .map(|part| async move {
            Ok::<_, WarehouseError>(
                work.held(source, Slot::Part(&part), columns).await?.map(|held| held.frame),
            )
        })
        .buffered(READS_AT_ONCE)
        .try_filter_map(|frame| async { Ok(frame) })
        .try_collect()
        .await?;
    let mut schema = source.staging_schema();
    if let Some(columns) = columns {
        schema = schema
            .iter_fields()
            .filter(|field| columns.iter().any(|name| name == field.name().as_str()))
            .collect();
    }
    compute("staging rows", move || stack(frames, &schema)).await
}
