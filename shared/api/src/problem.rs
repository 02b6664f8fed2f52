//! Errors as RFC 9457 (`application/problem+json`) writes them.

use serde::{Deserialize, Serialize};

/// The media type of an error.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// What went wrong, in words that are safe to show to anybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What kind of problem it is: `about:blank` says no more than the status.
    #[serde(rename = "type", default = "about_blank")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What went wrong this time, and what to do about it.
    pub detail: String,
    /// The parameter that could not be taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// Names this request in the logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Problem {
    /// A problem of this status.
    pub fn new(status: u16, title: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: about_blank(),
            title: title.to_owned(),
            status,
            detail: detail.into(),
            parameter: None,
            request_id: None,
        }
    }
}

fn about_blank() -> String {
    "about:blank".to_owned()
}
