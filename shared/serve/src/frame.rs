//! A data frame's rows as typed values: a serde deserializer over columns, so that a row of the contract is
//! read by its own derive.
//!
//! Dates and times are read as the text that chrono's serde form has. A column that a type wants and the
//! frame lacks is an error, even where the type would take `None`: an answer must not lose a figure in
//! silence.

use std::fmt;

use chrono::{DateTime, NaiveDate};
use polars::prelude::{AnyValue, Column, DataFrame, TimeUnit};
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde::forward_to_deserialize_any;

/// Rows that a type cannot hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RowError(String);

impl serde::de::Error for RowError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// The rows of a frame as values of a struct; columns that it does not name are left alone.
pub fn rows<T: DeserializeOwned>(frame: &DataFrame) -> Result<Vec<T>, RowError> {
    (0..frame.height()).map(|row| T::deserialize(FrameRow { columns: frame.columns(), row })).collect()
}

/// A row of a frame.
struct FrameRow<'a> {
    columns: &'a [Column],
    row: usize,
}

impl<'de> Deserializer<'de> for FrameRow<'de> {
    type Error = RowError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        visitor.visit_map(Cells { columns: self.columns.iter().collect(), row: self.row, next: 0 })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, RowError> {
        let column = |field: &&str| {
            let found = self.columns.iter().find(|column| column.name().as_str() == *field);
            found.ok_or_else(|| {
                RowError(format!("`{name}` needs the column `{field}`, which the frame lacks"))
            })
        };
        let columns = fields.iter().map(column).collect::<Result<_, _>>()?;
        visitor.visit_map(Cells { columns, row: self.row, next: 0 })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

/// The cells of a row, one after the other.
struct Cells<'a> {
    columns: Vec<&'a Column>,
    row: usize,
    next: usize,
}

impl<'de> MapAccess<'de> for Cells<'de> {
    type Error = RowError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, RowError> {
        let Some(column) = self.columns.get(self.next) else { return Ok(None) };
        seed.deserialize(StrDeserializer::new(column.name().as_str())).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, RowError> {
        let column = self
            .columns
            .get(self.next)
            .ok_or_else(|| RowError::custom("a value was asked for before its name"))?;
        self.next += 1;
        let at = |error: &dyn fmt::Display| {
            RowError(format!("column `{}`, row {}: {error}", column.name(), self.row))
        };
        let value = column.get(self.row).map_err(|error| at(&error))?;
        seed.deserialize(Cell(value)).map_err(|error| at(&error))
    }
}

/// One value of a frame.
struct Cell<'a>(AnyValue<'a>);

