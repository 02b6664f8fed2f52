//! Columns and values on the wire: TYPE_INFO and the bytes of a value, as MS-TDS defines them.

use super::cast::one_byte;
use super::erp::Column;
use super::moment::Moment;
use super::types::SqlType;
use super::value::Value;

/// `SQL_Latin1_General_CP1_CI_AS`: US English, code page 1252.
pub(super) const COLLATION: [u8; 5] = [0x09, 0x04, 0xd0, 0x00, 0x34];

const MAX: u16 = 0xffff;

/// Writes the entry of a column in COLMETADATA.
pub(super) fn column(out: &mut Vec<u8>, column: &Column) {
    out.extend(0_u32.to_le_bytes());
    out.extend(u16::from(column.nullable).to_le_bytes());
    type_info(out, column.ty);
    if column.ty.is_legacy() {
        // The old large types carry the name of their table. It has one part here.
        out.push(1);
        us_varchar(out, "table");
    }
    b_varchar(out, &column.name);
}

fn type_info(out: &mut Vec<u8>, ty: SqlType) {
    match ty {
        SqlType::Bit => out.extend([0x68, 1]),
        SqlType::TinyInt => out.extend([0x26, 1]),
        SqlType::SmallInt => out.extend([0x26, 2]),
        SqlType::Int => out.extend([0x26, 4]),
        SqlType::BigInt => out.extend([0x26, 8]),
        SqlType::Decimal { precision, scale } => {
            out.extend([0x6a, exact_bytes(precision) + 1, precision, scale]);
        }
        SqlType::Numeric { precision, scale } => {
            out.extend([0x6c, exact_bytes(precision) + 1, precision, scale]);
        }
        SqlType::Money => out.extend([0x6e, 8]),
        SqlType::SmallMoney => out.extend([0x6e, 4]),
        SqlType::Real => out.extend([0x6d, 4]),
        SqlType::Float => out.extend([0x6d, 8]),
        SqlType::Date => out.push(0x28),
        SqlType::DateTime => out.extend([0x6f, 8]),
        SqlType::SmallDateTime => out.extend([0x6f, 4]),
        SqlType::Time(scale) => out.extend([0x29, scale]),
        SqlType::DateTime2(scale) => out.extend([0x2a, scale]),
        SqlType::DateTimeOffset(scale) => out.extend([0x2b, scale]),
        SqlType::Char(length) => sized(out, 0xaf, length),
        SqlType::VarChar(length) => sized(out, 0xa7, length.unwrap_or(MAX)),
        SqlType::NChar(length) => sized(out, 0xef, length * 2),
        SqlType::NVarChar(length) => sized(out, 0xe7, length.map_or(MAX, |length| length * 2)),
        SqlType::Text => long(out, 0x23),
        SqlType::NText => long(out, 0x63),
        SqlType::UniqueIdentifier => out.extend([0x24, 16]),
        SqlType::VarBinary(length) => {
            out.push(0xa5);
            out.extend(length.unwrap_or(MAX).to_le_bytes());
        }
    }
}

fn sized(out: &mut Vec<u8>, token: u8, bytes: u16) {
    out.push(token);
    out.extend(bytes.to_le_bytes());
    out.extend(COLLATION);
}

fn long(out: &mut Vec<u8>, token: u8) {
    out.push(token);
    out.extend(i32::MAX.to_le_bytes());
    out.extend(COLLATION);
}

/// Writes a value of a column of this type.
pub(super) fn value(out: &mut Vec<u8>, ty: SqlType, value: &Value) {
    match (value, ty) {
        (Value::Null, ty) => null(out, ty),
        (Value::Bit(bit), _) => out.extend([1, u8::from(*bit)]),
        (Value::Int(number), ty) => {
            let bytes = number.to_le_bytes();
            let length = match ty {
                SqlType::TinyInt => 1,
                SqlType::SmallInt => 2,
                SqlType::Int => 4,
                _ => 8,
            };
            out.push(length as u8);
            out.extend(&bytes[..length]);
        }
        (Value::Exact { units, .. }, SqlType::Money) => {
            let units = *units as i64;
            out.push(8);
            out.extend(((units >> 32) as i32).to_le_bytes());
            out.extend((units as u32).to_le_bytes());
        }
        (Value::Exact { units, .. }, SqlType::SmallMoney) => {
            out.push(4);
            out.extend((*units as i32).to_le_bytes());
        }
        (Value::Exact { units, .. }, ty) => {
            let length = exact_bytes(ty.exact().map_or(38, |(precision, _)| precision));
            out.extend([length + 1, u8::from(*units >= 0)]);
            out.extend(&units.unsigned_abs().to_le_bytes()[..length.into()]);
        }
        (Value::Float(number), SqlType::Real) => {
            out.push(4);
            out.extend((*number as f32).to_le_bytes());
        }
        (Value::Float(number), _) => {
            out.push(8);
            out.extend(number.to_le_bytes());
        }
        (Value::Guid(guid), _) => {
            out.push(16);
            out.extend(guid.to_bytes_le());
        }
        (Value::Moment(at), ty) => moment(out, ty, *at),
        (Value::Text(units), ty) if ty.is_unicode() => {
            bytes(out, ty, &units.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<_>>());
        }
        (Value::Text(units), ty) => bytes(out, ty, &one_byte(units)),
        (Value::Bytes(raw), ty) => bytes(out, ty, raw),
    }
}

