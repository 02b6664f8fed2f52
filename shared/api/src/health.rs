//! Whether the numbers can be trusted: how much there is and how old it is.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};
use domain::named::named_enum;

use crate::query::AnyQuery;
use crate::{Endpoint, endpoints, row};

named_enum! {
    /// Whether the numbers can be trusted.
    "health status" HealthStatus {
        /// No run has read the source yet.
        Empty = "empty",
        /// The last run that did was too long ago.
        Stale = "stale",
        /// They can.
        Ok = "ok",
    }
}

/// From which age on data is stale, in seconds, unless a factory says otherwise.
pub const STALE_AFTER_SECONDS: u32 = 900;

/// From which age on data is old, in seconds: a third of that from which on it is stale.
pub const fn old_after_seconds(stale_after_seconds: i64) -> i64 {
    stale_after_seconds / 3
}

row! {
    /// The state of the lake.
    pub struct Health {
        /// `empty` before the first run, `stale` when the last good run is too long ago, else `ok`.
        #[one_of(HealthStatus::NAMES)]
        status: String,
        /// Source tables in the lake.
        tables: i64,
        /// Marts in the lake.
        marts: i64,
        /// Start of the last run that read the source successfully.
        data_as_of: Option<DateTime<FixedOffset>>,
        /// Seconds since then.
        age_seconds: Option<i64>,
        /// Start of the last run that compared the ERP with the lake, or read everything, and went well;
        /// `null` before the first.
        reconciled_at: Option<DateTime<FixedOffset>>,
        /// From which age on numbers are to be called old.
        old_after_seconds: i64,
        /// From which age on numbers are not to be trusted, and the status is `stale`.
        stale_after_seconds: i64,
        /// How far each source table has been read, in the ERP's own time.
        watermarks: BTreeMap<String, Option<String>>,
        /// Version of the program that answers.
        version: String,
    }
}

endpoints! {
    /// The state of the lake. What a prober adds to the address is ignored.
    pub const HEALTH: Endpoint<AnyQuery, Health> =
        Endpoint::get("/health", "Whether there are numbers and how old they are").undated();
}
