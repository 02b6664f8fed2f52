//! What an endpoint answers with: an object or a page of a list, as bytes with their headers.

use std::fmt::Write as _;

use api::{DATA_AS_OF, Described, Field, Row, Shape};
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LINK};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, FixedOffset, SecondsFormat};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// A successful answer.
#[derive(Clone, Debug)]
pub struct Answer {
    body: Vec<u8>,
    media_type: &'static str,
    as_of: Option<DateTime<FixedOffset>>,
    next: Option<String>,
    rows: Rows,
}

/// How many rows an answer has, for the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows(pub(crate) usize);

impl Answer {
    /// An object, as JSON.
    pub fn object<R: Described + Serialize>(
        mut object: R,
        as_of: Option<DateTime<FixedOffset>>,
    ) -> Result<Self> {
        object.round(None);
        Ok(Self { body: json(&object)?, media_type: "application/json", as_of, next: None, rows: Rows(1) })
    }

    /// A JSON document whose form another standard defines.
    pub fn document<T: Serialize>(
        media_type: &'static str,
        document: &T,
        as_of: Option<DateTime<FixedOffset>>,
    ) -> Result<Self> {
        Ok(Self { body: json(document)?, media_type, as_of, next: None, rows: Rows(1) })
    }

    /// JSON that is written already. It holds no data of the ERP, so it has no age.
    pub fn written(json: &[u8]) -> Self {
        Self { body: json.to_vec(), media_type: "application/json", as_of: None, next: None, rows: Rows(1) }
    }

    /// A list, as a JSON array.
    pub(crate) fn json_rows<R: Row + Serialize>(
        mut rows: Vec<R>,
        as_of: Option<DateTime<FixedOffset>>,
    ) -> Result<Self> {
        rows.round(None);
        Ok(Self {
            body: json(&rows)?,
            media_type: "application/json",
            as_of,
            next: None,
            rows: Rows(rows.len()),
        })
    }

    /// All rows as CSV. For Excel they come after a byte-order mark, and no text in them is a formula.
    pub fn csv_rows<R: Row + Serialize>(
        mut rows: Vec<R>,
        for_excel: bool,
        as_of: Option<DateTime<FixedOffset>>,
    ) -> Result<Self> {
        rows.round(None);
        let mut body = csv(&rows).map_err(Error::Write)?;
        if for_excel {
            body = [BOM, &without_formulas::<R>(&body).map_err(Error::Write)?].concat();
        }
        Ok(Self { body, media_type: "text/csv; charset=utf-8", as_of, next: None, rows: Rows(rows.len()) })
    }

    /// This answer with a link to the next page. `next` is the query that asks for it.
    pub(crate) fn followed_by(mut self, next: Option<String>) -> Self {
        self.next = next;
        self
    }
}

/// The byte-order mark, by which Excel knows that a text is UTF-8. It is only sent where it was asked for: a
/// script would read it as the beginning of the first column's name.
const BOM: &[u8] = "\u{feff}".as_bytes();

fn json<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| Error::Write(error.into()))
}

/// Rows as RFC 4180 defines CSV: a header, lines that end with CRLF, quotes where they are needed.
fn csv<R: Row + Serialize>(rows: &[R]) -> Written {
    let mut writer = csv_writer();
    writer.write_record(R::FIELDS.iter().map(|field| field.name))?;
    for row in rows {
        writer.serialize(row)?;
    }
    Ok(writer.into_inner().map_err(csv::IntoInnerError::into_error)?)
}

/// Rows of CSV with an apostrophe before each text that a spreadsheet would run as a formula. A customer's name
/// from the ERP may be `=HYPERLINK(…)`. Numbers stay as they are: theirs may begin with a minus.
fn without_formulas<R: Row>(plain: &[u8]) -> Written {
    let is_text = |field: &Field| matches!(field.shape, Shape::Text | Shape::Nullable(Shape::Text));
    let mut writer = csv_writer();
    for record in csv::ReaderBuilder::new().has_headers(false).from_reader(plain).records() {
        let record = record?;
        for (text, field) in record.iter().zip(R::FIELDS) {
            if is_text(field) && text.starts_with(FORMULA_BEGINS) {
                writer.write_field(format!("'{text}"))?;
            } else {
                writer.write_field(text)?;
            }
        }
        writer.write_record(None::<&[u8]>)?;
    }
    Ok(writer.into_inner().map_err(csv::IntoInnerError::into_error)?)
}

