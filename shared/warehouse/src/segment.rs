//! What the rows of a raw segment look like: the table's columns, and beside them what is to be done with each
//! row.

use lake::LakeError;
use polars::prelude::{DataFrame, DataType, Field, PolarsResult, Schema};

use crate::sources::Source;

/// The column that says what a row is: one of the `OP_…`.
pub const OP: &str = "_op";
/// Why a row was rejected.
pub const REASON: &str = "_reason";
/// The original values of a rejected row as JSON text.
pub const ROW: &str = "_row";

/// The row is new or has changed.
pub const OP_UPSERT: &str = "upsert";
/// The ERP no longer has the row; only its key is filled.
pub const OP_DELETE: &str = "delete";
/// The row was rejected; its key and watermark are filled as far as they could be read.
pub const OP_REJECT: &str = "reject";
/// The row was rejected and is recorded already; only parts of a full reload say so.
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

/// The rejected rows of a segment as CSV for people: the reason, then the original values under their names in
/// the ERP. `None` if there are none.
pub fn rejected_csv(source: &Source, rows: &DataFrame) -> Result<Option<Vec<u8>>, LakeError> {
    let failed = |reason: String| LakeError::Corrupt {
        key: format!("rejected/{}", source.staging),
        expected: "rejected rows",
        reason,
    };
    let rejected = || -> PolarsResult<Vec<(String, String)>> {
        let rows = crate::staging::fold::of_op(rows, OP_REJECT)?;
        let (reasons, originals) = (rows.column(REASON)?, rows.column(ROW)?);
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Ok(reasons.str()?.iter().map(text).zip(originals.str()?.iter().map(text)).collect())
    };
    let rejected = rejected().map_err(|error| failed(error.to_string()))?;
    if rejected.is_empty() {
        return Ok(None);
    }
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let mut write =
        |record: Vec<String>| writer.write_record(record).map_err(|error| failed(error.to_string()));
    write(
        std::iter::once("reason")
            .chain(source.columns.iter().map(|column| column.source))
            .map(str::to_owned)
            .collect(),
    )?;
    for (reason, row) in rejected {
        let original: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&row).map_err(|error| failed(error.to_string()))?;
        let values = source.columns.iter().map(|column| match original.get(column.source) {
            None | Some(serde_json::Value::Null) => String::new(),
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        });
        write(std::iter::once(reason).chain(values).collect())?;
    }
    writer.into_inner().map(Some).map_err(|error| failed(error.to_string()))
}

/// Names the columns and types of a table, so that a segment tells which declaration it was written by.
pub fn digest(source: &Source) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    for column in source.columns {
        (column.source, column.kind.noun()).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

/// The columns of a table's open rejected rows.
pub fn rejected_schema() -> Schema {
    ["key", "reason", "row", "watermark", "job_id", "rejected_at"]
        .into_iter()
        .map(|name| Field::new(name.into(), DataType::String))
        .collect()
}
