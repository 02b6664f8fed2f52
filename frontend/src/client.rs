//! Calls the API through the types of its contract. What is on screen afterwards is not decided here.

use api::query::Paging;
use api::{DATA_AS_OF, Endpoint, Problem, Query, Whole};
use chrono::{DateTime, FixedOffset};
use futures::future::{Either, select};
use gloo_net::http::Request;
use gloo_timers::future::TimeoutFuture;
use serde::de::DeserializeOwned;
use web_sys::{AbortController, RequestCache};

use crate::browser::page_ms;

/// How long an answer may take.
const PATIENCE_MS: u32 = 20_000;

/// An answer and how old its data is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fetched<A> {
    pub(crate) answer: A,
    /// When the data was read from the ERP.
    pub(crate) data_as_of: Option<DateTime<FixedOffset>>,
    /// How long the page had been open when the answer came, in milliseconds.
    pub(crate) at_ms: f64,
}

/// Why there is no answer, in words for the reader of the page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ApiError {
    /// Nobody answered, or not in time, or what answered is not our API.
    #[error("API unavailable")]
    Unavailable,
    /// The API said what is wrong.
    #[error("{detail}")]
    Problem { status: u16, detail: String },
}

impl ApiError {
    /// Whether the API answered with a problem of this status.
    pub(crate) fn is(&self, expected: u16) -> bool {
        matches!(self, Self::Problem { status, .. } if *status == expected)
    }
}

/// The API at one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    base: String,
}

impl Client {
    /// The API whose addresses begin with `base`.
    pub(crate) fn new(base: &str) -> Self {
        Self { base: base.to_owned() }
    }

    /// Asks an endpoint. The request is given up when the returned future is dropped.
    pub(crate) async fn get<Q: Query, A: DeserializeOwned>(
        &self,
        endpoint: &Endpoint<Q, A>,
        values: &[&str],
        query: &Q,
    ) -> Result<Fetched<A>, ApiError> {
        self.ask(&endpoint.address(values, query)).await
    }

    /// The same for the first rows of a list, at most so many.
    pub(crate) async fn get_first<Q: Query, T: DeserializeOwned>(
        &self,
        endpoint: &Endpoint<Q, Vec<T>>,
        query: &Q,
        rows: u32,
    ) -> Result<Fetched<Vec<T>>, ApiError> {
        let paging = Paging { limit: Whole(rows), ..Paging::default() };
        self.ask(&endpoint.address_of_page(&[], query, &paging)).await
    }

    async fn ask<A: DeserializeOwned>(&self, address: &str) -> Result<Fetched<A>, ApiError> {
        let address = format!("{}{address}", self.base);
        let (status, data_as_of, body) = fetch(&address).await.ok_or(ApiError::Unavailable)?;
        read(status, data_as_of.as_deref(), &body, page_ms())
    }
}

/// Status, age of the data and body of an answer, if one comes in time.
async fn fetch(address: &str) -> Option<(u16, Option<String>, String)> {
    let given_up = GiveUp(AbortController::new().ok()?);
    // Without `no-cache` a browser may answer from its own store without asking. With it, an unchanged answer
    // still costs only a 304.
    let request = Request::get(address)
        .header("Accept", "application/json")
        .cache(RequestCache::NoCache)
        .abort_signal(Some(&given_up.0.signal()));
    let answer = Box::pin(async {
        let response = request.send().await.ok()?;
        Some((response.status(), response.headers().get(DATA_AS_OF), response.text().await.ok()?))
    });
    match select(answer, TimeoutFuture::new(PATIENCE_MS)).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => None,
    }
}

/// Aborts a request when it is dropped, because nobody waits for the answer any more.
struct GiveUp(AbortController);

impl Drop for GiveUp {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn read<A: DeserializeOwned>(
    status: u16,
    data_as_of: Option<&str>,
    body: &str,
    at_ms: f64,
) -> Result<Fetched<A>, ApiError> {
    if (200..300).contains(&status) {
        let answer = serde_json::from_str(body).map_err(|_| ApiError::Unavailable)?;
        return Ok(Fetched {
            answer,
            data_as_of: data_as_of.and_then(|text| DateTime::parse_from_rfc3339(text).ok()),
            at_ms,
        });
    }
    // A gateway's own error is no problem document: it only says that the API cannot be reached.
    match serde_json::from_str::<Problem>(body) {
        Ok(problem) => Err(ApiError::Problem { status, detail: problem.detail }),
        Err(_) => Err(ApiError::Unavailable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_carries_the_age_of_its_data() {
        let fetched: Fetched<Vec<i64>> = read(200, Some("2026-11-23T14:32:05+01:00"), "[1]", 5.0).unwrap();
        assert_eq!((fetched.answer, fetched.at_ms), (vec![1], 5.0));
        assert_eq!(fetched.data_as_of.unwrap().to_rfc3339(), "2026-11-23T14:32:05+01:00");
    }

    #[test]
    fn a_problem_is_told_in_the_words_of_the_api() {
        let body =
            r#"{"type":"about:blank","title":"Not Found","status":404,"detail":"there is no run `9`"}"#;
        let error = read::<i64>(404, None, body, 5.0).unwrap_err();
        assert_eq!(error.to_string(), "there is no run `9`");
        assert!(error.is(404) && !error.is(503));
    }

    #[test]
    fn what_is_not_our_api_is_unavailable() {
        for (status, body) in [
            (503, r#"{"message":"Service Unavailable"}"#),
            (502, "<html>Bad gateway</html>"),
            (200, "<html>Sign in to the Wi-Fi</html>"),
            (500, ""),
        ] {
            assert_eq!(
                read::<Vec<i64>>(status, None, body, 5.0).unwrap_err(),
                ApiError::Unavailable,
                "{status} {body}"
            );
        }
    }
}
