//! CAST: converts a value to another type. It rounds, cuts and refuses values as SQL Server does.

use super::error::ServerError;
use super::moment::{Moment, Parsed};
use super::numbers::{exact_of, exact_text, float_text, rescale};
use super::types::SqlType;
use super::value::Value;

/// Converts a value to another type.
pub(super) fn cast(value: &Value, to: SqlType) -> Result<Value, ServerError> {
    match (value, to) {
        (Value::Null, _) => Ok(Value::Null),
        (Value::Text(units), to) => from_text(units, to),
        (value, SqlType::Bit) => to_bit(value),
        (value, to) if to.whole().is_some() => to_whole(value, to),
        (value, to) if to.exact().is_some() => to_exact(value, to),
        (value, SqlType::Float) => to_float(value).map(Value::Float),
        (value, SqlType::Real) => to_float(value).map(|number| Value::Float(f64::from(number as f32))),
        (Value::Moment(moment), to) if to.is_time() => moment.round(to).map(Value::Moment),
        (Value::Bytes(bytes), to) if to.is_unicode() => Ok(cut(bytes.chunks(2).map(unit_of).collect(), to)),
        (Value::Bytes(bytes), to) if to.is_text() => {
            Ok(cut(encoding_rs::WINDOWS_1252.decode(bytes).0.encode_utf16().collect(), to))
        }
        (Value::Bytes(bytes), SqlType::VarBinary(length)) => {
            Ok(Value::Bytes(bytes.iter().copied().take(most(length)).collect()))
        }
        (Value::Guid(guid), SqlType::UniqueIdentifier) => Ok(Value::Guid(*guid)),
        (value, to) if to.is_text() => Ok(cut(text_of(value)?.encode_utf16().collect(), to)),
        (_, to) => Err(not_allowed(to)),
    }
}

/// Converts a value whose own type matters too: a moment to text, or a text to bytes.
pub(super) fn cast_typed(value: &Value, from: SqlType, to: SqlType) -> Result<Value, ServerError> {
    match (value, to) {
        (Value::Moment(moment), to) if to.is_text() => {
            Ok(cut(moment.text(from).encode_utf16().collect(), to))
        }
        (Value::Moment(_), SqlType::Date) if matches!(from, SqlType::Time(_)) => {
            Err(ServerError::new(206, 16, "Operand type clash: time is incompatible with date"))
        }
        (Value::Text(units), SqlType::VarBinary(length)) => {
            let bytes = if from.is_unicode() {
                units.iter().flat_map(|unit| unit.to_le_bytes()).collect()
            } else {
                one_byte(units)
            };
            Ok(Value::Bytes(bytes.into_iter().take(most(length)).collect()))
        }
        (value, to) => cast(value, to),
    }
}

/// A text in code page 1252. A character that the code page lacks becomes a question mark.
pub(super) fn one_byte(units: &[u16]) -> Vec<u8> {
    char::decode_utf16(units.iter().copied())
        .map(|c| {
            let Ok(c) = c else { return b'?' };
            let text = c.to_string();
            let (bytes, _, unmapped) = encoding_rs::WINDOWS_1252.encode(&text);
            if unmapped { b'?' } else { bytes.first().copied().unwrap_or(b'?') }
        })
        .collect()
}

fn unit_of(pair: &[u8]) -> u16 {
    u16::from_le_bytes([pair[0], pair.get(1).copied().unwrap_or(0)])
}

fn most(length: Option<u16>) -> usize {
    length.map_or(usize::MAX, usize::from)
}

/// Cuts text to the length of a type. Types of fixed length fill it up with blanks. Types of one byte lose
/// the characters that their code page lacks.
fn cut(mut units: Vec<u16>, to: SqlType) -> Value {
    if !to.is_unicode() {
        units = encoding_rs::WINDOWS_1252.decode(&one_byte(&units)).0.encode_utf16().collect();
    }
    match to {
        SqlType::Char(length) | SqlType::NChar(length) => units.resize(length.into(), b' '.into()),
        SqlType::VarChar(length) | SqlType::NVarChar(length) => units.truncate(most(length)),
        _ => {}
    }
    Value::Text(units)
}

fn not_allowed(to: SqlType) -> ServerError {
    ServerError::new(
        529,
        16,
        format!("Explicit conversion from this data type to {} is not allowed.", to.name()),
    )
}

fn overflow(to: SqlType) -> ServerError {
    ServerError::new(
        8115,
        16,
        format!("Arithmetic overflow error converting expression to data type {}.", to.name()),
    )
}

