//! Rows as an Excel workbook of one sheet. Its header stays in view, can be filtered, and has a note on each
//! column that tells its meaning and unit.
//!
//! The columns and the types of their cells follow from the row's declaration, as those of CSV do. The same
//! rows make the same bytes.

use std::borrow::Cow;

use api::{Row, Shape};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, IgnoreError, Note, Workbook, Worksheet, XlsxError,
};
use serde::Serialize;
use serde_json::Value;

type Written<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The rows as a workbook, whose sheet has this name.
pub(crate) fn workbook<R: Row + Serialize>(name: &str, rows: &[R]) -> Written<Vec<u8>> {
    let mut book = Workbook::new();
    // Otherwise the workbook would hold the time of the request.
    book.set_properties(
        &DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(CREATED_IN, 1, 1)?),
    );
    let sheet = book.add_worksheet();
    sheet.set_name(name.chars().take(SHEET_NAME_MAX).collect::<String>())?;
    let formats = Formats::default();
    let mut columns = header::<R>(sheet, &formats)?;
    for (row, place) in rows.iter().zip(1..) {
        let Value::Object(values) = serde_json::to_value(row)? else {
            return Err("a row is no object".into());
        };
        for (column, (field, place_in_row)) in columns.iter_mut().zip(R::FIELDS.iter().zip(0..)) {
            let cell = Cell::of(field.shape, values.get(field.name).unwrap_or(&Value::Null));
            column.0 = column.0.max(cell.chars());
            cell.write(sheet, place, place_in_row, &formats)?;
        }
    }
    for (column, place) in columns.iter().zip(0..) {
        sheet.set_column_width(place, column.0.min(WIDTH_MAX_CHARS) as f64 + 1.0)?;
    }
    finish(sheet, rows.len(), R::FIELDS.len())?;
    Ok(book.save_to_buffer()?)
}

/// The year that every workbook says it was made in.
const CREATED_IN: u16 = 2000;

/// The longest name of a sheet, in characters.
const SHEET_NAME_MAX: usize = 31;

/// How wide a column becomes at most, in characters.
const WIDTH_MAX_CHARS: usize = 60;

/// The room that the button of the filter takes, in characters.
const BUTTON_CHARS: usize = 3;

/// How wide a column has to be so far, in characters.
struct Width(usize);

/// How cells are shown.
struct Formats {
    header: Format,
    date: Format,
    time: Format,
}

impl Default for Formats {
    fn default() -> Self {
        Self {
            header: Format::new().set_bold(),
            date: Format::new().set_num_format("yyyy-mm-dd"),
            time: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
        }
    }
}

fn header<R: Row>(sheet: &mut Worksheet, formats: &Formats) -> Written<Vec<Width>> {
    let mut columns = Vec::with_capacity(R::FIELDS.len());
    for (field, place) in R::FIELDS.iter().zip(0..) {
        sheet.write_string_with_format(0, place, field.name, &formats.header)?;
        sheet.insert_note(0, place, &Note::new(field.doc.trim()).add_author_prefix(false))?;
        columns.push(Width(field.name.chars().count() + BUTTON_CHARS));
    }
    Ok(columns)
}

/// Freezes and filters the header. Excel is not to complain of run numbers, which are texts of digits.
fn finish(sheet: &mut Worksheet, rows: usize, columns: usize) -> Written<()> {
    let last_row = u32::try_from(rows)?;
    let last_column = u16::try_from(columns.saturating_sub(1))?;
    sheet.set_freeze_panes(1, 0)?;
    sheet.autofilter(0, 0, last_row, last_column)?;
    if rows > 0 {
        sheet.ignore_error_range(1, 0, last_row, last_column, IgnoreError::NumberStoredAsText)?;
    }
    Ok(())
}

/// What stands in a cell. Days and times are numbers for Excel: days since the end of 1899.
#[derive(Clone, Debug, PartialEq)]
enum Cell<'a> {
    Blank,
    Text(Cow<'a, str>),
    Number(f64),
    Flag(bool),
    Date(f64),
    Time(f64),
}