fn is_max(ty: SqlType) -> bool {
    matches!(ty, SqlType::VarChar(None) | SqlType::NVarChar(None) | SqlType::VarBinary(None))
}

fn null(out: &mut Vec<u8>, ty: SqlType) {
    match ty {
        ty if is_max(ty) => out.extend(u64::MAX.to_le_bytes()),
        SqlType::Char(_)
        | SqlType::VarChar(_)
        | SqlType::NChar(_)
        | SqlType::NVarChar(_)
        | SqlType::VarBinary(_) => out.extend(MAX.to_le_bytes()),
        _ => out.push(0),
    }
}

/// Writes the bytes of a text or binary value after their length. The `max` types are sent in chunks. The old
/// large types have a text pointer first.
fn bytes(out: &mut Vec<u8>, ty: SqlType, raw: &[u8]) {
    const CHUNK: usize = 64 * 1024 - 3;
    if ty.is_legacy() {
        out.push(16);
        out.extend([0x2a; 16]);
        out.extend([0; 8]);
        out.extend((raw.len() as u32).to_le_bytes());
        out.extend(raw);
    } else if is_max(ty) {
        out.extend((raw.len() as u64).to_le_bytes());
        for chunk in raw.chunks(CHUNK) {
            out.extend((chunk.len() as u32).to_le_bytes());
            out.extend(chunk);
        }
        out.extend(0_u32.to_le_bytes());
    } else {
        out.extend((raw.len() as u16).to_le_bytes());
        out.extend(raw);
    }
}

fn moment(out: &mut Vec<u8>, ty: SqlType, at: Moment) {
    let clock = |ticks: i64, scale: u8| {
        let length = match scale {
            0..=2 => 3,
            3..=4 => 4,
            _ => 5,
        };
        (ticks / 10_i64.pow(7 - u32::from(scale))).to_le_bytes()[..length].to_vec()
    };
    let date = |days: i32| days.to_le_bytes()[..3].to_vec();
    let utc = Moment::of_instant(at.instant(), 0);
    let raw = match ty {
        SqlType::Date => date(at.days),
        SqlType::Time(scale) => clock(at.ticks, scale),
        SqlType::DateTime2(scale) => [clock(at.ticks, scale), date(at.days)].concat(),
        SqlType::DateTimeOffset(scale) => {
            [clock(utc.ticks, scale), date(utc.days), at.offset_minutes.to_le_bytes().to_vec()].concat()
        }
        SqlType::SmallDateTime => {
            let (days, minutes) = ((at.days - Moment::DAYS_TO_1900) as u16, (at.ticks / 600_000_000) as u16);
            [days.to_le_bytes(), minutes.to_le_bytes()].concat()
        }
        _ => [(at.days - Moment::DAYS_TO_1900).to_le_bytes(), (at.three_hundredths() as u32).to_le_bytes()]
            .concat(),
    };
    out.push(raw.len() as u8);
    out.extend(raw);
}

/// How many bytes the units of an exact number need.
const fn exact_bytes(precision: u8) -> u8 {
    match precision {
        0..=9 => 4,
        10..=19 => 8,
        20..=28 => 12,
        _ => 16,
    }
}

/// Writes a text after its length in code units, which is one byte.
pub(super) fn b_varchar(out: &mut Vec<u8>, text: &str) {
    let units: Vec<u16> = text.encode_utf16().take(255).collect();
    out.push(units.len() as u8);
    out.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
}

/// Writes a text after its length in code units, which is two bytes.
pub(super) fn us_varchar(out: &mut Vec<u8>, text: &str) {
    let units: Vec<u16> = text.encode_utf16().take(u16::MAX.into()).collect();
    out.extend((units.len() as u16).to_le_bytes());
    out.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
}
