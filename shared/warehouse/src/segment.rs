//! What the rows of a raw segment look like: the table's columns, and beside them what is to be done with each
//! row.

use polars::prelude::{ChunkCompareEq, DataFrame, DataType, PolarsResult, Schema};

use crate::sources::Source;

/// The column that says what a row is: one of the `OP_…`.
pub const OP: &str = "_op";
/// Why a row was rejected.
pub const REASON: &str = "_reason";
/// The original values of a rejected row as JSON text.
pub const ROW: &str = "_row";

/// The row is new or has changed.
pub const OP_UPSERT: &str = "upsert";
/// The row has changed within an hour that the factory's clock shows twice, in autumn. The stamps do not tell
/// which version is the newer one, so this one takes the place of what is held.
pub const OP_REPLACE: &str = "replace";
/// The key was used again: the row is another one than the one that is held. It takes the place of that one,
/// whose stamps tell nothing about it.
pub const OP_REUSE: &str = "reuse";
/// The ERP no longer has the row; only its key is filled.
pub const OP_DELETE: &str = "delete";
/// The row was rejected; its key and watermark are filled as far as they could be read.
pub const OP_REJECT: &str = "reject";
/// The row was rejected and is recorded already. Only segments of a full reload say so.
pub const OP_STILL_REJECTED: &str = "still_rejected";
/// A rejected row (`_row`) is no longer in the ERP.
pub const OP_FORGET: &str = "forget";

/// The columns of a table's raw segments.
pub fn schema(source: &Source) -> Schema {
    let mut schema = source.schema();
    for name in [OP, REASON, ROW] {
        schema.insert(name.into(), DataType::String);
    }
    schema
}

/// The rows of a segment with this operation.
pub fn of_op(rows: &DataFrame, op: &str) -> PolarsResult<DataFrame> {
    let ops = rows.column(OP)?;
    rows.filter(&ops.str()?.equal(op))
}

/// A fingerprint of a table's columns and their types. A segment carries it, and so tells by which
/// declaration it was written.
pub fn digest(source: &Source) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    for column in source.columns {
        (column.source, column.kind.noun()).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}
