//! The values of SQL Server types, and how they are compared. Conversions between types are in `cast`.

use std::cmp::Ordering;

use uuid::Uuid;

use super::moment::Moment;

/// A value. Its exact type is that of its column.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// NULL of any type.
    Null,
    Bit(bool),
    Int(i64),
    /// An exact number: `units · 10^-scale`.
    Exact {
        units: i128,
        scale: u8,
    },
    Float(f64),
    /// UTF-16 code units, which need not be valid. The one-byte types use them too.
    Text(Vec<u16>),
    Bytes(Vec<u8>),
    /// A `uniqueidentifier`.
    Guid(Uuid),
    /// A date or time of any type.
    Moment(Moment),
}

impl Value {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.encode_utf16().collect())
    }

    pub(super) fn count(count: usize) -> Self {
        Self::Int(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// A whole number, or NULL.
    pub(super) fn int(value: Option<i64>) -> Self {
        value.map_or(Self::Null, Self::Int)
    }
}

/// Compares two values of the same type. Neither may be NULL. Text is compared without regard to case and
/// trailing blanks, as SQL Server's usual collation does it.
///
/// Unlike in SQL Server, letters with accents come after `z`, and punctuation comes in the order of its code
/// units.
pub(super) fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Bit(a), Value::Bit(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Exact { units: a, scale: x }, Value::Exact { units: b, scale: y }) => {
            let most = *x.max(y);
            (a * 10_i128.pow((most - x).into())).cmp(&(b * 10_i128.pow((most - y).into())))
        }
        (Value::Float(a), Value::Float(b)) => a.total_cmp(b),
        (Value::Text(a), Value::Text(b)) => compare_text(a, b),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        (Value::Guid(a), Value::Guid(b)) => guid_order(*a).cmp(&guid_order(*b)),
        (Value::Moment(a), Value::Moment(b)) => a.instant().cmp(&b.instant()),
        _ => Ordering::Equal,
    }
}

/// Compares two values for ORDER BY, which puts NULL before every value.
pub(super) fn order(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (a, b) => compare(a, b),
    }
}

fn compare_text(a: &[u16], b: &[u16]) -> Ordering {
    let (a, b) = (without_trailing_blanks(a), without_trailing_blanks(b));
    let differing =
        a.iter().zip(b).map(|(a, b)| if a == b { Ordering::Equal } else { fold(*a).cmp(&fold(*b)) });
    differing.into_iter().find(|order| order.is_ne()).unwrap_or_else(|| a.len().cmp(&b.len()))
}

pub(super) fn without_trailing_blanks(text: &[u16]) -> &[u16] {
    let end = text.iter().rposition(|unit| *unit != u16::from(b' ')).map_or(0, |last| last + 1);
    &text[..end]
}

/// A code unit in lower case, so that comparisons ignore the case.
pub(super) fn fold(unit: u16) -> u16 {
    match u8::try_from(unit) {
        Ok(byte) if byte.is_ascii() => u16::from(byte.to_ascii_lowercase()),
        _ => char::from_u32(unit.into())
            .and_then(|c| c.to_lowercase().next())
            .and_then(|c| u16::try_from(u32::from(c)).ok())
            .unwrap_or(unit),
    }
}

/// The bytes of a `uniqueidentifier` in the order of their weight: SQL Server compares the last group first.
fn guid_order(guid: Uuid) -> [u8; 16] {
    let b = guid.into_bytes();
    [b[10], b[11], b[12], b[13], b[14], b[15], b[8], b[9], b[7], b[6], b[5], b[4], b[3], b[2], b[1], b[0]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_compared_without_case_and_trailing_blanks() {
        let check = |a: &str, b: &str, expect| {
            assert_eq!(compare(&Value::text(a), &Value::text(b)), expect, "{a:?} {b:?}");
        };
        check("Cod", "COD  ", Ordering::Equal);
        check("É", "é", Ordering::Equal);
        check("e", "é", Ordering::Less);
        check("  cod", "cod", Ordering::Less);
        check("cod", "cod 2", Ordering::Less);
        check("", "   ", Ordering::Equal);
    }

    #[test]
    fn null_comes_first() {
        assert_eq!(order(&Value::Null, &Value::Int(i64::MIN)), Ordering::Less);
        assert_eq!(order(&Value::Null, &Value::Null), Ordering::Equal);
    }

    #[test]
    fn exact_numbers_of_different_scales_compare_by_what_they_are_worth() {
        let exact = |units, scale| Value::Exact { units, scale };
        assert_eq!(compare(&exact(125, 1), &exact(12_500, 3)), Ordering::Equal);
        assert_eq!(compare(&exact(-1, 0), &exact(-9, 1)), Ordering::Less);
    }
}