impl<'de> Deserializer<'de> for Cell<'de> {
    type Error = RowError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        match self.0 {
            AnyValue::Null => visitor.visit_unit(),
            AnyValue::Boolean(value) => visitor.visit_bool(value),
            AnyValue::String(value) => visitor.visit_borrowed_str(value),
            AnyValue::StringOwned(value) => visitor.visit_str(&value),
            AnyValue::Int32(value) => visitor.visit_i32(value),
            AnyValue::Int64(value) => visitor.visit_i64(value),
            AnyValue::UInt32(value) => visitor.visit_u32(value),
            AnyValue::UInt64(value) => visitor.visit_u64(value),
            AnyValue::Float64(value) => visitor.visit_f64(value),
            AnyValue::Date(days) => visitor.visit_string(date(days)?.to_string()),
            AnyValue::Datetime(value, unit, None) | AnyValue::DatetimeOwned(value, unit, None) => {
                visitor.visit_string(time(value, unit)?)
            }
            other => Err(RowError(format!("values of type {} are not read", other.dtype()))),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, RowError> {
        match self.0 {
            AnyValue::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

fn date(days: i32) -> Result<NaiveDate, RowError> {
    let moment = DateTime::from_timestamp(i64::from(days) * 86_400, 0);
    moment
        .map(|moment| moment.date_naive())
        .ok_or_else(|| RowError(format!("{days} days after 1970 is no date")))
}

fn time(value: i64, unit: TimeUnit) -> Result<String, RowError> {
    let moment = match unit {
        TimeUnit::Milliseconds => DateTime::from_timestamp_millis(value),
        TimeUnit::Microseconds => DateTime::from_timestamp_micros(value),
        TimeUnit::Nanoseconds => Some(DateTime::from_timestamp_nanos(value)),
    };
    moment
        .map(|moment| format!("{:?}", moment.naive_utc()))
        .ok_or_else(|| RowError(format!("{value} {unit} after 1970 is no time")))
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDateTime;
    use polars::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Reading {
        location: Option<String>,
        on: NaiveDate,
        at: Option<NaiveDateTime>,
        packs: i64,
        kg: Option<f64>,
        ok: bool,
    }

    fn frame() -> DataFrame {
        let date: NaiveDate = "2026-10-25".parse().unwrap();
        let time: NaiveDateTime = "2026-10-25T01:30:00.250".parse().unwrap();
        df![
            "ok" => [true, false],
            "location" => [Some("Chill 1"), None],
            "on" => [date, date],
            "at" => [Some(time), None],
            "packs" => [3_i64, -4],
            "kg" => [None, Some(2.5)],
            "other" => ["ignored", "too"],
        ]
        .unwrap()
    }

    #[test]
    fn a_frame_s_rows_become_values_whatever_the_order_of_its_columns() {
        let on = "2026-10-25".parse().unwrap();
        let read: Vec<Reading> = rows(&frame()).unwrap();
        let first = Reading {
            location: Some("Chill 1".to_owned()),
            on,
            at: "2026-10-25T01:30:00.250".parse().ok(),
            packs: 3,
            kg: None,
            ok: true,
        };
        let second = Reading { location: None, on, at: None, packs: -4, kg: Some(2.5), ok: false };
        assert_eq!(read, [first, second]);
    }

    #[test]
    fn rows_before_1970_are_read_too() {
        let date: NaiveDate = "1969-12-31".parse().unwrap();
        let time: NaiveDateTime = "1969-12-31T23:59:59.500".parse().unwrap();
        let mut frame = frame().head(Some(1));
        frame.with_column(Column::new("on".into(), [date])).unwrap();
        frame.with_column(Column::new("at".into(), [time])).unwrap();
        let read: Vec<Reading> = rows(&frame).unwrap();
        assert_eq!((read[0].on, read[0].at), (date, Some(time)));
    }

    #[test]
    fn a_frame_that_does_not_fit_is_an_error_that_names_the_column() {
        let check = |frame: DataFrame, expect: &str| {
            let error = rows::<Reading>(&frame).unwrap_err().to_string();
            assert!(error.contains(expect), "{error}");
        };
        check(frame().drop("kg").unwrap(), "`Reading` needs the column `kg`");
        let mut wrong = frame();
        wrong.with_column(Column::new("packs".into(), [Some(1_i64), None])).unwrap();
        check(wrong.clone(), "column `packs`, row 1: invalid type: unit value");
        wrong.with_column(Column::new("packs".into(), ["1", "2"])).unwrap();
        check(wrong, "column `packs`, row 0: invalid type: string \"1\"");
    }

    #[test]
    fn a_column_that_holds_one_value_for_all_rows_is_read_as_any_other() {
        let mut frame = frame();
        let time: NaiveDateTime = "2026-10-25T01:30:00".parse().unwrap();
        let moment = AnyValue::Datetime(time.and_utc().timestamp_micros(), TimeUnit::Microseconds, None);
        let dtype = DataType::Datetime(TimeUnit::Microseconds, None);
        frame
            .with_column(Column::new_scalar("at".into(), Scalar::new(dtype, moment.into_static()), 2))
            .unwrap();
        frame
            .with_column(Column::new_scalar(
                "location".into(),
                Scalar::from(PlSmallStr::from("everywhere")),
                2,
            ))
            .unwrap();
        let read: Vec<Reading> = rows(&frame).unwrap();
        assert_eq!(
            read.iter().map(|row| (row.location.as_deref(), row.at)).collect::<Vec<_>>(),
            [(Some("everywhere"), Some(time)); 2]
        );
    }

    #[test]
    fn an_empty_frame_has_no_rows() {
        assert_eq!(rows::<Reading>(&frame().head(Some(0))).unwrap(), []);
    }
}
