//! Which rejected rows are still open. Pure: frames in, frame out.

use api::row;
use polars::prelude::*;

use super::stamps::watermark_of;
use crate::frames::{anti, fit, stack};
use crate::marts::rows;
use crate::segment::{
    OP_DELETE, OP_FORGET, OP_REJECT, OP_REPLACE, OP_REUSE, OP_STILL_REJECTED, OP_UPSERT, REASON, ROW, of_op,
};
use crate::sources::{Kind, Source};

/// The columns of a table's open rejected rows.
pub fn rejected_schema() -> Schema {
    ["key", "reason", "row", "watermark", "job_id", "rejected_at"]
        .into_iter()
        .map(|name| Field::new(name.into(), DataType::String))
        .collect()
}

/// The rows of a segment, and which job rejected them when.
#[derive(Clone, Debug)]
pub struct Rejection {
    /// The rows of a segment, as [`crate::segment::schema`] has them.
    pub rows: DataFrame,
    /// The job that wrote the segment.
    pub job_id: String,
    /// When that job began: ISO 8601 with offset.
    pub rejected_at: String,
}

/// The rows that are open after a segment. Mended, deleted and forgotten rows leave the list. A rejected row
/// takes the place of its earlier version, or joins the list.
pub fn fold_rejected(source: &Source, open: &DataFrame, segment: &Rejection) -> PolarsResult<DataFrame> {
    let schema = rejected_schema();
    let named = |rows: &DataFrame| -> PolarsResult<DataFrame> {
        DataFrame::new_infer_height(vec![keys_of(source, rows)?])
    };
    let key = ["key".to_owned()];
    let mut rows = fit(open, &schema)?;
    for op in [OP_UPSERT, OP_REPLACE, OP_REUSE, OP_DELETE] {
        rows = anti(&rows, &named(&of_op(&segment.rows, op)?)?, &key)?;
    }
    let mut forgotten = of_op(&segment.rows, OP_FORGET)?.select([ROW])?;
    forgotten.rename(ROW, "row".into())?;
    rows = anti(&rows, &forgotten, &["row".to_owned()])?;

    let rejected = of_op(&segment.rows, OP_REJECT)?.vstack(&of_op(&segment.rows, OP_STILL_REJECTED)?)?;
    let added = DataFrame::new(
        rejected.height(),
        vec![
            keys_of(source, &rejected)?,
            rejected.column(REASON)?.clone().with_name("reason".into()),
            rejected.column(ROW)?.clone().with_name("row".into()),
            watermark_of(source, &rejected)?.cast(&DataType::String)?.with_name("watermark".into()),
            constant("job_id", &segment.job_id, rejected.height()),
            constant("rejected_at", &segment.rejected_at, rejected.height()),
        ],
    )?;
    rows = anti(&rows, &added, &key)?;
    let all = stack([rows, added], &schema)?;
    all.unique_stable(Some(&key), UniqueKeepStrategy::Last, None)
}

/// The open rows. A row that was open before, in the same form, keeps the record of which job found it first.
pub fn keep_first_record(before: &DataFrame, open: &DataFrame) -> PolarsResult<DataFrame> {
    let same = ["key", "reason", "row"].map(str::to_owned);
    let still = crate::frames::semi(before, open, &same)?;
    stack([still, anti(open, before, &same)?], &rejected_schema())
}

row! {
    /// A row of a table's open list.
    pub struct OpenRow {
        /// Its key as a JSON array, or its original values where the key itself cannot be read.
        key: Option<String>,
        /// Why it was rejected.
        reason: Option<String>,
        /// Its original values as JSON.
        row: Option<String>,
        /// Its watermark, if that can be read.
        watermark: Option<String>,
        /// The job that found it first.
        job_id: Option<String>,
        /// When that job began: ISO 8601 with offset.
        rejected_at: Option<String>,
    }
}

/// The rows of an open list. An older list may lack a column.
pub fn open_rows(list: &DataFrame) -> PolarsResult<Vec<OpenRow>> {
    Ok(rows(&fit(list, &rejected_schema())?)?)
}

/// How a rejected row is known: its key as a JSON array, or its original values where the key itself cannot
/// be read.
pub fn keys_of(source: &Source, rows: &DataFrame) -> PolarsResult<Column> {
    let mut keys: Vec<Option<Vec<String>>> = vec![Some(Vec::new()); rows.height()];
    for name in source.key {
        let column = source.column(name);
        let values = rows.column(&column.name())?;
        let texts: Vec<Option<String>> = match column.kind {
            Kind::Text => {
                values.str()?.iter().map(|v| v.map(|v| serde_json::Value::from(v).to_string())).collect()
            }
            Kind::Date => values.date()?.as_date_iter().map(|v| v.map(|v| format!("\"{v}\""))).collect(),
            _ => values.cast(&DataType::String)?.str()?.iter().map(|v| v.map(str::to_owned)).collect(),
        };
        for (key, text) in keys.iter_mut().zip(texts) {
            *key = key.take().and_then(|mut parts| {
                parts.push(text?);
                Some(parts)
            });
        }
    }
    let originals = rows.column(ROW)?.str()?.clone();
    let names: Vec<String> = keys
        .into_iter()
        .zip(originals.iter())
        .map(|(key, row)| {
            key.map_or_else(|| row.unwrap_or_default().to_owned(), |parts| format!("[{}]", parts.join(",")))
        })
        .collect();
    Ok(Column::new("key".into(), names))
}

fn constant(name: &str, value: &str, rows: usize) -> Column {
    Column::new_scalar(name.into(), Scalar::from(PlSmallStr::from_str(value)), rows)
}