impl<'a> Cell<'a> {
    /// The cell for a value as JSON has it. What Excel cannot hold as what it is stands there as a text.
    fn of(shape: Shape, value: &'a Value) -> Self {
        let of_text = |text: &'a str| match shape_of_cell(shape) {
            Shape::Date => date(text).map(Cell::Date),
            Shape::Time => time(text).map(Cell::Time),
            Shape::Instant => wall_clock(text).map(Cell::Time),
            _ => None,
        };
        match value {
            Value::Null => Cell::Blank,
            Value::Bool(flag) => Cell::Flag(*flag),
            Value::Number(number) => match number.as_i64() {
                Some(whole) if whole.unsigned_abs() > WHOLE_MAX => Cell::Text(whole.to_string().into()),
                _ => number.as_f64().map_or(Cell::Blank, Cell::Number),
            },
            Value::String(text) => of_text(text).unwrap_or_else(|| Cell::Text(fitting(text))),
            nested => Cell::Text(fitting(&nested.to_string()).into_owned().into()),
        }
    }

    /// How many characters it shows.
    fn chars(&self) -> usize {
        match self {
            Cell::Blank => 0,
            Cell::Text(text) => text.lines().next().unwrap_or_default().chars().count(),
            Cell::Number(number) => number.to_string().len(),
            Cell::Flag(_) => "FALSE".len(),
            Cell::Date(_) => "2026-11-23".len(),
            Cell::Time(_) => "2026-11-23 14:00:00".len(),
        }
    }

    /// A text is written as a text, whatever it begins with: it is never a formula or a link.
    fn write(self, sheet: &mut Worksheet, row: u32, column: u16, formats: &Formats) -> Result<(), XlsxError> {
        match self {
            Cell::Blank => {}
            Cell::Text(text) => {
                sheet.write_string(row, column, text)?;
            }
            Cell::Number(number) => {
                sheet.write_number(row, column, number)?;
            }
            Cell::Flag(flag) => {
                sheet.write_boolean(row, column, flag)?;
            }
            Cell::Date(days) => {
                sheet.write_number_with_format(row, column, days, &formats.date)?;
            }
            Cell::Time(days) => {
                sheet.write_number_with_format(row, column, days, &formats.time)?;
            }
        }
        Ok(())
    }
}

/// The shape of a value that is there.
fn shape_of_cell(shape: Shape) -> Shape {
    match shape {
        Shape::Nullable(inner) => *inner,
        shape => shape,
    }
}

/// The largest whole number whose digits Excel keeps.
const WHOLE_MAX: u64 = 999_999_999_999_999;

/// The longest text of a cell, in UTF-16 units.
const TEXT_MAX_UNITS: usize = 32_767;

/// The text, or as much of its beginning as a cell can hold, with a mark that it was cut.
fn fitting(text: &str) -> Cow<'_, str> {
    let units = |text: &str| text.chars().map(char::len_utf16).sum::<usize>();
    if text.len() <= TEXT_MAX_UNITS || units(text) <= TEXT_MAX_UNITS {
        return Cow::Borrowed(text);
    }
    let mut room = TEXT_MAX_UNITS - '…'.len_utf16();
    let fits = |character: &char| {
        let fits = character.len_utf16() <= room;
        room = room.saturating_sub(character.len_utf16());
        fits
    };
    let mut kept: String = text.chars().take_while(fits).collect();
    kept.push('…');
    Cow::Owned(kept)
}

fn date(text: &str) -> Option<f64> {
    days(text.parse::<NaiveDate>().ok()?.and_time(NaiveTime::MIN))
}

fn time(text: &str) -> Option<f64> {
    days(text.parse().ok()?)
}

/// A moment carries the factory's offset, and is shown on the factory's clock. Excel knows no offsets.
fn wall_clock(text: &str) -> Option<f64> {
    days(DateTime::parse_from_rfc3339(text).ok()?.naive_local())
}

