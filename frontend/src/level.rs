//! How the page colours what the API has judged.

use api::compliance::{CheckFinding, Severity};

/// How good or bad a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// It is neither good nor bad.
    Plain,
    /// All is well.
    Ok,
    /// Worth a look.
    Warn,
    /// To be acted on.
    Bad,
}

impl Level {
    /// The class that colours it.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }

    /// The sign that says the same without colour.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Plain => "●",
            Self::Ok => "✓",
            Self::Warn => "!",
            Self::Bad => "✕",
        }
    }

    /// The level of a finding.
    pub(crate) fn of(finding: &CheckFinding) -> Self {
        finding.severity.parse().map_or(Self::Plain, Self::of_severity)
    }

    /// The level of findings of this severity.
    pub(crate) fn of_severity(severity: Severity) -> Self {
        match severity {
            Severity::Critical => Self::Bad,
            Severity::Major | Severity::Warning => Self::Warn,
            Severity::Info => Self::Plain,
        }
    }
}
