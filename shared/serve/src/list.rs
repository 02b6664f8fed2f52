//! Rows written in the form that was asked for, as many of them as fit into an answer. The rest is on the
//! next page.

use api::operation::XLSX;
use api::{Field, Row, Shape};
use serde::Serialize;

use crate::payload::{binary_bytes, text_bytes};
use crate::workbook::workbook;
use crate::{Error, Result};

/// A form of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form<'a> {
    /// A JSON array.
    Json,
    /// CSV.
    Csv {
        /// With a byte-order mark, and no text in it a formula.
        for_excel: bool,
    },
    /// A workbook.
    Xlsx {
        /// The name of its sheet.
        name: &'a str,
    },
}

/// Rows that were written.
#[derive(Debug, PartialEq)]
pub(crate) struct Written {
    pub(crate) body: Vec<u8>,
    /// How many of the rows are in it, from the first on.
    pub(crate) rows: usize,
}

impl Form<'_> {
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv { .. } => "text/csv; charset=utf-8",
            Self::Xlsx { .. } => XLSX.media_type,
        }
    }

    /// Writes the first of these rows that together have no more than `max_bytes` on their way.
    pub(crate) fn write<R: Row + Serialize>(self, rows: &[R], max_bytes: usize) -> Result<Written> {
        match self {
            Self::Json => json(rows, max_bytes),
            Self::Csv { for_excel } => csv(rows, for_excel, max_bytes),
            Self::Xlsx { name } => xlsx(rows, name, max_bytes),
        }
        .map_err(Error::Write)
    }
}

type Fallible<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn json<R: Serialize>(rows: &[R], max_bytes: usize) -> Fallible<Written> {
    let mut body = b"[".to_vec();
    let mut sent = "[]".len();
    let mut written = 0;
    for row in rows {
        let start = body.len();
        if written > 0 {
            body.push(b',');
        }
        serde_json::to_writer(&mut body, row)?;
        sent += text_bytes(&body[start..]);
        if sent > max_bytes {
            body.truncate(start);
            break;
        }
        written += 1;
    }
    body.push(b']');
    Ok(Written { body, rows: written })
}

/// The byte-order mark, by which Excel knows that a text is UTF-8. It is only sent where it was asked for: a
/// script would read it as the beginning of the first column's name.
const BOM: &[u8] = "\u{feff}".as_bytes();

/// Rows as RFC 4180 defines CSV: a header, lines that end with CRLF, quotes where they are needed.
fn csv<R: Row + Serialize>(rows: &[R], for_excel: bool, max_bytes: usize) -> Fallible<Written> {
    let mut body = if for_excel { BOM.to_vec() } else { Vec::new() };
    body.extend(line(|writer| writer.write_record(R::FIELDS.iter().map(|field| field.name)))?);
    let mut sent = text_bytes(&body);
    let mut written = 0;
    for row in rows {
        let plain = line(|writer| writer.serialize(row))?;
        let line = if for_excel { without_formulas::<R>(&plain)? } else { plain };
        sent += text_bytes(&line);
        if sent > max_bytes {
            break;
        }
        body.extend(line);
        written += 1;
    }
    Ok(Written { body, rows: written })
}

/// A line of CSV.
fn line(write: impl FnOnce(&mut csv::Writer<Vec<u8>>) -> csv::Result<()>) -> Fallible<Vec<u8>> {
    let terminator = csv::Terminator::CRLF;
    let mut writer =
        csv::WriterBuilder::new().has_headers(false).terminator(terminator).from_writer(Vec::new());
    write(&mut writer)?;
    Ok(writer.into_inner().map_err(csv::IntoInnerError::into_error)?)
}

/// Lines of CSV with an apostrophe before each text that a spreadsheet would run as a formula. A customer's
/// name from the ERP may be `=HYPERLINK(…)`. Numbers stay as they are: theirs may begin with a minus.
fn without_formulas<R: Row>(plain: &[u8]) -> Fallible<Vec<u8>> {
    let is_text = |field: &Field| matches!(field.shape, Shape::Text | Shape::Nullable(Shape::Text));
    let mut defused = Vec::with_capacity(plain.len());
    for record in csv::ReaderBuilder::new().has_headers(false).from_reader(plain).records() {
        let record = record?;
        defused.extend(line(|writer| {
            for (text, field) in record.iter().zip(R::FIELDS) {
                if is_text(field) && text.starts_with(FORMULA_BEGINS) {
                    writer.write_field(format!("'{text}"))?;
                } else {
                    writer.write_field(text)?;
                }
            }
            writer.write_record(None::<&[u8]>)
        })?);
    }
    Ok(defused)
}

