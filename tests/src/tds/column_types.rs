//! Decides which SQL Server type a column of the SQLite file has: the type that `infra/sql/schema.sql`
//! declares if all values fit into it, else a wider type.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::cast::cast;
use super::error::ServerError;
use super::moment::Parsed;
use super::numbers::{exact_of, rescale};
use super::types::SqlType;
use super::value::Value;

/// A value in the SQLite file.
#[derive(Clone, Debug)]
pub(super) enum Raw {
    Null,
    Int(i64),
    Real(f64),
    Text(Vec<u16>),
    Bytes(Vec<u8>),
}

/// Columns by table and name: the type of each, and whether it may be NULL.
type Declared = HashMap<(&'static str, &'static str), (SqlType, bool)>;

static DECLARED: LazyLock<Declared> = LazyLock::new(|| {
    let mut columns = HashMap::new();
    let mut table = "";
    for line in include_str!("../../../infra/sql/schema.sql").lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("CREATE TABLE ") {
            table = name
                .rsplit_once(".[")
                .and_then(|(_, name)| name.split_once(']'))
                .map_or("", |(name, _)| name);
        }
        let Some((column, rest)) = line.strip_prefix('[').and_then(|line| line.split_once("] ")) else {
            continue;
        };
        let rest = rest.trim_end_matches(',');
        let (ty, nullable) =
            rest.strip_suffix(" NOT NULL").map_or((rest.trim_end_matches(" NULL"), true), |ty| (ty, false));
        if let Ok(ty) = SqlType::parse(ty) {
            columns.insert((table, column), (ty, nullable));
        }
    }
    columns
});

/// The declared type of a column, and whether it may be NULL.
pub(super) fn declared(table: &str, column: &str) -> Option<(SqlType, bool)> {
    DECLARED
        .iter()
        .find(|((t, c), _)| *t == table && c.eq_ignore_ascii_case(column))
        .map(|(_, declared)| *declared)
}

/// The first type that holds all values without a change, and the values in that type.
pub(super) fn decide(declared: Option<SqlType>, values: &[Raw]) -> (SqlType, Vec<Value>) {
    const ANY: SqlType = SqlType::NVarChar(None);
    let wider: &[SqlType] = match declared {
        Some(SqlType::Bit) => &[SqlType::Bit, SqlType::Int, SqlType::BigInt, SqlType::Float],
        Some(SqlType::DateTime) => &[SqlType::DateTime, SqlType::DateTime2(7)],
        Some(SqlType::Date) => &[SqlType::Date, SqlType::DateTime2(7)],
        Some(ty) if ty.whole().is_some() => &[SqlType::BigInt, SqlType::Float],
        Some(ty) if ty.exact().is_some() => &[SqlType::Float],
        Some(ty) if ty.is_time() => &[SqlType::DateTime2(7)],
        Some(_) => &[],
        None => &[SqlType::BigInt, SqlType::Float],
    };
    for ty in declared.into_iter().chain(wider.iter().copied()) {
        if let Some(values) = values.iter().map(|raw| fit(raw, ty)).collect() {
            return (ty, values);
        }
    }
    (ANY, values.iter().map(|raw| as_text(raw).map_or(Value::Null, Value::Text)).collect())
}

/// The value in this type, if it means exactly the same as in the file.
pub(super) fn fit(raw: &Raw, ty: SqlType) -> Option<Value> {
    match (raw, ty) {
        (Raw::Null, _) => Some(Value::Null),
        (Raw::Int(number @ (0 | 1)), SqlType::Bit) => Some(Value::Bit(*number == 1)),
        (Raw::Int(number), ty) if ty.whole().is_some() => within(*number, ty),
        (Raw::Real(number), ty) if ty.whole().is_some() && number.fract() == 0.0 && number.abs() < 1e15 => {
            within(*number as i64, ty)
        }
        (Raw::Int(number), ty) if ty.exact().is_some() => exact(&number.to_string(), ty),
        (Raw::Real(number), ty) if ty.exact().is_some() => exact(&number.to_string(), ty),
        (Raw::Int(number), SqlType::Float) if number.unsigned_abs() < 1 << 53 => {
            Some(Value::Float(*number as f64))
        }
        (Raw::Real(number), SqlType::Float) if number.is_finite() => Some(Value::Float(*number)),
        (Raw::Text(units), ty) if ty.is_time() => moment(&String::from_utf16(units).ok()?, ty),
        (Raw::Bytes(bytes), SqlType::VarBinary(None)) => Some(Value::Bytes(bytes.clone())),
        (raw, SqlType::NVarChar(length)) => {
            as_text(raw).filter(|units| length.is_none_or(|most| units.len() <= most.into())).map(Value::Text)
        }
        _ => None,
    }
}

fn within(number: i64, ty: SqlType) -> Option<Value> {
    ty.whole().filter(|(least, greatest)| (least..=greatest).contains(&&number)).map(|_| Value::Int(number))
}

fn exact(text: &str, ty: SqlType) -> Option<Value> {
    let (units, scale) = exact_of(text)?;
    let (precision, most) = ty.exact()?;
    let units = if scale <= most { rescale(units, scale, most)? } else { return None };
    (units.unsigned_abs() < 10_u128.pow(precision.into())).then_some(Value::Exact { units, scale: most })
}

fn moment(text: &str, ty: SqlType) -> Option<Value> {
    let parsed = Parsed::of(text).filter(|parsed| parsed.has_date && parsed.moment.offset_minutes == 0)?;
    let rounded = parsed.moment.round(ty).ok()?;
    let unchanged = match ty {
        SqlType::Date => !parsed.has_time,
        // A datetime is shown in milliseconds. Its ticks of 1/300 s end in .000, .003 and .007.
        SqlType::DateTime => {
            let milliseconds = (rounded.three_hundredths() * 10 + 1) / 3;
            parsed.fraction_digits <= 3
                && rounded.days == parsed.moment.days
                && milliseconds * 10_000 == parsed.moment.ticks
        }
        _ => rounded == parsed.moment,
    };
    unchanged.then_some(Value::Moment(rounded))
}

