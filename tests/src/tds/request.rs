//! The requests of clients: a SQL batch, or a call of `sp_executesql` with parameters.

use super::expression::Parameter;
use super::moment::Moment;
use super::reader::{Malformed, Parsed, Reader, units, utf16};
use super::types::SqlType;
use super::value::Value;

/// A statement with its parameters.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) text: String,
    pub(super) parameters: Vec<Parameter>,
}

/// Reads a SQL batch.
pub(super) fn batch(message: &[u8]) -> Parsed<Request> {
    let text = after_headers(message)?;
    Ok(Request { text: utf16(text.0), parameters: Vec::new() })
}

/// Reads a call of a remote procedure. Only `sp_executesql` is answered.
pub(super) fn call(message: &[u8]) -> Parsed<Result<Request, String>> {
    let mut reader = after_headers(message)?;
    let name = match reader.u16()? {
        0xffff => match reader.u16()? {
            10 => "sp_executesql".to_owned(),
            number => format!("procedure {number}"),
        },
        length => utf16(reader.take(usize::from(length) * 2)?),
    };
    if !name.eq_ignore_ascii_case("sp_executesql") {
        return Ok(Err(name));
    }
    reader.u16()?;
    let mut parameters = Vec::new();
    while !reader.0.is_empty() && !matches!(reader.0[0], 0x80 | 0xff) {
        parameters.push(parameter(&mut reader)?);
    }
    if !reader.0.is_empty() {
        return Err(Malformed("several calls in one message".to_owned()));
    }
    let mut parameters = parameters.into_iter();
    let mut text = || match parameters.next().map(|parameter| parameter.value) {
        Some(Value::Text(units)) => Some(String::from_utf16_lossy(&units)),
        _ => None,
    };
    let statement = text().ok_or_else(|| Malformed("sp_executesql without a statement".to_owned()))?;
    let declared = declared(&text().unwrap_or_default());
    let mut parameters: Vec<_> = parameters.collect();
    for parameter in &mut parameters {
        // A NULL comes without a type, so its type is taken from the declaration.
        if parameter.value == Value::Null
            && let Some((_, ty)) = declared.iter().find(|(name, _)| *name == parameter.name)
        {
            parameter.ty = *ty;
        }
    }
    Ok(Ok(Request { text: statement, parameters }))
}

/// The parameters of a declaration such as `@P1 nvarchar(4000),@P2 numeric(12,3)`.
fn declared(text: &str) -> Vec<(String, SqlType)> {
    let each =
        text.split('@').filter_map(|declaration| declaration.trim().trim_end_matches(',').split_once(' '));
    each.filter_map(|(name, ty)| SqlType::parse(ty).ok().map(|ty| (format!("@{name}"), ty))).collect()
}

fn after_headers(message: &[u8]) -> Parsed<Reader<'_>> {
    let length = Reader(message).u32()? as usize;
    message.get(length..).filter(|_| length >= 4).map(Reader).ok_or_else(Malformed::short)
}

fn parameter(reader: &mut Reader<'_>) -> Parsed<Parameter> {
    let length = usize::from(reader.byte()?) * 2;
    let name = utf16(reader.take(length)?);
    reader.byte()?;
    let (ty, value) = typed(reader)?;
    Ok(Parameter { name, ty, value })
}

/// Reads the type of a parameter and its value in this type.
fn typed(reader: &mut Reader<'_>) -> Parsed<(SqlType, Value)> {
    match reader.byte()? {
        0x1f => Ok((SqlType::Int, Value::Null)),
        0x26 => typed_whole(reader),
        0x68 => {
            reader.byte()?;
            Ok((SqlType::Bit, reader.short()?.map_or(Value::Null, |bytes| Value::Bit(bytes[0] != 0))))
        }
        0x6d => typed_float(reader),
        0x28 => {
            let days = reader.short()?.map(date).transpose()?;
            Ok((SqlType::Date, days.map_or(Value::Null, |days| moment(days, 0))))
        }
        0x2a => typed_datetime2(reader),
        0x6a | 0x6c => typed_exact(reader),
        0xe7 | 0xef => {
            let (length, bytes) = long_text(reader)?;
            let value = bytes.map_or(Value::Null, |bytes| Value::Text(units(&bytes)));
            Ok((SqlType::NVarChar(length.map(|bytes| bytes / 2)), value))
        }
        0xa7 | 0xaf => {
            let (length, bytes) = long_text(reader)?;
            let decoded = |bytes: Vec<u8>| Value::text(&encoding_rs::WINDOWS_1252.decode(&bytes).0);
            Ok((SqlType::VarChar(length), bytes.map_or(Value::Null, decoded)))
        }
        0xa5 | 0xad => {
            let most = reader.u16()?;
            let value = reader.long(most)?.map_or(Value::Null, Value::Bytes);
            Ok((SqlType::VarBinary(length_of(most)), value))
        }
        token => Err(Malformed(format!(
            "a parameter of type 0x{token:02x}, which the test endpoint does not read"
        ))),
    }
}

