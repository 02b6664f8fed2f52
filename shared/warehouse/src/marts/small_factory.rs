//! Scopes of hand-written rows for the tests of marts: a test names the columns that matter to it, and the
//! others are null.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::Shape;
use chrono::{NaiveDate, NaiveDateTime};
use polars::prelude::*;

use crate::frames;
use crate::scope::{DayScope, ProductScope, RECEIVED_ON, RunScope};
use crate::sources::{
    PLU, PROD_LINES, PRODUCT_CATALOGUE, RUN_INPUTS, Source, TEMPERATURE_LOGS, TRACEABILITY,
};
use crate::staging::stamps::day_of_each;

use super::{PRODUCTS, RUNS};

pub(super) fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
}

pub(super) fn at(date: u32, hour: u32, minute: u32) -> NaiveDateTime {
    day(date).and_hms_opt(hour, minute, 0).unwrap()
}

/// Runs of which nothing is known yet.
pub(super) fn no_runs() -> RunScope {
    let nothing = DataFrame::empty();
    RunScope {
        rejected: rejected(&[]),
        batches: df!["batch_code" => [""; 0]].unwrap(),
        intakes: intakes(&nothing),
        unread: BTreeSet::new(),
        lines: rows(&PROD_LINES, &nothing),
        products: products(&nothing),
        finished: runs(&nothing),
        ..RunScope::of(|source| Ok(of_run(source, &nothing))).unwrap()
    }
}

/// Rejected rows of run 7 of the 2nd: table, key and reason.
pub(super) fn rejected(of: &[(&str, Option<&str>, &str)]) -> DataFrame {
    df![
        "run_number" => vec!["7"; of.len()],
        "production_date" => vec![day(2); of.len()],
        "table" => of.iter().map(|row| row.0).collect::<Vec<_>>(),
        "key" => of.iter().map(|row| row.1).collect::<Vec<_>>(),
        "reason" => of.iter().map(|row| row.2).collect::<Vec<_>>(),
    ]
    .unwrap()
}

/// Rows of a staging table.
pub(super) fn rows(source: &Source, named: &DataFrame) -> DataFrame {
    checked(named, &source.schema())
}

/// Rows of a staging table under the runs that they count for.
pub(super) fn of_run(source: &Source, named: &DataFrame) -> DataFrame {
    let mut schema = source.schema();
    schema.insert("production_date".into(), DataType::Date);
    if *source == RUN_INPUTS {
        schema.insert(RECEIVED_ON.into(), DataType::Date);
    }
    checked(named, &schema)
}

/// Deliveries, with the days on which they came.
pub(super) fn intakes(named: &DataFrame) -> DataFrame {
    let mut schema = TRACEABILITY.schema();
    schema.insert(RECEIVED_ON.into(), DataType::Date);
    checked(named, &schema)
}

/// Rows of the mart `runs`. A column that always has a value is 0 where a test does not name it.
pub(super) fn runs(named: &DataFrame) -> DataFrame {
    let schema = RUNS.schema();
    let always = RUNS.columns.iter().filter(|column| !matches!(column.shape, Shape::Nullable(_)));
    let filled = always.map(|column| {
        let nothing = lit(0).cast(schema.get(column.name).unwrap().clone());
        col(column.name).fill_null(nothing)
    });
    checked(named, &schema).lazy().with_columns(filled.collect::<Vec<_>>()).collect().unwrap()
}

/// Rows of the mart `products`.
pub(super) fn products(named: &DataFrame) -> DataFrame {
    checked(named, &PRODUCTS.schema())
}

/// Rows of the product tables.
pub(super) fn product_tables(plu: &DataFrame, catalogue: &DataFrame) -> ProductScope {
    ProductScope { plu: rows(&PLU, plu), catalogue: rows(&PRODUCT_CATALOGUE, catalogue) }
}

/// Temperature readings.
pub(super) fn readings(named: &DataFrame) -> DayScope {
    days_of(&TEMPERATURE_LOGS, named)
}

/// Rows of a staging table that count by day; no line and no run is known.
pub(super) fn days_of(source: &Source, named: &DataFrame) -> DayScope {
    let mut rows_of_days = rows(source, named);
    rows_of_days.with_column(day_of_each(source, &rows_of_days).unwrap().unwrap()).unwrap();
    DayScope {
        before: rows_of_days.clear(),
        rows: rows_of_days,
        lines: rows(&PROD_LINES, &DataFrame::empty()),
        runs: runs(&DataFrame::empty()),
        settings: Arc::default(),
    }
}

fn checked(named: &DataFrame, schema: &Schema) -> DataFrame {
    for name in named.get_column_names() {
        assert!(schema.contains(name), "a test names a column `{name}` that does not exist");
    }
    frames::fit(named, schema).unwrap()
}

/// Rows as text, so that a test can say what it expects in one line each: `007208 | 2026-11-02 | 95.5 | -`.
pub(super) fn shown(frame: &DataFrame, columns: &[&str]) -> Vec<String> {
    let cell = |row, column: &&str| match frame.column(column).unwrap().get(row).unwrap() {
        AnyValue::Null => "-".to_owned(),
        AnyValue::Float64(number) => number.to_string(),
        other => other.get_str().map_or_else(|| other.to_string(), str::to_owned),
    };
    (0..frame.height())
        .map(|row| columns.iter().map(|column| cell(row, column)).collect::<Vec<_>>().join(" | "))
        .collect()
}