/// With one of these a cell begins that a spreadsheet takes for a formula.
const FORMULA_BEGINS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

type Written = std::result::Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>>;

fn csv_writer() -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().has_headers(false).terminator(csv::Terminator::CRLF).from_writer(Vec::new())
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        // The link is relative to the address that was asked for, so it holds under any path that the API
        // has.
        let link = self.next.map(|query| format!("<?{query}>; rel=\"next\""));
        let etag =
            etag(&[self.media_type.as_bytes(), link.as_deref().unwrap_or_default().as_bytes(), &self.body]);
        let as_of = self.as_of.map(|as_of| as_of.to_rfc3339_opts(SecondsFormat::AutoSi, false));
        let mut headers = HeaderMap::new();
        let mut set = |name: HeaderName, value: Option<String>| {
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                headers.insert(name, value);
            }
        };
        set(CONTENT_TYPE, Some(self.media_type.to_owned()));
        set(CACHE_CONTROL, Some("no-cache".to_owned()));
        set(ETAG, Some(etag));
        set(LINK, link);
        set(HeaderName::from_static(DATA_AS_OF), as_of);
        let mut response = (headers, Body::from(self.body)).into_response();
        response.extensions_mut().insert(self.rows);
        response
    }
}

/// A strong ETag: a hash of all that an answer is made of. The version of the data would not do, because an
/// answer also changes when its window of days moves at midnight.
fn etag(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut text = String::from("\"");
    for byte in &hash.finalize()[..16] {
        let _ = write!(text, "{byte:02x}");
    }
    text + "\""
}

#[cfg(test)]
mod tests {
    use api::runs::RunInput;

    use super::*;

    #[test]
    fn csv_quotes_what_needs_it_ends_lines_with_crlf_and_has_a_header_when_empty() {
        let input = |batch_code: &str, qty_kg| RunInput {
            batch_code: Some(batch_code.to_owned()),
            grade: None,
            species: Some("cod".to_owned()),
            qty_kg,
        };
        let rows = vec![input("B\"1\", \n2", Some(-1.5)), input("=1+1", None), input(" ä ", Some(1e-7))];
        let text = String::from_utf8(csv(&rows).unwrap()).unwrap();
        let lines = [
            "batch_code,grade,species,qty_kg",
            "\"B\"\"1\"\", \n2\",,cod,-1.5",
            "=1+1,,cod,",
            " ä ,,cod,1e-7",
            "",
        ];
        assert_eq!(text, lines.join("\r\n"));
        assert_eq!(csv::<RunInput>(&[]).unwrap(), b"batch_code,grade,species,qty_kg\r\n");
    }

    #[test]
    fn no_text_is_a_formula_in_excel_and_every_number_stays_one() {
        let texts = ["=1+1", "+44 20", "-x", "@SUM(A1)", "\t=1", "\r=1", "B-1", "", "'=1", " =1"];
        let rows: Vec<RunInput> = texts
            .map(|text| RunInput {
                batch_code: Some(text.to_owned()),
                qty_kg: Some(-1.5),
                ..RunInput::default()
            })
            .into();
        let defused = without_formulas::<RunInput>(&csv(&rows).unwrap()).unwrap();
        let read = csv::Reader::from_reader(defused.as_slice())
            .into_records()
            .map(|record| record.map(|record| (record[0].to_owned(), record[3].to_owned())))
            .collect::<csv::Result<Vec<_>>>()
            .unwrap();
        let expect = ["'=1+1", "'+44 20", "'-x", "'@SUM(A1)", "'\t=1", "'\r=1", "B-1", "", "'=1", " =1"];
        assert_eq!(read, expect.map(|text| (text.to_owned(), "-1.5".to_owned())));
    }

    #[test]
    fn an_etag_tells_apart_what_is_divided_differently() {
        assert_ne!(etag(&[b"ab", b"c"]), etag(&[b"a", b"bc"]));
        assert_eq!(etag(&[b"ab", b"c"]), etag(&[b"ab", b"c"]));
    }
}
