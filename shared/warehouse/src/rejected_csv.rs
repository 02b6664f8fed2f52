//! The rejected rows of a segment, for people.

use lake::{LakeError, keys};
use polars::prelude::{DataFrame, PolarsResult};

use crate::segment::{OP_REJECT, REASON, ROW, of_op};
use crate::sources::Source;

/// The rejected rows of a segment as CSV for people: the reason, then the original values under their names in
/// the ERP. `None` if there are none.
pub fn rejected_csv(source: &Source, rows: &DataFrame) -> Result<Option<Vec<u8>>, LakeError> {
    let failed = |reason: String| LakeError::Corrupt {
        key: keys::rejected_folder(source.staging),
        expected: "rejected rows",
        reason,
    };
    let rejected = || -> PolarsResult<Vec<(String, String)>> {
        let rows = of_op(rows, OP_REJECT)?;
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
