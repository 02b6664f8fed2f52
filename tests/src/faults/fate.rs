//! The calls of a job that a test can strike, and what can become of them: the ways in which calls fail in
//! real life.

use std::fmt;

use async_trait::async_trait;
use extractor_function::source::ErpError;
use lake::StoreError;

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    Get,
    /// Reads what an object says about itself.
    Head,
    List,
    /// Writes an object, whatever is there.
    Put,
    /// Writes an object on a condition.
    PutIf,
    Copy,
    Delete,
    /// Opens the ERP.
    Connect,
    /// Asks the ERP about a table.
    Table,
    /// Reads a page of rows.
    Page,
}

impl Operation {
    /// Whether the call changes the lake.
    pub const fn writes(self) -> bool {
        matches!(self, Self::Put | Self::PutIf | Self::Copy | Self::Delete)
    }

    /// Whether it is a call to the ERP.
    pub const fn asks_erp(self) -> bool {
        matches!(self, Self::Connect | Self::Table | Self::Page)
    }
}

/// A call that is about to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub operation: Operation,
    /// The key of the object, the prefix of the listing, or the table. Empty for [`Operation::Connect`].
    pub subject: String,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.operation, self.subject)
    }
}

/// How a storage fails, as its client reports it after its own retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No answer in time.
    TimedOut,
    /// The connection broke.
    Reset,
    /// Status 500.
    InternalError,
    /// Status 503.
    SlowDown,
    /// Status 409, which S3 answers while another conditional write of the key is under way.
    Conflict,
    /// The disk under the storage is full.
    DiskFull,
}

impl Failure {
    /// The failures that pass by themselves.
    pub const PASSING: [Self; 5] =
        [Self::TimedOut, Self::Reset, Self::InternalError, Self::SlowDown, Self::Conflict];

    /// The error, in the words of the real client.
    pub fn of(self, call: &Call) -> StoreError {
        let reason = match self {
            Self::TimedOut => "timeout has occurred: HTTP read timeout occurred after 30s",
            Self::Reset => "dispatch failure: io error: connection reset by peer",
            Self::InternalError => "InternalError: We encountered an internal error. Please try again.",
            Self::SlowDown => "SlowDown: Please reduce your request rate.",
            Self::Conflict => {
                "ConditionalRequestConflict: The conditional request cannot succeed due to a conflicting operation against this resource."
            }
            Self::DiskFull => "ServiceUnavailable: the disk of the lake folder is full",
        };
        StoreError { doing: call.to_string().to_lowercase(), reason: reason.to_owned(), source: None }
    }
}

/// How an ERP fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErpFailure {
    /// The connection is lost.
    Unreachable,
    /// A deadlock, a lock, a time-out.
    Busy,
    /// A statement fails.
    Statement,
    /// The ERP cannot be used as it is set up.
    Unusable,
    /// The login may not read a table.
    NoPermission,
}

impl ErpFailure {
    pub const ALL: [Self; 5] =
        [Self::Unreachable, Self::Busy, Self::Statement, Self::Unusable, Self::NoPermission];

    /// The error for a table.
    pub fn of(self, table: &'static str) -> ErpError {
        let reason = "struck".to_owned();
        match self {
            Self::Unreachable => ErpError::Unreachable("the connection to the ERP was lost".to_owned()),
            Self::Busy => ErpError::Busy { table, reason },
            Self::Statement => ErpError::Statement { table, reason },
            Self::Unusable => ErpError::Unusable("the ERP cannot be used".to_owned()),
            Self::NoPermission => ErpError::NoPermission { table, reason },
        }
    }
}

/// What becomes of a call. A blow that does not fit the call lets it be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blow {
    /// The call is made.
    Spared,
    /// The call fails, and nothing is done.
    Fails(Failure),
    /// The call is done, but reported as failed.
    DoneButFails(Failure),
    /// A conditional write is refused although its condition holds.
    Refused,
    /// A conditional write is done, but its answer is lost, and the client's second try is refused.
    DoneButRefused,
    /// A conditional write is reported as failed. It is done when the storage is told to
    /// [`deliver`](super::FaultyStore::deliver).
    DoneLater,
    /// A call to the ERP fails.
    ErpFails(ErpFailure),
    /// A page ends early, after so many rows.
    Cut(usize),
}

/// Decides what becomes of each call. It may let a call wait, even for ever.
#[async_trait]
pub trait Fate: Send + Sync + fmt::Debug {
    /// Asked before each call.
    async fn of(&self, call: &Call) -> Blow;
}

/// The fate of calls that nothing happens to.
#[derive(Clone, Copy, Debug)]
pub struct Unharmed;

#[async_trait]
impl Fate for Unharmed {
    async fn of(&self, _: &Call) -> Blow {
        Blow::Spared
    }
}
