//! A request as an endpoint sees it: its parameters, and the form in which it wants the answer.

use std::marker::PhantomData;

use api::query::{self, Paging};
use api::{Described, Format, Query, Row};
use axum::extract::{FromRequestParts, MatchedPath, Path};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, FixedOffset};
use serde::Serialize;

use crate::list::Form;
use crate::page::{self, Key, Page, page};
use crate::{Answer, Error, Result, Snapshot, accept, query_text};

/// A request for an [`Endpoint<Q, A>`](api::Endpoint). Its parameters are `Q`, and only an `A` can answer it.
#[derive(Clone, Debug)]
pub struct Ask<Q, A> {
    /// The endpoint's own parameters.
    pub query: Q,
    /// The parameters that every list takes.
    pub paging: Paging,
    /// Which form of a list the `Accept` header prefers.
    pub accepted: Format,
    name: String,
    values: Vec<String>,
    pairs: Vec<(String, String)>,
    answer: PhantomData<fn() -> A>,
}

impl<Q: Query, A: Described, S: Send + Sync> FromRequestParts<S> for Ask<Q, A> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> std::result::Result<Self, Response> {
        let values = Path::<Vec<String>>::from_request_parts(parts, state).await;
        let Path(values) = values.map_err(IntoResponse::into_response)?;
        asked(parts, values).map_err(Error::into_response)
    }
}

fn asked<Q: Query, A: Described>(parts: &Parts, values: Vec<String>) -> Result<Ask<Q, A>> {
    let pairs = query_text::decode(parts.uri.query().unwrap_or_default())?;
    let (query, paging) = query::parse::<Q, A>(&pairs)?;
    let accepted = accept::preferred(&parts.headers);
    let name = parts.extensions.get::<MatchedPath>().map(|path| name_of(path.as_str())).unwrap_or_default();
    Ok(Ask { query, paging, accepted, name, values, pairs, answer: PhantomData })
}

/// A name for what a path answers: `reports-daily-yield`, wherever the API lies.
fn name_of(path: &str) -> String {
    let path = path.strip_prefix("/api/").unwrap_or(path);
    let words = path.split('/').filter(|segment| !segment.is_empty() && !segment.starts_with('{'));
    words.collect::<Vec<_>>().join("-")
}

impl<Q, A> Ask<Q, A> {
    /// The value in the path. Empty for an endpoint without one.
    pub fn value(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }

    /// A name for a file that holds the answer.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl<Q, A: Row + Serialize> Ask<Q, A> {
    /// The object that was asked for, as JSON.
    pub fn object(&self, object: A, as_of: Option<DateTime<FixedOffset>>) -> Result<Answer> {
        Answer::object(object, as_of)
    }
}

impl<Q, R: Row + Serialize> Ask<Q, Vec<R>> {
    /// Answers with the page that was asked for, in the form that was asked for. Each row comes with its key,
    /// and the rows may come in any order.
    pub fn list<K: Key>(&self, rows: Vec<(K, R)>, snapshot: &Snapshot) -> Result<Answer> {
        self.list_as_of(rows, snapshot.as_of())
    }

    /// As [`Ask::list`], for rows that are in no mart: `as_of` tells how old they are.
    pub fn list_as_of<K: Key>(
        &self,
        rows: Vec<(K, R)>,
        as_of: Option<DateTime<FixedOffset>>,
    ) -> Result<Answer> {
        self.answer(page(rows, self.limit(), self.after_text())?, as_of)
    }

    /// How many rows a page holds at most.
    pub fn limit(&self) -> usize {
        self.paging.limit.0 as usize
    }

    /// The key after which the page begins, for an endpoint that itself reads no more than that page.
    pub fn after<K: Key>(&self) -> Result<Option<K>> {
        Ok(page::after(self.after_text())?)
    }

    /// Answers with a page that the endpoint has read itself, each row with its key. More rows follow after
    /// the key `last`, if there is one.
    pub fn page<K: Key>(
        &self,
        rows: Vec<(K, R)>,
        last: Option<K>,
        as_of: Option<DateTime<FixedOffset>>,
    ) -> Result<Answer> {
        self.answer(Page::of(rows, last), as_of)
    }

    fn after_text(&self) -> Option<&str> {
        self.paging.after.as_ref().map(|after| after.0.as_str())
    }

    /// The page ends earlier where it would not fit into an answer.
    fn answer<K: Key>(&self, mut page: Page<K, R>, as_of: Option<DateTime<FixedOffset>>) -> Result<Answer> {
        let rows = std::mem::take(&mut page.rows);
        let is_empty = rows.is_empty();
        let (answer, written) = Answer::fitting_rows(self.form(), rows, as_of)?;
        if written == 0 && !is_empty {
            return Err(Error::TooLarge { instead: page.beyond_the_first() });
        }
        Ok(answer.followed_by(page.next(written).map(|after| self.next_query(&after))))
    }

    fn form(&self) -> Form<'_> {
        match self.paging.format.unwrap_or(self.accepted) {
            Format::Json => Form::Json,
            Format::Csv => Form::Csv { for_excel: self.paging.bom.unwrap_or_default() },
            Format::Xlsx => Form::Xlsx { name: self.name() },
        }
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

#[cfg(test)]
mod tests {
    use super::name_of;

    #[test]
    fn a_file_is_named_after_the_path_wherever_the_api_lies() {
        let check = |path, expect| assert_eq!(name_of(path), expect, "{path}");
        check("/yield/daily", "yield-daily");
        check("/api/reports/daily-yield", "reports-daily-yield");
        check("/api/trace/{*batch_code}", "trace");
    }
}
