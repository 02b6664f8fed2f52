//! What staging and marts both do with DataFrames: fitting a schema, joins by key, sets of codes.

use std::collections::{BTreeSet, HashMap};

use domain::code::folded;
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

/// The rows of `left`, in their order, with what `right` has under the same `keys`. Of `right`, each key is
/// there once. Null equals null.
pub(crate) fn left_join_on(left: &DataFrame, right: &DataFrame, keys: &[String]) -> PolarsResult<DataFrame> {
    let in_order = JoinArgs { maintain_order: MaintainOrderJoin::Left, ..null_safe(JoinType::Left) };
    left.join(right, keys, keys, in_order, None)
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

/// The distinct codes of a column, [folded].
pub(crate) fn codes(frame: &DataFrame, column: &str) -> PolarsResult<BTreeSet<String>> {
    let unique = frame.column(column)?.unique()?;
    Ok(unique.str()?.iter().flatten().map(folded).collect())
}

/// The rows whose code in `column` is one of `wanted`, which are folded.
pub(crate) fn with_code_in(
    frame: &DataFrame,
    column: &str,
    wanted: &BTreeSet<String>,
) -> PolarsResult<DataFrame> {
    frame.filter(&is_code_in(frame, column, wanted)?)
}

/// The rows whose code in `column` is none of `unwanted`, which are folded.
pub(crate) fn without_code_in(
    frame: &DataFrame,
    column: &str,
    unwanted: &BTreeSet<String>,
) -> PolarsResult<DataFrame> {
    frame.filter(&!is_code_in(frame, column, unwanted)?)
}

fn is_code_in(frame: &DataFrame, column: &str, codes: &BTreeSet<String>) -> PolarsResult<BooleanChunked> {
    // Many rows have few spellings: each is folded once.
    let mut known = HashMap::new();
    let mut is_one = |code| *known.entry(code).or_insert_with(|| codes.contains(&folded(code)));
    Ok(frame.column(column)?.str()?.iter().map(|code| Some(code.is_some_and(&mut is_one))).collect())
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