/// The value in a type that a test chose, rounded and cut as an INSERT would do it.
pub(super) fn force(raw: &Raw, ty: SqlType) -> Result<Value, ServerError> {
    match raw {
        Raw::Null => Ok(Value::Null),
        Raw::Int(number) => cast(&Value::Int(*number), ty),
        Raw::Real(number) => cast(&Value::Float(*number), ty),
        Raw::Text(units) if ty.is_time() => match Parsed::of(&String::from_utf16_lossy(units)) {
            Some(parsed) => parsed.moment.round(ty).map(Value::Moment),
            None => cast(&Value::Text(units.clone()), ty),
        },
        Raw::Text(units) => cast(&Value::Text(units.clone()), ty),
        Raw::Bytes(bytes) if ty.is_unicode() => Ok(Value::Text(raw_units(bytes))),
        Raw::Bytes(bytes) => cast(&Value::Bytes(bytes.clone()), ty),
    }
}

/// The code units of a value in a text column. A BLOB holds the code units themselves. If it has an odd
/// number of bytes, the last one becomes a lone surrogate, which no reader can decode.
fn as_text(raw: &Raw) -> Option<Vec<u16>> {
    match raw {
        Raw::Null => None,
        Raw::Int(number) => Some(number.to_string().encode_utf16().collect()),
        Raw::Real(number) => Some(number.to_string().encode_utf16().collect()),
        Raw::Text(units) => Some(units.clone()),
        Raw::Bytes(bytes) => Some(raw_units(bytes)),
    }
}

fn raw_units(bytes: &[u8]) -> Vec<u16> {
    bytes
        .chunks(2)
        .map(|pair| {
            pair.get(1).map_or(0xdc00 | u16::from(pair[0]), |high| u16::from_le_bytes([pair[0], *high]))
        })
        .collect()
}

/// The code units of UTF-8. Each invalid byte becomes a lone surrogate.
pub(super) fn units_of(bytes: &[u8]) -> Vec<u16> {
    let mut units = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        units.extend(chunk.valid().encode_utf16());
        units.extend(chunk.invalid().iter().map(|byte| 0xdc00 | u16::from(*byte)));
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;
    use warehouse::sources::ALL;

    fn decided(declared: &str, values: &[Raw]) -> String {
        decide(Some(SqlType::parse(declared).unwrap()), values).0.to_string()
    }

    fn text(text: &str) -> Raw {
        Raw::Text(text.encode_utf16().collect())
    }

    #[test]
    fn every_column_that_is_read_is_declared_in_the_schema() {
        for source in ALL {
            for column in source.columns {
                assert!(
                    declared(source.table, column.source).is_some(),
                    "{}.{}",
                    source.table,
                    column.source
                );
            }
        }
    }

    #[test]
    fn a_column_has_the_declared_type_or_the_next_that_holds_all_values() {
        let check = |declared, values: &[Raw], expect: &str| {
            assert_eq!(decided(declared, values), expect, "{values:?}");
        };
        check("datetime", &[], "datetime");
        check("datetime", &[text("2026-11-23 14:00:00.123"), Raw::Null], "datetime");
        check("datetime", &[text("2026-11-23T14:00:00.124")], "datetime2(7)");
        check("datetime", &[text("0001-01-01")], "datetime2(7)");
        check("datetime", &[text("yesterday")], "nvarchar(max)");
        check("date", &[text("2026-11-23")], "date");
        check("date", &[text("2026-11-23 14:00:00")], "datetime2(7)");
        check("date", &[text("2026-11-23 ")], "nvarchar(max)");
        check("datetime2(3)", &[text("9999-12-31T23:59:59.999")], "datetime2(3)");
        check("datetime2(3)", &[text("2026-11-23T14:00:00.1234")], "datetime2(7)");
        check("decimal(12, 3)", &[Raw::Real(12.345), Raw::Int(3)], "decimal(12, 3)");
        check("decimal(12, 3)", &[Raw::Real(0.1 + 0.2)], "float");
        check("decimal(12, 3)", &[text("12.5")], "nvarchar(max)");
        check("decimal(12, 3)", &[Raw::Real(f64::INFINITY)], "nvarchar(max)");
        check("bit", &[Raw::Int(1)], "bit");
        check("bit", &[Raw::Int(2)], "int");
        check("bit", &[Raw::Int(1 << 40)], "bigint");
        check("int", &[Raw::Real(5.0)], "int");
        check("nvarchar(3)", &[text("cod")], "nvarchar(3)");
        check("nvarchar(3)", &[text("hake")], "nvarchar(max)");
        check("nvarchar(3)", &[Raw::Bytes(vec![0x00, 0xd8])], "nvarchar(3)");
    }

    #[test]
    fn every_tick_of_a_datetime_fits_it() {
        for tick in 0..300 {
            let milliseconds = (tick * 10 + 1) / 3;
            assert_eq!(
                decided("datetime", &[text(&format!("2026-11-23T14:00:00.{milliseconds:03}"))]),
                "datetime",
                "{milliseconds}"
            );
        }
    }

    #[test]
    fn bytes_that_are_no_text_stay_undecodable() {
        assert!(String::from_utf16(&units_of(b"co\xffd")).is_err());
        assert!(String::from_utf16(&raw_units(&[0x63, 0x00, 0xff])).is_err());
    }
}
