//! The keys that a comparison goes by, as the lake and the ERP write them.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use lake::{Lake, Slot, Zone};
use polars::prelude::*;
use warehouse::sources::{Kind, Source};
use warehouse::staging::stamps::watermark_of;
use warehouse::staging::zones::{may_hold, months_since};

use crate::error::TableError;
use crate::key::key_text;
use crate::source::{Cell, Class, Condition, Table};
use crate::value::{Value, read};

/// A key as the ERP and as the lake write it.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) values: Vec<Value>,
    /// The ERP's own cells, if the key came from the ERP.
    pub(super) cells: Option<Vec<Cell>>,
}

impl Key {
    /// Reads a key as the list of open rejections names it; `None` if the row has no key.
    pub(super) fn of_json(source: &Source, key: &str, factory_tz: Tz) -> Option<Self> {
        let parts: Vec<serde_json::Value> = serde_json::from_str(key).ok()?;
        let value = |(name, part): (&&'static str, serde_json::Value)| {
            let cell = match part {
                serde_json::Value::Number(number) => Cell::Int(number.as_i64()?),
                serde_json::Value::String(text) => Cell::Text(text),
                _ => return None,
            };
            read(source.column(name), &cell, factory_tz).ok()
        };
        let values: Vec<Value> = source.key.iter().zip(parts).map(value).collect::<Option<_>>()?;
        (values.len() == source.key.len()).then_some(Self { values, cells: None })
    }

    /// The key as text that no other key has.
    pub(super) fn text(&self) -> String {
        key_text(self.values.iter())
    }

    /// The condition that rows meet whose key begins as this one does. Only the first column of the key is
    /// asked for: an index on it answers for many keys at once, and few rows share it.
    pub(super) fn begins(&self, source: &Source) -> Condition {
        let cell = match &self.cells {
            Some(cells) => cells[0].clone(),
            None => cell_of(&self.values[0]),
        };
        Condition::Is(source.key[0], cell)
    }

    /// A row of this key alone: all other columns are NULL.
    pub(super) fn row(&self, source: &Source) -> Vec<Value> {
        let of = |name: &str| {
            let place = source.key.iter().position(|part| *part == name);
            place.map_or(Value::Null, |i| self.values[i].clone())
        };
        source.columns.iter().map(|column| of(column.source)).collect()
    }
}

/// The condition that keys meet which may be spelt otherwise than the lake spells them: the lake knows no
/// blanks around a key, and a number only as a number. `None` if the ERP spells a key in one way only.
pub(super) fn spelt_freely(source: &Source, table: &Table) -> Option<Condition> {
    let first = source.key[0];
    match table.class(first) {
        // A number is found however large it is written. In the order of all values, texts follow the numbers.
        Class::Loose if source.column(first).kind == Kind::Whole => {
            Some(Condition::AtLeast(first, Cell::Text(String::new())))
        }
        Class::Loose | Class::Text => Some(Condition::NotNull(first)),
        _ => None,
    }
}

/// The keys that the lake holds with stamps since then.
pub(super) async fn held_since(
    lake: &Lake,
    source: &'static Source,
    parts: &BTreeMap<String, Zone>,
    since: NaiveDateTime,
) -> Result<HashMap<String, (Key, NaiveDateTime)>, TableError> {
    let mut columns = source.key_names();
    columns.extend(source.watermark_names());
    columns.dedup();
    let mut held = HashMap::new();
    for (part, _) in parts.iter().filter(|(_, zone)| may_hold(zone, "month", &months_since(zone, since))) {
        let Some(rows) = lake.held(source.staging, Slot::Part(part), Some(&columns)).await? else { continue };
        let rows = rows.frame;
        let stamps = watermark_of(source, &rows)?;
        let keys: Vec<Vec<Value>> = source
            .key_names()
            .iter()
            .map(|name| values_of(rows.column(name)?))
            .collect::<PolarsResult<_>>()?;
        for (i, stamp) in stamps.datetime()?.as_datetime_iter().enumerate() {
            let Some(stamp) = stamp.filter(|stamp| *stamp >= since) else { continue };
            let values: Vec<Value> = keys.iter().map(|column| column[i].clone()).collect();
            held.insert(key_text(values.iter()), (Key { values, cells: None }, stamp));
        }
    }
    Ok(held)
}

fn values_of(column: &polars::prelude::Column) -> PolarsResult<Vec<Value>> {
    Ok(match column.dtype() {
        DataType::Int64 => column.i64()?.iter().map(|v| v.map_or(Value::Null, Value::Whole)).collect(),
        DataType::Date => column.date()?.as_date_iter().map(|v| v.map_or(Value::Null, Value::Date)).collect(),
        _ => column.str()?.iter().map(|v| v.map_or(Value::Null, |v| Value::Text(v.to_owned()))).collect(),
    })
}

fn cell_of(value: &Value) -> Cell {
    match value {
        Value::Text(text) => Cell::Text(text.clone()),
        Value::Whole(value) => Cell::Int(*value),
        Value::Date(date) => Cell::Text(date.to_string()),
        _ => Cell::Null,
    }
}

/// The condition that finds a rejected row in the ERP by the key that it was rejected with, even if that key
/// cannot be used.
pub(super) fn has_key_of(source: &Source, row: &str) -> Option<Condition> {
    let original: serde_json::Map<String, serde_json::Value> = serde_json::from_str(row).ok()?;
    let parts = source.key.iter().map(|column| {
        let is = |cell| Condition::Is(column, cell);
        match original.get(*column) {
            None | Some(serde_json::Value::Null) => Condition::IsNull(column),
            Some(serde_json::Value::Number(number)) => {
                is(number.as_i64().map_or_else(|| Cell::Real(number.as_f64().unwrap_or_default()), Cell::Int))
            }
            // Bytes are noted in hexadecimal.
            Some(serde_json::Value::String(text)) => match bytes_of(text) {
                Some(bytes) => Condition::Any(vec![is(Cell::Text(text.clone())), is(Cell::Blob(bytes))]),
                None => is(Cell::Text(text.clone())),
            },
            Some(other) => is(Cell::Text(other.to_string())),
        }
    });
    Some(Condition::All(parts.collect()))
}

/// The bytes that a text spells in hexadecimal, if it does.
fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    digits.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}
