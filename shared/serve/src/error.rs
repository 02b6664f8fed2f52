//! Why a request failed, told twice. The client is told a problem, in words that are safe for anybody. The
//! log is told the cause.

use std::error::Error as StdError;
use std::sync::Arc;

use api::{ParameterError, Problem};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use lake::LakeError;
use polars::error::PolarsError;
use warehouse::marts::RowError;

use crate::payload::ANSWER_MAX_BYTES;

/// A request that failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A parameter cannot be taken.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// What was asked for does not exist. The text is shown to the client.
    #[error("{0}")]
    Unknown(String),
    /// The address is too long to be one of ours.
    #[error("the address is longer than {limit_bytes} bytes")]
    TooLong {
        /// The most that is taken.
        limit_bytes: usize,
    },
    /// The answer is larger than one may be. `instead` tells the client what to ask for.
    #[error("the answer is larger than {:.1} MB, the most that one may have: {instead}", ANSWER_MAX_BYTES as f64 / 1e6)]
    TooLarge {
        /// What to ask for instead.
        instead: String,
    },
    /// The page of a foreign site asks for something that only the dashboard may ask for. The text is shown
    /// to the client.
    #[error("{0}")]
    Forbidden(&'static str),
    /// What was asked for cannot be done while something else goes on. The text is shown to the client.
    #[error("{0}")]
    Conflict(String),
    /// What was asked for has been done not long ago. The text is shown to the client.
    #[error("{detail}")]
    TooSoon {
        /// What was done, and what to do now.
        detail: String,
        /// After how many seconds it may be asked for again.
        again_in_seconds: i64,
    },
    /// More is asked for at once than is worked on.
    #[error("too much is asked at once: try again in a few seconds")]
    Busy,
    /// Something that was asked for could not be begun.
    #[error("it cannot be begun")]
    NotBegun(#[source] Box<dyn StdError + Send + Sync>),
    /// Nothing was ever extracted.
    #[error("the lake has no manifest yet")]
    NoData,
    /// The ERP has a table that the answer is made of, but the table has never been read.
    #[error("table `{0}` has never been read")]
    NeverRead(String),
    /// A mart is not there yet, or not in the form that this version reads.
    #[error("mart `{0}` has not been made by this version yet")]
    NotMade(&'static str),
    /// The lake did not answer as it should.
    #[error("the lake cannot be read")]
    Lake(#[source] Arc<LakeError>),
    /// A mart part that the manifest names cannot be read. It may have been deleted since: then a newer
    /// manifest names another version of it.
    #[error("a mart part cannot be read")]
    Part(#[source] LakeError),
    /// A data frame could not be computed.
    #[error("a data frame cannot be computed")]
    Frame(#[from] PolarsError),
    /// A mart does not hold what the contract promises.
    #[error("a mart's rows do not fit their contract")]
    Rows(#[from] RowError),
    /// An answer could not be written.
    #[error("the answer cannot be written")]
    Write(#[source] Box<dyn StdError + Send + Sync>),
    /// Code of ours panicked while computing.
    #[error("a computation did not end")]
    Panicked(#[source] tokio::task::JoinError),
}

/// The result of answering a request.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure on its way to [`crate::finish`], which adds the request's id to the problem and logs the cause.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) problem: Problem,
    pub(crate) error: Arc<Error>,
}

/// After how many seconds a client may try again where nobody knows better.
const RETRY_AFTER_SECONDS: i64 = 5;

impl Error {
    fn status(&self) -> StatusCode {
        match self {
            Self::Parameter(_) | Self::TooLarge { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unknown(_) => StatusCode::NOT_FOUND,
            Self::TooLong { .. } => StatusCode::URI_TOO_LONG,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooSoon { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::NoData | Self::NeverRead(_) | Self::NotMade(_) | Self::NotBegun(_) | Self::Busy => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            // The next run makes again what is damaged.
            Self::Part(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Lake(error) if error.is_damage() || matches!(**error, LakeError::Store(_)) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Lake(_) | Self::Frame(_) | Self::Rows(_) | Self::Write(_) | Self::Panicked(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    fn problem(&self) -> Problem {
        let status = self.status();
        let detail = match self {
            Self::Parameter(_)
            | Self::Unknown(_)
            | Self::TooLong { .. }
            | Self::TooLarge { .. }
            | Self::Forbidden(_)
            | Self::Conflict(_)
            | Self::TooSoon { .. }
            | Self::Busy => self.to_string(),
            Self::NotBegun(_) => "this cannot be begun at the moment: try again".to_owned(),
            Self::NoData => "there are no data yet: they are here after the next run".to_owned(),
            Self::NeverRead(table) => format!(
                "there are no data yet: the table `{table}` could not be read so far; the run records say why"
            ),
            Self::NotMade(_) => {
                "these numbers are being computed; they are here after the next run".to_owned()
            }
            Self::Part(_) => DAMAGED.to_owned(),
            Self::Lake(error) if error.is_damage() => DAMAGED.to_owned(),
            _ if status == StatusCode::SERVICE_UNAVAILABLE => {
                "the data cannot be reached at the moment: try again".to_owned()
            }
            _ => INTERNAL.to_owned(),
        };
        let mut problem = problem(status, detail);
        if let Self::Parameter(error) = self {
            problem.parameter = Some(error.name.clone());
        }
        problem
    }

    /// After how many seconds it makes sense to try again.
    fn retry_after_seconds(&self) -> Option<i64> {
        match self {
            Self::TooSoon { again_in_seconds, .. } => Some(*again_in_seconds),
            _ => (self.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER_SECONDS),
        }
    }
}

/// What a client is told of numbers that cannot be read.
const DAMAGED: &str = "these numbers are damaged: the next run makes them again";

/// What a client is told of a fault of ours.
pub(crate) const INTERNAL: &str = "something went wrong here; the log knows more under the request id";

/// A problem of this status.
pub(crate) fn problem(status: StatusCode, detail: impl Into<String>) -> Problem {
    Problem::new(status.as_u16(), status.canonical_reason().unwrap_or("Error"), detail)
}

impl From<LakeError> for Error {
    fn from(error: LakeError) -> Self {
        Self::Lake(Arc::new(error))
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Some(seconds) = self.retry_after_seconds() {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(Failure { problem: self.problem(), error: Arc::new(self) });
        response
    }
}
