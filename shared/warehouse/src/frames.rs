//! What staging and marts both do with DataFrames: fitting a schema, joins by key, text sets.

use std::collections::BTreeSet;

use polars::prelude::*;

use crate::{Result, WarehouseError};

/// The frame with just the columns of `schema`, in the schema's order and types. A column that the frame
/// lacks is all null.
pub(crate) fn fit(frame: &DataFrame, schema: &Schema) -> PolarsResult<DataFrame> {
    let columns = schema.iter_fields().map(|field| match frame.column(field.name()) {
        Ok(column) if column.dtype() == field.dtype() => Ok(column.clone()),
        Ok(column) => column.strict_cast(field.dtype()),
        Err(_) => Ok(Column::full_null(field.name().clone(), frame.height(), field.dtype())),
    });
    DataFrame::new(frame.height(), columns.collect::<PolarsResult<Vec<_>>>()?)
}

/// The rows of `left` whose `keys` are in `right`. Null equals null.
pub(crate) fn semi(left: &DataFrame, right: &DataFrame, keys: &[String]) -> PolarsResult<DataFrame> {
    left.join(right, keys, keys, null_safe(JoinType::Semi), None)
}

/// The rows of `left` whose `keys` are not in `right`. Null equals null.
pub(crate) fn anti(left: &DataFrame, right: &DataFrame, keys: &[String]) -> PolarsResult<DataFrame> {
    left.join(right, keys, keys, null_safe(JoinType::Anti), None)
}

fn null_safe(how: JoinType) -> JoinArgs {
    JoinArgs { nulls_equal: true, ..JoinArgs::new(how) }
}

/// The rows of one frame after those of the other, each frame fitted to `schema`.
pub(crate) fn stack(frames: impl IntoIterator<Item = DataFrame>, schema: &Schema) -> PolarsResult<DataFrame> {
    let mut all = DataFrame::empty_with_schema(schema);
    for frame in frames {
        all.vstack_mut_owned(fit(&frame, schema)?)?;
    }
    all.rechunk_mut();
    Ok(all)
}

/// The distinct texts of a column.
pub(crate) fn texts(frame: &DataFrame, column: &str) -> PolarsResult<BTreeSet<String>> {
    let unique = frame.column(column)?.unique()?;
    Ok(unique.str()?.iter().flatten().map(str::to_owned).collect())
}

/// The rows whose text in `column` is one of `values`.
pub(crate) fn with_text_in(
    frame: &DataFrame,
    column: &str,
    values: &BTreeSet<String>,
) -> PolarsResult<DataFrame> {
    let wanted = DataFrame::new_infer_height(vec![Column::new(
        column.into(),
        values.iter().map(String::as_str).collect::<Vec<_>>(),
    )])?;
    semi(frame, &wanted, &[column.to_owned()])
}

/// The rows whose text in `column` is none of `values`.
pub(crate) fn without_text_in(
    frame: &DataFrame,
    column: &str,
    values: &BTreeSet<String>,
) -> PolarsResult<DataFrame> {
    let unwanted = DataFrame::new_infer_height(vec![Column::new(
        column.into(),
        values.iter().map(String::as_str).collect::<Vec<_>>(),
    )])?;
    anti(frame, &unwanted, &[column.to_owned()])
}

/// Does work on frames on a blocking thread, away from those that serve I/O. Polars' lazy engine must not
/// run on a current-thread runtime.
pub(crate) async fn compute<T: Send + 'static>(
    step: &'static str,
    work: impl FnOnce() -> PolarsResult<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|source| WarehouseError::Compute { step: step.to_owned(), source }),
        Err(_) => Err(WarehouseError::Interrupted(step)),
    }
}
