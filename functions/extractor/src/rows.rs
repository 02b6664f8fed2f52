//! Typed rows as the frame of a raw segment.

use polars::prelude::*;
use warehouse::segment;
use warehouse::sources::{Kind, Source};

use crate::validate::RejectedRow;
use crate::value::Value;

/// What a raw segment says of one row.
#[derive(Clone, Debug)]
pub(crate) struct SegmentRow {
    /// What is to be done with it: one of `warehouse::segment::OP_…`.
    pub op: &'static str,
    /// Its values in the order of the source's columns.
    pub values: Vec<Value>,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// Its original values, if it was rejected.
    pub row: Option<String>,
}

impl SegmentRow {
    /// A row that can be taken, or a key.
    pub(crate) fn of(op: &'static str, values: Vec<Value>) -> Self {
        Self { op, values, reason: None, row: None }
    }

    /// A rejected row; `op` tells whether it is recorded already.
    pub(crate) fn rejected(op: &'static str, source: &Source, rejected: &RejectedRow) -> Self {
        Self {
            op,
            values: rejected.values.clone(),
            reason: Some(rejected.reason.clone()),
            row: Some(rejected.json(source)),
        }
    }
}

/// The rows as a frame with the columns of [`segment::schema`].
pub(crate) fn frame(source: &Source, rows: &[SegmentRow]) -> PolarsResult<DataFrame> {
    let mut columns = Vec::with_capacity(source.columns.len() + 3);
    for (i, column) in source.columns.iter().enumerate() {
        let name = PlSmallStr::from_string(column.name());
        let values = rows.iter().map(|row| &row.values[i]);
        columns.push(match column.kind {
            Kind::Text => StringChunked::from_iter_options(
                name,
                values.map(|v| if let Value::Text(v) = v { Some(v.as_str()) } else { None }),
            )
            .into_column(),
            Kind::Whole => Int64Chunked::from_iter_options(
                name,
                values.map(|v| if let Value::Whole(v) = v { Some(*v) } else { None }),
            )
            .into_column(),
            Kind::Number | Kind::Signed => Float64Chunked::from_iter_options(
                name,
                values.map(|v| if let Value::Number(v) = v { Some(*v) } else { None }),
            )
            .into_column(),
            Kind::Flag => BooleanChunked::from_iter_options(
                name,
                values.map(|v| if let Value::Flag(v) = v { Some(*v) } else { None }),
            )
            .into_column(),
            Kind::Date => DateChunked::from_naive_date_options(
                name,
                values.map(|v| if let Value::Date(v) = v { Some(*v) } else { None }),
            )
            .into_column(),
            Kind::Time => {
                let times = values.map(|v| {
                    if let Value::Time(v) = v { Some(v.and_utc().timestamp_micros()) } else { None }
                });
                Int64Chunked::from_iter_options(name, times)
                    .into_datetime(TimeUnit::Microseconds, None)
                    .into_column()
            }
        });
    }
    let text = |name: &str, values: Vec<Option<&str>>| Column::new(name.into(), values);
    columns.push(text(segment::OP, rows.iter().map(|row| Some(row.op)).collect()));
    columns.push(text(segment::REASON, rows.iter().map(|row| row.reason.as_deref()).collect()));
    columns.push(text(segment::ROW, rows.iter().map(|row| row.row.as_deref()).collect()));
    DataFrame::new(rows.len(), columns)
}
