//! A request as an endpoint sees it: its parameters, and how it wants a list.

use api::query::{After, Limit, read};
use api::{Format, Query, Row};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use chrono::{DateTime, FixedOffset};
use serde::Serialize;

use crate::page::{self, Key, Page, page};
use crate::{Answer, Error, Result, Snapshot, accept, query_text};

/// A request with the parameters `Q`. Every list takes `limit`, `after`, `format` and `bom` in the same way.
#[derive(Clone, Debug)]
pub struct Ask<Q> {
    /// The endpoint's parameters.
    pub query: Q,
    pairs: Vec<(String, String)>,
    limit: usize,
    after: Option<String>,
    format: Format,
    has_bom: bool,
}

impl<Q: Query, S: Sync> FromRequestParts<S> for Ask<Q> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let pairs = query_text::decode(parts.uri.query().unwrap_or_default())?;
        let query = Q::parse(&pairs)?;
        let limit = read::<Limit>(&pairs, "limit")?.0 as usize;
        let after = read::<Option<After>>(&pairs, "after")?.map(|after| after.0);
        // An endpoint may know more forms than a list has; what it does not know it has refused already.
        let format = read::<Option<Format>>(&pairs, "format")
            .ok()
            .flatten()
            .unwrap_or_else(|| accept::preferred(&parts.headers));
        let has_bom = read::<Option<bool>>(&pairs, "bom")?.unwrap_or_default();
        Ok(Self { query, pairs, limit, after, format, has_bom })
    }
}

impl<Q> Ask<Q> {
    /// The page of a list that was asked for, in the form that was asked for. The rows may come in any order,
    /// each with its key.
    pub fn list<K: Key, R: Row + Serialize>(&self, rows: Vec<(K, R)>, snapshot: &Snapshot) -> Result<Answer> {
        self.answer(page(rows, self.limit, self.after.as_deref())?, snapshot.as_of())
    }

    /// The same of rows that are in no mart.
    pub fn list_as_of<K: Key, R: Row + Serialize>(
        &self,
        rows: Vec<(K, R)>,
        as_of: Option<DateTime<FixedOffset>>,
    ) -> Result<Answer> {
        self.answer(page(rows, self.limit, self.after.as_deref())?, as_of)
    }

    /// The key after which the page begins that was asked for, where an endpoint itself reads no more than a
    /// page.
    pub fn after<K: Key>(&self) -> Result<Option<K>> {
        Ok(page::after(self.after.as_deref())?)
    }

    /// A page that an endpoint has read itself, with the key of its last row if there are more.
    pub fn page<K: Key, R: Row + Serialize>(
        &self,
        rows: Vec<R>,
        last: Option<&K>,
        as_of: Option<DateTime<FixedOffset>>,
    ) -> Result<Answer> {
        self.answer(Page { rows, next: last.and_then(page::next) }, as_of)
    }

    fn answer<R: Row + Serialize>(
        &self,
        page: Page<R>,
        as_of: Option<DateTime<FixedOffset>>,
    ) -> Result<Answer> {
        let answer = match self.format {
            Format::Json => Answer::json_rows(page.rows, as_of),
            Format::Csv => Answer::csv_rows(page.rows, self.has_bom, as_of),
        };
        Ok(answer?.followed_by(page.next.map(|after| self.next_query(&after))))
    }

    /// The form that was asked for, of the two that a list has.
    pub fn format(&self) -> Format {
        self.format
    }

    /// All rows as CSV, however many: for what is one thing and no list of things.
    pub fn csv<R: Row + Serialize>(&self, rows: Vec<R>, snapshot: &Snapshot) -> Result<Answer> {
        Answer::csv_rows(rows, self.has_bom, snapshot.as_of())
    }

    fn next_query(&self, after: &str) -> String {
        let others = self
            .pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(name, _)| *name != "after");
        query_text::encode(others.chain([("after", after)]))
    }
}