/// The number that stands for a time in Excel. `None` where it has none: its calendar begins in 1900, has a
/// 29 February in that year, and ends with 9999.
fn days(time: NaiveDateTime) -> Option<f64> {
    let first = NaiveDate::from_ymd_opt(1900, 3, 1)?;
    if time.date() < first || time.year() > 9999 {
        return None;
    }
    let days = (time.date() - NaiveDate::from_ymd_opt(1899, 12, 30)?).num_days();
    let seconds = f64::from(time.num_seconds_from_midnight()) + f64::from(time.nanosecond()) / 1e9;
    Some(days as f64 + seconds / 86_400.0)
}

#[cfg(test)]
mod tests {
    use api::pipeline::JobSummary;
    use api::runs::RunInput;
    use serde_json::json;

    use super::*;

    fn cell(shape: Shape, value: &Value, expect: &Cell<'_>) {
        assert_eq!(&Cell::of(shape, value), expect, "{value}");
    }

    #[test]
    fn a_cell_has_the_type_of_its_value_and_a_text_stays_one() {
        let nullable = Shape::Nullable(&Shape::Number);
        cell(nullable, &json!(-1.5), &Cell::Number(-1.5));
        cell(nullable, &Value::Null, &Cell::Blank);
        cell(Shape::Whole, &json!(42), &Cell::Number(42.0));
        cell(Shape::Flag, &json!(true), &Cell::Flag(true));
        for text in ["=1+1", "007208", "2026-11-23", "TRUE", "https://example.com"] {
            cell(Shape::Text, &json!(text), &Cell::Text(text.into()));
        }
    }

    #[test]
    fn days_and_times_are_counted_as_excel_counts_them_on_the_factory_s_clock() {
        cell(Shape::Date, &json!("1900-03-01"), &Cell::Date(61.0));
        cell(Shape::Nullable(&Shape::Date), &json!("2026-11-23"), &Cell::Date(46349.0));
        cell(Shape::Time, &json!("2026-11-23T18:00:00"), &Cell::Time(46349.75));
        cell(Shape::Instant, &json!("2026-07-01T12:00:00+01:00"), &Cell::Time(46204.5));
    }

    #[test]
    fn what_excel_cannot_hold_stands_there_as_a_text() {
        for (shape, text) in [
            (Shape::Date, "1899-12-30"),
            (Shape::Date, "1900-02-28"),
            (Shape::Time, "0001-01-01T00:00:00"),
            (Shape::Date, "+10000-01-01"),
        ] {
            cell(shape, &json!(text), &Cell::Text(text.into()));
        }
        cell(Shape::Whole, &json!(999_999_999_999_999_i64), &Cell::Number(999_999_999_999_999.0));
        cell(Shape::Whole, &json!(-9_007_199_254_740_993_i64), &Cell::Text("-9007199254740993".into()));
    }

    #[test]
    fn a_text_that_is_too_long_for_a_cell_is_cut_and_says_so() {
        let longest = "é".repeat(32_767);
        assert_eq!(fitting(&longest), longest);
        let cut = fitting(&"🐟".repeat(20_000)).into_owned();
        assert_eq!((cut.chars().count(), cut.encode_utf16().count()), (16_384, 32_767));
        assert!(cut.ends_with("🐟…"));
    }

    #[test]
    fn the_same_rows_make_the_same_bytes_and_no_rows_a_header() {
        let input =
            RunInput { batch_code: Some("\u{0}=\r\n\u{fffe}_x0041_".to_owned()), ..RunInput::default() };
        let bytes = |rows: &[RunInput]| workbook("runs", rows).unwrap();
        assert_eq!(bytes(std::slice::from_ref(&input)), bytes(&[input]));
        assert!(bytes(&[]).starts_with(b"PK"));
        assert!(workbook::<JobSummary>(&"long".repeat(20), &[]).is_ok());
    }
}
