//! The rows of a mart as values. Each column is read as a whole, by its type, and the rows are put together
//! from the columns. So no cell is ever a value of unknown type.
//!
//! A column that a row wants and the frame lacks is an error, even where the row would take `None`: an answer
//! must not lose a figure in silence.

use api::row::{Columns, ReadRow};
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use polars::prelude::*;

/// Why a frame cannot be read as rows of a type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{row}` {problem}")]
pub struct RowError {
    row: &'static str,
    problem: String,
}

impl From<RowError> for PolarsError {
    fn from(error: RowError) -> Self {
        Self::ComputeError(error.to_string().into())
    }
}

/// Rows that can be read from a frame.
pub trait ReadMart: ReadRow<Frame> {}

impl<R: ReadRow<Frame>> ReadMart for R {}

/// The rows of a frame. Columns that the row's type does not name are left alone.
pub fn rows<R: ReadMart>(frame: &DataFrame) -> Result<Vec<R>, RowError> {
    R::read(&Frame(frame.clone())).map_err(|problem| RowError { row: R::NAME, problem })
}

/// A frame as a table of typed columns.
#[derive(Debug)]
pub struct Frame(DataFrame);

impl Frame {
    /// A column, opened as a type.
    fn typed<'a, T>(
        &'a self,
        name: &str,
        open: impl FnOnce(&'a Column) -> PolarsResult<T>,
    ) -> Result<T, String> {
        let column =
            self.0.column(name).map_err(|_| format!("needs the column `{name}`, which the frame lacks"))?;
        open(column).map_err(|error| format!("cannot read the column `{name}`: {error}"))
    }
}

impl Columns for Frame {
    type Error = String;

    fn texts(&self, name: &str) -> Result<Vec<Option<String>>, String> {
        Ok(self.typed(name, Column::str)?.iter().map(|text| text.map(str::to_owned)).collect())
    }

    fn wholes(&self, name: &str) -> Result<Vec<Option<i64>>, String> {
        Ok(self.typed(name, Column::i64)?.iter().collect())
    }

    fn numbers(&self, name: &str) -> Result<Vec<Option<f64>>, String> {
        Ok(self.typed(name, Column::f64)?.iter().collect())
    }

    fn flags(&self, name: &str) -> Result<Vec<Option<bool>>, String> {
        Ok(self.typed(name, Column::bool)?.iter().collect())
    }

    fn dates(&self, name: &str) -> Result<Vec<Option<NaiveDate>>, String> {
        let days = self.typed(name, Column::date)?.physical().iter();
        converted(name, days, NaiveDate::from_epoch_days)
    }

    fn times(&self, name: &str) -> Result<Vec<Option<NaiveDateTime>>, String> {
        let times = self.typed(name, Column::datetime)?;
        let moment: fn(i64) -> Option<DateTime<chrono::Utc>> = match times.time_unit() {
            TimeUnit::Milliseconds => DateTime::from_timestamp_millis,
            TimeUnit::Microseconds => DateTime::from_timestamp_micros,
            TimeUnit::Nanoseconds => |value| Some(DateTime::from_timestamp_nanos(value)),
        };
        converted(name, times.physical().iter(), |value| Some(moment(value)?.naive_utc()))
    }

    fn missing(&self, name: &str, row: usize) -> String {
        format!("needs a value in the column `{name}`, which is null in row {row}")
    }
}

/// The values of a column in another type. A value that this type cannot hold is an error.
fn converted<V: Copy + ToString, T>(
    name: &str,
    values: impl Iterator<Item = Option<V>>,
    convert: impl Fn(V) -> Option<T>,
) -> Result<Vec<Option<T>>, String> {
    let converted = |(row, value): (usize, Option<V>)| {
        let Some(value) = value else { return Ok(None) };
        let none = || format!("cannot read `{}` in the column `{name}`, row {row}", value.to_string());
        convert(value).map(Some).ok_or_else(none)
    };
    values.enumerate().map(converted).collect()
}

#[cfg(test)]
mod tests {
    use api::row;

    use super::*;

    row! {
        /// A row of every type.
        pub struct Reading {
            /// Text.
            location: Option<String>,
            /// A date.
            on: NaiveDate,
            /// A time.
            at: Option<NaiveDateTime>,
            /// A whole number.
            packs: i64,
            /// A number.
            kg: Option<f64>,
            /// A flag.
            ok: bool,
        }
    }

    row! {
        /// A row that contains another.
        pub struct Numbered {
            /// Its number.
            number: i64,
            ..reading: Reading,
        }
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

    fn readings() -> [Reading; 2] {
        let on = "2026-10-25".parse().unwrap();
        let first = Reading {
            location: Some("Chill 1".to_owned()),
            on,
            at: "2026-10-25T01:30:00.250".parse().ok(),
            packs: 3,
            kg: None,
            ok: true,
        };
        [first, Reading { location: None, on, at: None, packs: -4, kg: Some(2.5), ok: false }]
    }

    #[test]
    fn a_frame_s_rows_become_values_whatever_the_order_of_its_columns() {
        assert_eq!(rows::<Reading>(&frame()).unwrap(), readings());
    }

    #[test]
    fn a_row_that_contains_another_has_the_columns_of_both() {
        let names: Vec<_> = <Numbered as api::Row>::FIELDS.iter().map(|field| field.name).collect();
        assert_eq!(names, ["number", "location", "on", "at", "packs", "kg", "ok"]);
        let mut frame = frame();
        frame.with_column(Column::new("number".into(), [1_i64, 2])).unwrap();
        let read: Vec<Numbered> = rows(&frame).unwrap();
        let expect = readings().into_iter().zip(1..).map(|(reading, number)| Numbered { number, reading });
        assert_eq!(read, expect.collect::<Vec<_>>());
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
    fn a_frame_that_does_not_fit_is_an_error_that_names_the_row_s_type_and_the_column() {
        let check = |frame: DataFrame, expect: &str| {
            let error = rows::<Reading>(&frame).unwrap_err().to_string();
            assert!(error.contains(expect), "{error}");
        };
        check(frame().drop("kg").unwrap(), "`Reading` needs the column `kg`");
        let mut wrong = frame();
        wrong.with_column(Column::new("packs".into(), [Some(1_i64), None])).unwrap();
        check(wrong.clone(), "`Reading` needs a value in the column `packs`, which is null in row 1");
        wrong.with_column(Column::new("packs".into(), ["1", "2"])).unwrap();
        check(wrong.clone(), "`Reading` cannot read the column `packs`: ");
        let days = Column::new("on".into(), [0, i32::MAX]).cast(&DataType::Date).unwrap();
        wrong.with_column(days).unwrap();
        check(wrong, "`Reading` cannot read `2147483647` in the column `on`, row 1");
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