fn to_bit(value: &Value) -> Result<Value, ServerError> {
    Ok(Value::Bit(match value {
        Value::Bit(bit) => *bit,
        Value::Int(number) => *number != 0,
        Value::Exact { units, .. } => *units != 0,
        Value::Float(number) => *number != 0.0,
        _ => return Err(not_allowed(SqlType::Bit)),
    }))
}

fn to_whole(value: &Value, to: SqlType) -> Result<Value, ServerError> {
    let number: i128 = match value {
        Value::Bit(bit) => i128::from(*bit),
        Value::Int(number) => i128::from(*number),
        Value::Exact { units, scale } => units / 10_i128.pow((*scale).into()),
        Value::Float(number) => number.trunc() as i128,
        _ => return Err(not_allowed(to)),
    };
    let (least, greatest) = to.whole().unwrap_or((0, 0));
    i64::try_from(number)
        .ok()
        .filter(|number| (least..=greatest).contains(number))
        .map(Value::Int)
        .ok_or_else(|| overflow(to))
}

fn to_exact(value: &Value, to: SqlType) -> Result<Value, ServerError> {
    let (precision, scale) = to.exact().unwrap_or((18, 0));
    let units = match value {
        Value::Bit(bit) => Some((i128::from(*bit), 0)),
        Value::Int(number) => Some((i128::from(*number), 0)),
        Value::Exact { units, scale } => Some((*units, *scale)),
        Value::Float(number) => exact_of(&format!("{number}")),
        _ => return Err(not_allowed(to)),
    };
    units
        .and_then(|(units, from)| rescale(units, from, scale))
        .filter(|units| holds(*units, precision, to))
        .map_or_else(|| Err(overflow(to)), |units| Ok(Value::Exact { units, scale }))
}

fn holds(units: i128, precision: u8, to: SqlType) -> bool {
    match to {
        SqlType::Money => i64::try_from(units).is_ok(),
        SqlType::SmallMoney => i32::try_from(units).is_ok(),
        _ => units.unsigned_abs() < 10_u128.pow(precision.into()),
    }
}

fn to_float(value: &Value) -> Result<f64, ServerError> {
    Ok(match value {
        Value::Bit(bit) => f64::from(u8::from(*bit)),
        Value::Int(number) => *number as f64,
        Value::Exact { units, scale } => exact_text(*units, *scale).parse().unwrap_or(0.0),
        Value::Float(number) => *number,
        _ => return Err(not_allowed(SqlType::Float)),
    })
}

fn text_of(value: &Value) -> Result<String, ServerError> {
    Ok(match value {
        Value::Bit(bit) => u8::from(*bit).to_string(),
        Value::Int(number) => number.to_string(),
        Value::Exact { units, scale } => exact_text(*units, *scale),
        Value::Float(number) => float_text(*number),
        Value::Guid(guid) => guid.to_string().to_uppercase(),
        _ => return Err(not_allowed(SqlType::NVarChar(None))),
    })
}

fn from_text(units: &[u16], to: SqlType) -> Result<Value, ServerError> {
    if to.is_text() {
        return Ok(cut(units.to_vec(), to));
    }
    let text = String::from_utf16_lossy(units);
    let text = text.trim_matches(' ');
    let failed = || match to {
        SqlType::BigInt
        | SqlType::Float
        | SqlType::Real
        | SqlType::Decimal { .. }
        | SqlType::Numeric { .. }
        | SqlType::Money
        | SqlType::SmallMoney => {
            ServerError::new(8114, 16, format!("Error converting data type nvarchar to {}.", to.name()))
        }
        SqlType::UniqueIdentifier => ServerError::new(
            8169,
            16,
            "Conversion failed when converting from a character string to uniqueidentifier.",
        ),
        _ if to.is_time() => ServerError::new(
            241,
            16,
            "Conversion failed when converting date and/or time from character string.",
        ),
        _ => ServerError::new(
            245,
            16,
            format!(
                "Conversion failed when converting the nvarchar value '{text}' to data type {}.",
                to.name()
            ),
        ),
    };
    match to {
        SqlType::Bit => match text.to_ascii_lowercase().as_str() {
            "true" => Ok(Value::Bit(true)),
            "false" => Ok(Value::Bit(false)),
            number => number.parse::<i64>().map(|number| Value::Bit(number != 0)).map_err(|_| failed()),
        },
        SqlType::Float | SqlType::Real => {
            let number = text
                .parse()
                .ok()
                .filter(|number: &f64| number.is_finite() && !text.is_empty())
                .ok_or_else(failed)?;
            cast(&Value::Float(number), to)
        }
        SqlType::UniqueIdentifier => text.parse().map(Value::Guid).map_err(|_| failed()),
        to if to.whole().is_some() => {
            text.parse().map_err(|_| failed()).and_then(|number| to_whole(&Value::Int(number), to))
        }
        to if to.exact().is_some() => exact_of(text)
            .ok_or_else(failed)
            .and_then(|(units, scale)| to_exact(&Value::Exact { units, scale }, to)),
        to if to.is_time() => Parsed::of(text)
            .ok_or_else(failed)
            .and_then(|parsed| moment_from_text(parsed, to, failed))
            .map(Value::Moment),
        to => Err(ServerError::new(
            257,
            16,
            format!("Implicit conversion from data type nvarchar to {} is not allowed.", to.name()),
        )),
    }
}

