//! INFORMATION_SCHEMA.COLUMNS and the views of `sys` about indexes, filled from the SQLite file.

use warehouse::sources::{ALL, Source};

use super::erp::{Column, Erp, Table};
use super::error::ServerError;
use super::types::SqlType;
use super::value::Value;

const NAME: SqlType = SqlType::NVarChar(Some(128));

/// INFORMATION_SCHEMA.COLUMNS of one table or of all. This decides the types of the columns anew.
pub(super) fn columns(erp: &mut Erp, only: Option<&str>) -> Result<Table, ServerError> {
    let mut rows = Vec::new();
    for source in
        ALL.into_iter().filter(|source| only.is_none_or(|only| only.eq_ignore_ascii_case(source.table)))
    {
        if erp.source(source.owner.schema(), source.table)?.is_none() {
            continue;
        }
        erp.decide_again(source)?;
        for (i, column) in erp.table(source)?.columns.iter().enumerate() {
            let (precision, scale) = column.ty.digits();
            rows.push(vec![
                Value::text(super::DATABASE),
                Value::text(source.owner.schema()),
                Value::text(source.table),
                Value::text(&column.name),
                Value::count(i + 1),
                Value::text(if column.nullable { "YES" } else { "NO" }),
                Value::text(column.ty.name()),
                Value::int(column.ty.length()),
                Value::int(precision),
                Value::int(scale),
                Value::int(column.ty.fraction_digits()),
            ]);
        }
    }
    let head = [
        ("TABLE_CATALOG", NAME),
        ("TABLE_SCHEMA", NAME),
        ("TABLE_NAME", NAME),
        ("COLUMN_NAME", NAME),
        ("ORDINAL_POSITION", SqlType::Int),
        ("IS_NULLABLE", SqlType::VarChar(Some(3))),
        ("DATA_TYPE", NAME),
        ("CHARACTER_MAXIMUM_LENGTH", SqlType::Int),
        ("NUMERIC_PRECISION", SqlType::TinyInt),
        ("NUMERIC_SCALE", SqlType::Int),
        ("DATETIME_PRECISION", SqlType::SmallInt),
    ];
    Ok(table(&head, rows))
}

/// A view of `sys`. `None` for a view that this endpoint does not have.
pub(super) fn sys(erp: &mut Erp, view: &str) -> Result<Option<Table>, ServerError> {
    Ok(match view.to_ascii_lowercase().as_str() {
        "schemas" => Some(sys_schemas()),
        "objects" | "tables" => Some(sys_objects(erp)?),
        "synonyms" => Some(sys_synonyms(erp)),
        "columns" => Some(sys_columns(erp)?),
        "indexes" => Some(sys_indexes(erp)?),
        "index_columns" => Some(sys_index_columns(erp)?),
        _ => None,
    })
}

fn sys_schemas() -> Table {
    table(
        &[("name", NAME), ("schema_id", SqlType::Int)],
        schemas().map(|(id, name)| vec![Value::text(name), Value::Int(id)]).collect(),
    )
}

fn sys_objects(erp: &mut Erp) -> Result<Table, ServerError> {
    let mut rows = Vec::new();
    for (id, source) in present(erp)? {
        let kind = if erp.kind(source)?.as_deref() == Some("view") { "V " } else { "U " };
        rows.push(vec![Value::text(source.table), Value::Int(id), schema_of(source), Value::text(kind)]);
    }
    for (id, source) in (2000..).zip(ALL).filter(|(_, source)| erp.synonyms.contains_key(source.table)) {
        rows.push(vec![Value::text(source.table), Value::Int(id), schema_of(source), Value::text("SN")]);
    }
    let head = [
        ("name", NAME),
        ("object_id", SqlType::Int),
        ("schema_id", SqlType::Int),
        ("type", SqlType::Char(2)),
    ];
    Ok(table(&head, rows))
}

fn sys_synonyms(erp: &Erp) -> Table {
    let rows = ALL.into_iter().filter_map(|source| {
        let of = erp.synonyms.get(source.table)?;
        Some(vec![Value::text(source.table), schema_of(source), Value::text(of)])
    });
    let head =
        [("name", NAME), ("schema_id", SqlType::Int), ("base_object_name", SqlType::NVarChar(Some(1035)))];
    table(&head, rows.collect())
}

fn schema_of(source: &Source) -> Value {
    Value::int(schemas().find(|(_, name)| *name == source.owner.schema()).map(|(id, _)| id))
}

fn sys_columns(erp: &mut Erp) -> Result<Table, ServerError> {
    let mut rows = Vec::new();
    for (id, source) in present(erp)? {
        for (i, name) in column_names(erp, source)?.iter().enumerate() {
            rows.push(vec![Value::Int(id), Value::text(name), Value::count(i + 1)]);
        }
    }
    Ok(table(&[("object_id", SqlType::Int), ("name", NAME), ("column_id", SqlType::Int)], rows))
}

