//! What the SQL of the lake and its judge have to know of tables and marts.

use std::fs;

use anyhow::{Context, Result};
use warehouse::marts;
use warehouse::sources::{ALL, FIRST_STAMP, Kind};

use super::Generated;
use crate::place;

/// The staging tables. The comment above them is written by hand.
pub(super) fn staging_tables() -> Result<Generated> {
    let path = "infra/lake/sql/staging_tables.sql";
    let kept = fs::read_to_string(place::root().join(path))?;
    let (comment, _) =
        kept.split_once("\n\n").with_context(|| format!("`{path}` has no comment at its top"))?;
    let tables = ALL.map(|source| {
        let columns = source.columns.iter().map(|column| (column.name(), column.kind));
        let first_stamp = source.keeps_first_stamp().then(|| (FIRST_STAMP.to_owned(), Kind::Time));
        let columns: Vec<_> =
            columns.chain(first_stamp).map(|(name, kind)| format!("    {name} {}", sql_type(kind))).collect();
        format!("CREATE TABLE staging.{} (\n{}\n);\n", source.staging, columns.join(",\n"))
    });
    Ok(Generated { path, text: format!("{comment}\n\n{}", tables.join("\n")) })
}

fn sql_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "VARCHAR",
        Kind::Whole => "BIGINT",
        Kind::Number | Kind::Signed => "DOUBLE",
        Kind::Flag => "BOOLEAN",
        Kind::Date => "DATE",
        Kind::Time => "TIMESTAMP",
    }
}

/// What the rows of each mart are unique by.
pub(super) fn grains() -> Result<Generated> {
    let line = |mart: &&marts::Mart| Ok(format!("  {:?}: {}", mart.name, serde_json::to_string(mart.grain)?));
    let lines: Vec<String> = marts::ALL.iter().map(line).collect::<Result<_>>()?;
    Ok(Generated { path: "tests/judge/grains.json", text: format!("{{\n{}\n}}\n", lines.join(",\n")) })
}
