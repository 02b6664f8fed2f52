//! The driver's values as cells.

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::single_precision::shortest;
use tiberius::ColumnData;

use super::Cell;
use crate::source::ErpTime;
use crate::source::TimeSpelling::{self, Digits};

/// Turns a value into a cell. A `datetime` has the three digits that SQL Server itself shows. A
/// `datetimeoffset` becomes the time on the factory's clock.
pub(super) fn cell(value: ColumnData<'static>, factory_tz: Tz) -> Cell {
    let known = match value {
        ColumnData::U8(value) => value.map(|value| Cell::Int(value.into())),
        ColumnData::I16(value) => value.map(|value| Cell::Int(value.into())),
        ColumnData::I32(value) => value.map(|value| Cell::Int(value.into())),
        ColumnData::I64(value) => value.map(Cell::Int),
        ColumnData::F32(value) => value.map(|value| Cell::Real(shortest(value))),
        ColumnData::F64(value) => value.map(Cell::Real),
        ColumnData::Bit(value) => value.map(|value| Cell::Int(value.into())),
        ColumnData::String(value) => value.map(|value| Cell::Text(value.into_owned())),
        ColumnData::Guid(value) => value.map(|value| Cell::Text(value.to_string().to_uppercase())),
        ColumnData::Binary(value) => value.map(|value| Cell::Blob(value.into_owned())),
        ColumnData::Numeric(value) => {
            value.map(|value| Cell::Text(decimal(value.value(), value.scale().into())))
        }
        ColumnData::Xml(value) => value.map(|value| Cell::Text(value.into_owned().into_string())),
        ColumnData::DateTime(value) => value.and_then(|value| {
            // 1/300 s, shown as .000, .003, .007.
            let millis = TimeDelta::milliseconds((i64::from(value.seconds_fragments()) * 10 + 1) / 3);
            Some(time(since(1900, value.days().into())?.checked_add_signed(millis)?, Digits(3)))
        }),
        ColumnData::SmallDateTime(value) => value.and_then(|value| {
            let minutes = TimeDelta::minutes(value.seconds_fragments().into());
            Some(time(since(1900, value.days().into())?.checked_add_signed(minutes)?, Digits(0)))
        }),
        ColumnData::Date(value) => {
            value.and_then(|value| Some(time(since(1, value.days().into())?, TimeSpelling::Date)))
        }
        // A time of day alone is no moment.
        ColumnData::Time(value) => value.and_then(|value| {
            let at = since(1, 0)?.checked_add_signed(nanos(value.increments(), value.scale())?)?;
            let spelt = time(at, Digits(value.scale())).to_string();
            spelt.split_once(' ').map(|(_, time)| Cell::Text(time.to_owned()))
        }),
        ColumnData::DateTime2(value) => {
            value.and_then(|value| Some(time(datetime2(value)?, Digits(value.time().scale()))))
        }
        ColumnData::DateTimeOffset(value) => value.and_then(|value| {
            let instant: DateTime<Utc> = datetime2(value.datetime2())?.and_utc();
            let at = instant.with_timezone(&factory_tz).fixed_offset();
            let digits = value.datetime2().time().scale();
            Some(time(at.naive_local(), TimeSpelling::DigitsAndOffset(digits, *at.offset())))
        }),
    };
    known.unwrap_or(Cell::Null)
}

/// Whether the server may take two rows for equal in these columns. Its collation may distinguish neither
/// case nor accents, nor blanks at the end.
pub(super) fn may_be_equal(a: &[Cell], b: &[Cell], order: &[usize]) -> bool {
    order.iter().all(|place| match (&a[*place], &b[*place]) {
        (Cell::Text(a), Cell::Text(b)) if a.is_ascii() && b.is_ascii() => {
            a.trim_end().eq_ignore_ascii_case(b.trim_end())
        }
        (Cell::Text(_), Cell::Text(_)) => true,
        (a, b) => a == b,
    })
}

/// Turns bytes into text if they are valid UTF-16.
pub(super) fn decode_utf16(cell: &mut Cell) {
    if let Cell::Blob(bytes) = cell
        && bytes.len().is_multiple_of(2)
    {
        let units: Vec<u16> =
            bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        if let Ok(text) = String::from_utf16(&units) {
            *cell = Cell::Text(text);
        }
    }
}

