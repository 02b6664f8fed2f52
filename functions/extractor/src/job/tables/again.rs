//! What failed is tried again, where that may help and there is time for it.

use process::chain;
use warehouse::sources::Source;

use super::Job;
use crate::error::TableError;
use crate::source::{Erp, ErpError};
use crate::time_left::NEARLY_UP;

/// Whether what failed may be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    Yes,
    /// It was tried often enough, or would fail again.
    No,
    /// There is no time left to wait and try.
    NoTime,
}

impl Job<'_> {
    pub(super) async fn connect(&mut self) -> Result<Box<dyn Erp>, String> {
        self.record.attempts = 1;
        loop {
            let error = match self.erp.connect().await {
                Ok(erp) => return Ok(erp),
                Err(error) => error,
            };
            match self.connect_again(&error).await {
                Again::Yes => {}
                again => return Err(told(&error, again)),
            }
        }
    }

    /// Decides whether the ERP is connected to again, and waits before that. These tries are counted for the
    /// whole job: what one table has waited for, no other waits for again.
    pub(super) async fn connect_again(&mut self, error: &ErpError) -> Again {
        let attempt = self.record.attempts;
        let tell = || tracing::warn!(%error, attempt, "the ERP cannot be reached; trying again");
        let again = self.again(error.is_passing(), attempt, tell).await;
        self.record.attempts += i64::from(again == Again::Yes);
        again
    }

    /// Decides whether a table is tried again, and waits before that.
    pub(super) async fn try_again(&self, source: &Source, error: &TableError, attempt: i64) -> Again {
        let tell = || {
            let (table, error) = (source.table, chain(error));
            tracing::warn!(table, error, attempt, "reading a table failed; trying again");
        };
        self.again(error.is_passing(), attempt, tell).await
    }

    async fn again(&self, may_pass: bool, failed: i64, tell: impl FnOnce()) -> Again {
        let failed = u32::try_from(failed).unwrap_or(u32::MAX);
        match self.settings.again().pause_after(failed).filter(|_| may_pass) {
            None => Again::No,
            Some(pause) if !self.time.allows(pause) => Again::NoTime,
            Some(pause) => {
                tell();
                tokio::time::sleep(pause).await;
                Again::Yes
            }
        }
    }
}

/// The text of a failure for the job's record.
pub(super) fn told(error: &dyn std::error::Error, again: Again) -> String {
    let reason = chain(error);
    if again == Again::NoTime { format!("{reason}; not tried again: {NEARLY_UP}") } else { reason }
}
