//! What an endpoint answers with: an object or a page of a list, as bytes with their headers.

use std::fmt::Write as _;

use api::{DATA_AS_OF, Described, Row};
use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, LINK};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, FixedOffset, SecondsFormat};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::list::{Form, Written};
use crate::payload::{ANSWER_MAX_BYTES, sent_bytes};
use crate::{Error, Result};

/// A successful answer.
#[derive(Clone, Debug)]
pub struct Answer {
    body: Bytes,
    /// Of an answer that is always the same.
    etag: Option<String>,
    media_type: &'static str,
    as_of: Option<DateTime<FixedOffset>>,
    next: Option<String>,
    rows: Rows,
    file_name: Option<String>,
    instead: &'static str,
}

/// How many rows an answer has, for the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows(pub(crate) usize);

impl Answer {
    fn new(media_type: &'static str, body: Vec<u8>, as_of: Option<DateTime<FixedOffset>>) -> Self {
        Self {
            body: body.into(),
            etag: None,
            media_type,
            as_of,
            next: None,
            rows: Rows(1),
            file_name: None,
            instead: "ask for less",
        }
    }

    /// An object, as JSON.
    pub fn object<R: Described + Serialize>(
        mut object: R,
        as_of: Option<DateTime<FixedOffset>>,
    ) -> Result<Self> {
        object.round(None);
        Ok(Self::new("application/json", json(&object)?, as_of))
    }

    /// A JSON document whose form another standard defines.
    pub fn document<T: Serialize>(
        media_type: &'static str,
        document: &T,
        as_of: Option<DateTime<FixedOffset>>,
    ) -> Result<Self> {
        Ok(Self::new(media_type, json(document)?, as_of))
    }

    /// JSON that is always the same. It holds no data of the ERP, so it has no age. Clones of this answer cost
    /// next to nothing.
    pub fn constant(json: &'static [u8]) -> Self {
        let answer = Self::new("application/json", Vec::new(), None);
        let etag = Some(etag(&[answer.media_type.as_bytes(), b"", json]));
        Self { body: Bytes::from_static(json), etag, ..answer }
    }

    /// All rows as CSV. For Excel they come after a byte-order mark, and no text in them is a formula.
    pub fn csv_rows<R: Row + Serialize>(
        rows: Vec<R>,
        for_excel: bool,
        as_of: Option<DateTime<FixedOffset>>,
    ) -> Result<Self> {
        Self::rows(Form::Csv { for_excel }, rows, as_of, usize::MAX).map(|(answer, _)| answer)
    }

    /// All rows as an Excel workbook. `name` is that of its sheet and its file.
    pub fn xlsx_rows<R: Row + Serialize>(
        rows: Vec<R>,
        name: &str,
        as_of: Option<DateTime<FixedOffset>>,
    ) -> Result<Self> {
        Self::rows(Form::Xlsx { name }, rows, as_of, usize::MAX).map(|(answer, _)| answer)
    }

    /// The first of these rows that fit into an answer, and how many they are.
    pub(crate) fn fitting_rows<R: Row + Serialize>(
        form: Form<'_>,
        rows: Vec<R>,
        as_of: Option<DateTime<FixedOffset>>,
    ) -> Result<(Self, usize)> {
        Self::rows(form, rows, as_of, ANSWER_MAX_BYTES)
    }

    fn rows<R: Row + Serialize>(
        form: Form<'_>,
        mut rows: Vec<R>,
        as_of: Option<DateTime<FixedOffset>>,
        max_bytes: usize,
    ) -> Result<(Self, usize)> {
        rows.round(None);
        let Written { body, rows } = form.write(&rows, max_bytes)?;
        let file_name = match form {
            Form::Xlsx { name } => Some(format!("{name}.xlsx")),
            Form::Json | Form::Csv { .. } => None,
        };
        let answer = Self::new(form.media_type(), body, as_of);
        Ok((Self { rows: Rows(rows), file_name, ..answer }, rows))
    }

    /// This answer with a link to the next page. `next` is the query that asks for it.
    pub(crate) fn followed_by(mut self, next: Option<String>) -> Self {
        self.next = next;
        self
    }

    /// This answer with what the client is told to ask for, should this be more than an answer can hold.
    pub fn or_instead(mut self, instead: &'static str) -> Self {
        self.instead = instead;
        self
    }
}

fn json<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| Error::Write(error.into()))
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        if self.etag.is_none() && sent_bytes(self.media_type, &self.body) > ANSWER_MAX_BYTES {
            return Error::TooLarge { instead: self.instead.to_owned() }.into_response();
        }
        // The link is relative to the address that was asked for, so it holds under any path that the API
        // has.
        let link = self.next.map(|query| format!("<?{query}>; rel=\"next\""));
        let etag = self.etag.unwrap_or_else(|| {
            etag(&[self.media_type.as_bytes(), link.as_deref().unwrap_or_default().as_bytes(), &self.body])
        });
        let as_of = self.as_of.map(|as_of| as_of.to_rfc3339_opts(SecondsFormat::AutoSi, false));
        let disposition = self.file_name.map(|name| format!("attachment; filename=\"{name}\""));
        let mut headers = HeaderMap::new();
        let mut set = |name: HeaderName, value: Option<String>| {
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                headers.insert(name, value);
            }
        };
        set(CONTENT_TYPE, Some(self.media_type.to_owned()));
        set(CONTENT_DISPOSITION, disposition);
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
    use axum::http::StatusCode;

    use super::*;

    #[test]
    fn an_etag_tells_apart_what_is_divided_differently() {
        assert_ne!(etag(&[b"ab", b"c"]), etag(&[b"a", b"bc"]));
        assert_eq!(etag(&[b"ab", b"c"]), etag(&[b"ab", b"c"]));
    }

    #[test]
    fn an_answer_is_refused_that_lambda_could_not_send() {
        let status = |text: String| {
            Answer::document("application/json", &text, None).unwrap().into_response().status()
        };
        // The quotes of the text itself are escaped on the way.
        assert_eq!(status("a".repeat(ANSWER_MAX_BYTES - 4)), StatusCode::OK);
        assert_eq!(status("a".repeat(ANSWER_MAX_BYTES - 3)), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(status("\"".repeat(ANSWER_MAX_BYTES / 3)), StatusCode::UNPROCESSABLE_ENTITY);
    }
}