fn typed_whole(reader: &mut Reader<'_>) -> Parsed<(SqlType, Value)> {
    let ty = match reader.byte()? {
        1 => SqlType::TinyInt,
        2 => SqlType::SmallInt,
        4 => SqlType::Int,
        _ => SqlType::BigInt,
    };
    let number = reader.short()?.map(whole).transpose()?;
    Ok((ty, Value::int(number)))
}

fn typed_float(reader: &mut Reader<'_>) -> Parsed<(SqlType, Value)> {
    let ty = if reader.byte()? == 4 { SqlType::Real } else { SqlType::Float };
    let value = match reader.short()? {
        None => Value::Null,
        Some(bytes) => match (<[u8; 4]>::try_from(bytes), <[u8; 8]>::try_from(bytes)) {
            (Ok(bytes), _) => Value::Float(f32::from_le_bytes(bytes).into()),
            (_, Ok(bytes)) => Value::Float(f64::from_le_bytes(bytes)),
            _ => return Err(Malformed::short()),
        },
    };
    Ok((ty, value))
}

fn typed_datetime2(reader: &mut Reader<'_>) -> Parsed<(SqlType, Value)> {
    let scale = reader.byte()?.min(7);
    let value = match reader.short()? {
        None => Value::Null,
        Some(bytes) if bytes.len() > 3 => {
            let (time, days) = bytes.split_at(bytes.len() - 3);
            moment(date(days)?, whole(time)? * 10_i64.pow(7 - u32::from(scale)))
        }
        Some(_) => return Err(Malformed::short()),
    };
    Ok((SqlType::DateTime2(scale), value))
}

fn typed_exact(reader: &mut Reader<'_>) -> Parsed<(SqlType, Value)> {
    reader.byte()?;
    let (precision, scale) = (reader.byte()?, reader.byte()?);
    let value = match reader.short()? {
        None => Value::Null,
        Some([sign, units @ ..]) if units.len() <= 16 => {
            let units = units.iter().rev().fold(0_i128, |units, byte| units << 8 | i128::from(*byte));
            Value::Exact { units: if *sign == 0 { -units } else { units }, scale }
        }
        Some(_) => return Err(Malformed::short()),
    };
    Ok((SqlType::Numeric { precision, scale }, value))
}

/// The length in bytes that the type of a text allows, and the bytes of the text. Between the two comes a
/// collation of five bytes.
fn long_text(reader: &mut Reader<'_>) -> Parsed<(Option<u16>, Option<Vec<u8>>)> {
    let most = reader.u16()?;
    reader.take(5)?;
    Ok((length_of(most), reader.long(most)?))
}

/// The length of a type in bytes. `None` for `max`.
fn length_of(most: u16) -> Option<u16> {
    (most != 0xffff).then_some(most)
}

/// A whole number. Numbers of 2, 4 and 8 bytes have a sign, those of 1, 3 and 5 bytes have none.
fn whole(bytes: &[u8]) -> Parsed<i64> {
    match bytes.len() {
        2 => Ok(Reader(bytes).array().map(i16::from_le_bytes)?.into()),
        4 => Ok(Reader(bytes).array().map(i32::from_le_bytes)?.into()),
        8 => Reader(bytes).array().map(i64::from_le_bytes),
        1..=5 => Ok(bytes.iter().rev().fold(0, |number, byte| number << 8 | i64::from(*byte))),
        _ => Err(Malformed::short()),
    }
}

fn date(bytes: &[u8]) -> Parsed<i32> {
    if bytes.len() == 3 {
        Ok(i32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]))
    } else {
        Err(Malformed::short())
    }
}

fn moment(days: i32, ticks: i64) -> Value {
    Value::Moment(Moment { days, ticks, offset_minutes: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tds::login;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bytes_that_say_nothing_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), headers in 0_u8..30) {
            let with_headers: Vec<u8> = [&[headers, 0, 0, 0], bytes.as_slice()].concat();
            // The number of `sp_executesql`, option flags, then anything.
            let call_of_anything = [&[4, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 0], bytes.as_slice()].concat();
            for message in [bytes, with_headers, call_of_anything] {
                let _ = (batch(&message).is_ok(), call(&message).is_ok(), login::login(&message, false).is_ok(), login::encryption(&message).is_ok());
            }
        }
    }

    #[test]
    fn a_declaration_gives_each_parameter_its_type() {
        let declared = declared("@P1 nvarchar(4000),@P2 numeric(12,3),@P3 varbinary(max)");
        let shown: Vec<_> = declared.iter().map(|(name, ty)| format!("{name} {ty}")).collect();
        assert_eq!(shown, ["@P1 nvarchar(4000)", "@P2 numeric(12, 3)", "@P3 varbinary(max)"]);
    }
}