fn decimal(value: i128, scale: usize) -> String {
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if value.cmp(&0) == Ordering::Less { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

fn since(year: i32, days: i64) -> Option<NaiveDateTime> {
    NaiveDate::from_ymd_opt(year, 1, 1)?.checked_add_signed(TimeDelta::try_days(days)?)?.and_hms_opt(0, 0, 0)
}

fn nanos(increments: u64, scale: u8) -> Option<TimeDelta> {
    let unit = 10i64.checked_pow(9u32.checked_sub(scale.into())?)?;
    Some(TimeDelta::nanoseconds(i64::try_from(increments).ok()?.checked_mul(unit)?))
}

fn datetime2(value: tiberius::time::DateTime2) -> Option<NaiveDateTime> {
    since(1, value.date().days().into())?
        .checked_add_signed(nanos(value.time().increments(), value.time().scale())?)
}

fn time(at: NaiveDateTime, spelling: TimeSpelling) -> Cell {
    Cell::Time(ErpTime { at, spelling })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiberius::numeric::Numeric;
    use tiberius::time::{Date, DateTime as LegacyDateTime, DateTime2, DateTimeOffset, SmallDateTime, Time};

    fn reads(value: ColumnData<'static>) -> String {
        cell(value, Tz::Europe__London).to_string()
    }

    #[test]
    fn ticks_are_shown_as_the_server_shows_them() {
        let days = i32::try_from(
            (NaiveDate::from_ymd_opt(2026, 11, 20).unwrap() - NaiveDate::from_ymd_opt(1900, 1, 1).unwrap())
                .num_days(),
        )
        .unwrap();
        let at = |ticks| reads(ColumnData::DateTime(Some(LegacyDateTime::new(days, ticks))));
        assert_eq!(at(0), "2026-11-20 00:00:00.000");
        assert_eq!(at(1), "2026-11-20 00:00:00.003");
        assert_eq!(at(2), "2026-11-20 00:00:00.007");
        assert_eq!(at(3), "2026-11-20 00:00:00.010");
        assert_eq!(at(300 * 86_400 - 1), "2026-11-20 23:59:59.997");
        assert_eq!(
            reads(ColumnData::DateTime(Some(LegacyDateTime::new(-53_690, 0)))),
            "1753-01-01 00:00:00.000"
        );
    }

    #[test]
    fn times_keep_the_digits_of_their_type() {
        let date = Date::new(
            u32::try_from(
                (NaiveDate::from_ymd_opt(2026, 7, 1).unwrap() - NaiveDate::from_ymd_opt(1, 1, 1).unwrap())
                    .num_days(),
            )
            .unwrap(),
        );
        let at = |increments, scale| DateTime2::new(date, Time::new(increments, scale));
        assert_eq!(reads(ColumnData::DateTime2(Some(at(360_001_234_567, 7)))), "2026-07-01 10:00:00.1234567");
        assert_eq!(reads(ColumnData::DateTime2(Some(at(36_000, 0)))), "2026-07-01 10:00:00");
        assert_eq!(
            reads(ColumnData::DateTimeOffset(Some(DateTimeOffset::new(at(3_600_050, 2), -300)))),
            "2026-07-01 11:00:00.50 +01:00"
        );
        assert_eq!(reads(ColumnData::SmallDateTime(Some(SmallDateTime::new(1, 61)))), "1900-01-02 01:01:00");
        assert_eq!(reads(ColumnData::Date(Some(Date::new(0)))), "0001-01-01");
        assert_eq!(reads(ColumnData::Date(Some(Date::new(3_652_058)))), "9999-12-31");
        assert_eq!(reads(ColumnData::Time(Some(Time::new(36_615, 1)))), "01:01:01.5");
        assert_eq!(
            reads(ColumnData::DateTime(Some(LegacyDateTime::new(i32::MAX, 0)))),
            "NULL",
            "what no calendar has is no time"
        );
    }

    #[test]
    fn decimals_keep_all_their_digits() {
        let check = |value, scale, expect: &str| {
            assert_eq!(reads(ColumnData::Numeric(Some(Numeric::new_with_scale(value, scale)))), expect);
        };
        check(12_500, 3, "12.500");
        check(-5, 2, "-0.05");
        check(7, 0, "7");
        check(
            99_999_999_999_999_999_999_999_999_999_999_999_999,
            0,
            "99999999999999999999999999999999999999",
        );
    }

    #[test]
    fn a_real_is_read_by_its_shortest_decimal_and_a_float_as_it_is() {
        assert_eq!(reads(ColumnData::F32(Some(4.3))), "4.3");
        assert_eq!(reads(ColumnData::F32(Some(-0.1))), "-0.1");
        assert_eq!(reads(ColumnData::F64(Some(0.1 + 0.2))), "0.30000000000000004");
    }

    #[test]
    fn keys_that_a_collation_may_take_for_one_are_not_divided() {
        let text = |text: &str| vec![Cell::Int(1), Cell::Text(text.to_owned())];
        let equal = |a: &str, b: &str| may_be_equal(&text(a), &text(b), &[1]);
        assert!(equal("Line", "LINE ") && equal("cafe", "café") && equal("a", "a"));
        assert!(!equal("Line", "Lines") && !equal("1", "2"));
        assert!(!may_be_equal(&[Cell::Int(1)], &[Cell::Int(2)], &[0]));
    }

    #[test]
    fn text_that_is_none_stays_bytes() {
        let decoded = |bytes: &[u8]| {
            let mut cell = Cell::Blob(bytes.to_vec());
            decode_utf16(&mut cell);
            cell
        };
        assert_eq!(decoded(b"C\0o\0d\0"), Cell::Text("Cod".to_owned()));
        assert_eq!(decoded(&[0x00, 0xd8, 0x41, 0x00]), Cell::Blob(vec![0x00, 0xd8, 0x41, 0x00]));
        assert_eq!(decoded(b"C\0o"), Cell::Blob(b"C\0o".to_vec()));
    }
}