fn sys_indexes(erp: &mut Erp) -> Result<Table, ServerError> {
    let mut rows = Vec::new();
    for (id, source) in present(erp)? {
        for (i, index) in indexes(erp, source)?.into_iter().enumerate() {
            rows.push(vec![
                Value::Int(id),
                Value::text(&index.name),
                Value::count(i + 1),
                Value::Bit(index.unique),
                Value::Bit(index.primary),
                Value::Bit(false),
                Value::Bit(index.partial),
                Value::Bit(false),
            ]);
        }
    }
    let head = [
        ("object_id", SqlType::Int),
        ("name", NAME),
        ("index_id", SqlType::Int),
        ("is_unique", SqlType::Bit),
        ("is_primary_key", SqlType::Bit),
        ("is_disabled", SqlType::Bit),
        ("has_filter", SqlType::Bit),
        ("is_hypothetical", SqlType::Bit),
    ];
    Ok(table(&head, rows))
}

fn sys_index_columns(erp: &mut Erp) -> Result<Table, ServerError> {
    let mut rows = Vec::new();
    for (id, source) in present(erp)? {
        for (i, index) in indexes(erp, source)?.into_iter().enumerate() {
            for (ordinal, (column, descending)) in index.columns.into_iter().enumerate() {
                rows.push(vec![
                    Value::Int(id),
                    Value::count(i + 1),
                    Value::count(ordinal + 1),
                    Value::Int(column + 1),
                    Value::count(ordinal + 1),
                    Value::Bit(descending),
                    Value::Bit(false),
                ]);
            }
        }
    }
    let head = [
        ("object_id", SqlType::Int),
        ("index_id", SqlType::Int),
        ("index_column_id", SqlType::Int),
        ("column_id", SqlType::Int),
        ("key_ordinal", SqlType::TinyInt),
        ("is_descending_key", SqlType::Bit),
        ("is_included_column", SqlType::Bit),
    ];
    Ok(table(&head, rows))
}

fn table(head: &[(&str, SqlType)], rows: Vec<Vec<Value>>) -> Table {
    let columns = head.iter().map(|(name, ty)| Column { name: (*name).to_owned(), ty: *ty, nullable: true });
    Table { columns: columns.collect(), rows }
}

fn schemas() -> impl Iterator<Item = (i64, &'static str)> {
    [(1, "dbo"), (5, "production")].into_iter()
}

/// The tables in the file, each with its object id.
fn present(erp: &mut Erp) -> Result<Vec<(i64, &'static Source)>, ServerError> {
    let mut tables = Vec::new();
    for (id, source) in (1000..).zip(ALL) {
        if erp.source(source.owner.schema(), source.table)?.is_some() {
            tables.push((id, source));
        }
    }
    Ok(tables)
}

fn column_names(erp: &mut Erp, source: &Source) -> Result<Vec<String>, ServerError> {
    erp.structure(|connection| {
        let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1) ORDER BY cid")?;
        statement.query_map([source.table], |row| row.get(0))?.collect()
    })
}

struct Index {
    name: String,
    unique: bool,
    primary: bool,
    partial: bool,
    /// The number of each key column in its table, and whether its order is descending.
    columns: Vec<(i64, bool)>,
}

/// The indexes of a table over plain columns. An integer primary key counts as one, because SQLite keeps the
/// rows of its table in that order.
fn indexes(erp: &mut Erp, source: &Source) -> Result<Vec<Index>, ServerError> {
    erp.structure(|connection| {
        let mut list = connection.prepare(
            "SELECT name, \"unique\", origin = 'pk', partial FROM pragma_index_list(?1) ORDER BY seq DESC",
        )?;
        let mut keys = connection
            .prepare("SELECT cid, \"desc\" FROM pragma_index_xinfo(?1) WHERE key = 1 ORDER BY seqno")?;
        let listed = list.query_map([source.table], |row| {
            Ok(Index {
                name: row.get(0)?,
                unique: row.get(1)?,
                primary: row.get(2)?,
                partial: row.get(3)?,
                columns: Vec::new(),
            })
        })?;
        let mut indexes = listed.collect::<rusqlite::Result<Vec<_>>>()?;
        for index in &mut indexes {
            index.columns = keys
                .query_map([&index.name], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()?;
        }
        indexes.retain(|index| index.columns.iter().all(|(column, _)| *column >= 0));
        if !indexes.iter().any(|index| index.primary) {
            let mut statement =
                connection.prepare("SELECT cid FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk")?;
            let columns: Vec<i64> =
                statement.query_map([source.table], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            if !columns.is_empty() {
                let columns = columns.into_iter().map(|column| (column, false)).collect();
                indexes.push(Index {
                    name: format!("PK_{}", source.table),
                    unique: true,
                    primary: true,
                    partial: false,
                    columns,
                });
            }
        }
        Ok(indexes)
    })
}