/// With one of these a cell begins that a spreadsheet takes for a formula.
const FORMULA_BEGINS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A workbook is compressed as a whole, so how many rows fit is found by trying. Nearly always it is all.
fn xlsx<R: Row + Serialize>(rows: &[R], name: &str, max_bytes: usize) -> Fallible<Written> {
    let mut count = rows.len();
    loop {
        let body = workbook(name, &rows[..count])?;
        let sent = binary_bytes(&body);
        if sent <= max_bytes || count == 0 {
            return Ok(Written { body, rows: count });
        }
        // As many as would fit if all were of one size, less a tenth.
        let likely = count.saturating_mul(max_bytes) / sent * 9 / 10;
        count = if count == 1 { 0 } else { likely.clamp(1, count - 1) };
    }
}

#[cfg(test)]
mod tests {
    use api::runs::RunInput;
    use proptest::prelude::*;

    use super::*;
    use crate::payload::sent_bytes;

    const FORMS: [Form<'static>; 4] = [
        Form::Json,
        Form::Csv { for_excel: false },
        Form::Csv { for_excel: true },
        Form::Xlsx { name: "inputs" },
    ];

    fn input(batch_code: &str, qty_kg: Option<f64>) -> RunInput {
        RunInput {
            batch_code: Some(batch_code.to_owned()),
            grade: None,
            species: Some("cod".to_owned()),
            qty_kg,
        }
    }

    fn text(rows: &[RunInput], for_excel: bool) -> String {
        String::from_utf8(Form::Csv { for_excel }.write(rows, usize::MAX).unwrap().body).unwrap()
    }

    #[test]
    fn csv_quotes_what_needs_it_ends_lines_with_crlf_and_has_a_header_when_empty() {
        let rows = [input("B\"1\", \n2", Some(-1.5)), input("=1+1", None), input(" ä ", Some(1e-7))];
        let lines = [
            "batch_code,grade,species,qty_kg",
            "\"B\"\"1\"\", \n2\",,cod,-1.5",
            "=1+1,,cod,",
            " ä ,,cod,1e-7",
            "",
        ];
        assert_eq!(text(&rows, false), lines.join("\r\n"));
        assert_eq!(text(&[], false), "batch_code,grade,species,qty_kg\r\n");
    }

    #[test]
    fn no_text_is_a_formula_in_excel_and_every_number_stays_one() {
        let texts = ["=1+1", "+44 20", "-x", "@SUM(A1)", "\t=1", "\r=1", "B-1", "", "'=1", " =1"];
        let rows = texts.map(|text| input(text, Some(-1.5)));
        let defused = text(&rows, true);
        let read = csv::Reader::from_reader(defused.as_bytes())
            .into_records()
            .map(|record| record.map(|record| (record[0].to_owned(), record[3].to_owned())))
            .collect::<csv::Result<Vec<_>>>()
            .unwrap();
        let expect = ["'=1+1", "'+44 20", "'-x", "'@SUM(A1)", "'\t=1", "'\r=1", "B-1", "", "'=1", " =1"];
        assert_eq!(read, expect.map(|text| (text.to_owned(), "-1.5".to_owned())));
        assert!(defused.starts_with("\u{feff}batch_code,"));
    }

    #[test]
    fn all_rows_are_written_as_serde_writes_them_where_they_fit() {
        let rows = [input("B1", None), input("B2", Some(1.0))];
        let written = Form::Json.write(&rows, usize::MAX).unwrap();
        assert_eq!(written, Written { body: serde_json::to_vec(&rows).unwrap(), rows: 2 });
        assert_eq!(Form::Json.write::<RunInput>(&[], 2).unwrap().body, b"[]");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_within_the_limit_and_one_row_more_would_not_be(
            texts in prop::collection::vec("[\"=\\\\a-c\u{1}é]{0,60}", 0..30),
            max_bytes in 0..3000_usize,
        ) {
            let rows: Vec<RunInput> = texts.iter().map(|text| input(text, None)).collect();
            for form in FORMS {
                let sent = |rows: &[RunInput]| {
                    sent_bytes(form.media_type(), &form.write(rows, usize::MAX).unwrap().body)
                };
                let written = form.write(&rows, max_bytes).unwrap();
                prop_assert!(written.rows == 0 || sent_bytes(form.media_type(), &written.body) <= max_bytes);
                let whole = form.write(&rows[..written.rows], usize::MAX).unwrap();
                prop_assert_eq!(&whole.body, &written.body);
                // A workbook leaves some room.
                if written.rows < rows.len() && !matches!(form, Form::Xlsx { .. }) {
                    prop_assert!(sent(&rows[..=written.rows]) > max_bytes);
                }
            }
        }
    }

    #[test]
    fn a_workbook_that_is_too_large_holds_fewer_rows() {
        let rows: Vec<RunInput> =
            (0..3000).map(|i| input(&format!("batch {}", i * 7919 % 3001), None)).collect();
        let form = Form::Xlsx { name: "inputs" };
        let all = sent_bytes(form.media_type(), &form.write(&rows, usize::MAX).unwrap().body);
        let written = form.write(&rows, all / 2).unwrap();
        assert!((900..2000).contains(&written.rows), "{}", written.rows);
        assert!(sent_bytes(form.media_type(), &written.body) <= all / 2);
        assert_eq!(form.write(&rows, 10).unwrap().rows, 0);
    }
}