/// Reads a date or time from a text, under a login whose language is British English. The older types then
/// read `2026-11-23` as year-day-month, unless it is written as `20261123` or with a `T`. They take no more
/// than three decimals of a second.
fn moment_from_text(
    parsed: Parsed,
    to: SqlType,
    failed: impl Fn() -> ServerError,
) -> Result<Moment, ServerError> {
    let moment = match to {
        SqlType::DateTime | SqlType::SmallDateTime => {
            if parsed.fraction_digits > 3 || parsed.moment.offset_minutes != 0 {
                return Err(failed());
            }
            let out_of_range = || {
                let message = "The conversion of a nvarchar data type to a datetime data type resulted in an out-of-range value.";
                ServerError::new(242, 16, message)
            };
            let moment = if parsed.by_language {
                parsed.as_year_day_month().ok_or_else(out_of_range)?
            } else {
                parsed.moment
            };
            if parsed.has_date { moment } else { Moment { days: Moment::DAYS_TO_1900, ..moment } }
        }
        _ if parsed.has_date || matches!(to, SqlType::Time(_)) => parsed.moment,
        _ => Moment { days: Moment::DAYS_TO_1900, ..parsed.moment },
    };
    moment.round(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, to: &str) -> Result<String, u32> {
        let to = SqlType::parse(to).unwrap();
        let value = cast(&Value::text(text), to).map_err(|error| error.number)?;
        let shown = cast_typed(&value, to, SqlType::NVarChar(None)).map_err(|error| error.number)?;
        let Value::Text(units) = shown else { panic!("{shown:?}") };
        Ok(String::from_utf16(&units).unwrap())
    }

    #[test]
    fn text_becomes_a_value_of_its_type_or_an_error_with_its_number() {
        let check = |text, to, expect: Result<&str, u32>| {
            assert_eq!(shown(text, to), expect.map(str::to_owned), "{text} {to}");
        };
        check(" 42 ", "int", Ok("42"));
        check("3000000000", "int", Err(8115));
        check("many", "int", Err(245));
        check("many", "bigint", Err(8114));
        check("12.3456", "decimal(12, 3)", Ok("12.346"));
        check("-0.5", "money", Ok("-0.5000"));
        check("1e400", "float", Err(8114));
        check("2026-11-23T14:00:00", "datetime2(0)", Ok("2026-11-23 14:00:00"));
        check("2026-11-23T14:00:00", "datetime", Ok("Nov 23 2026  2:00PM"));
        check("N/A", "datetime", Err(241));
        check("N/A", "uniqueidentifier", Err(8169));
        check("naïve ☃", "varchar(7)", Ok("naïve ?"));
        check("cod", "nchar(5)", Ok("cod  "));
        check("codling", "nvarchar(3)", Ok("cod"));
        check("1234567", "float", Ok("1.23457e+006"));
    }

    #[test]
    fn the_older_time_types_depend_on_the_language_of_the_login() {
        assert_eq!(shown("2026-11-23 14:00:00", "datetime"), Err(242));
        assert_eq!(shown("2026-11-12", "datetime"), Ok("Dec 11 2026 12:00AM".to_owned()));
        assert_eq!(shown("20261112", "datetime"), Ok("Nov 12 2026 12:00AM".to_owned()));
        assert_eq!(shown("2026-11-12", "date"), Ok("2026-11-12".to_owned()));
        assert_eq!(shown("2026-11-23T14:00:00.1234", "datetime"), Err(241));
    }

    #[test]
    fn bytes_are_the_code_units_of_a_text() {
        let bytes = cast_typed(&Value::text("é"), SqlType::NVarChar(None), SqlType::VarBinary(None)).unwrap();
        assert_eq!(bytes, Value::Bytes(vec![0xe9, 0x00]));
        assert_eq!(cast(&bytes, SqlType::NVarChar(None)).unwrap(), Value::text("é"));
        let bytes = cast_typed(&Value::text("é"), SqlType::VarChar(None), SqlType::VarBinary(None)).unwrap();
        assert_eq!(bytes, Value::Bytes(vec![0xe9]));
    }
}
