//! How far a table has come in a job, over all the tries that it takes.

use api::pipeline::JobTable;
use lake::TableState;
use warehouse::sources::Source;

use crate::extract::TableCounts;

/// How far a table has come in a job.
pub(super) struct Progress {
    /// The counts of the tries before the current one.
    before: TableCounts,
    /// The counts of the current try.
    pub(super) counts: TableCounts,
    /// How far the table has been read.
    pub(super) watermark: Option<String>,
}

impl Progress {
    /// A table before its first try.
    pub(super) fn of(state: &TableState) -> Self {
        Self {
            before: TableCounts::default(),
            counts: TableCounts::default(),
            watermark: state.watermark.clone(),
        }
    }

    /// Ends a try. Its counts are kept, whatever became of it: the next one goes on where this one committed
    /// its last rows, and what it reads again was read twice.
    pub(super) fn keep(&mut self) {
        let TableCounts { extracted, accepted, rejected, written } = std::mem::take(&mut self.counts);
        self.before.extracted += extracted;
        self.before.accepted += accepted;
        self.before.rejected += rejected;
        self.before.written += written;
    }

    /// What the job's record says of the table.
    pub(super) fn told(&self, source: &Source, attempts: i64, error: Option<String>) -> JobTable {
        let Self { before, counts, watermark } = self;
        let count =
            |of: fn(&TableCounts) -> usize| i64::try_from(of(before) + of(counts)).unwrap_or(i64::MAX);
        JobTable {
            table: source.table.to_owned(),
            extracted: count(|counts| counts.extracted),
            accepted: count(|counts| counts.accepted),
            rejected: count(|counts| counts.rejected),
            written: count(|counts| counts.written),
            watermark: watermark.clone(),
            attempts,
            error,
        }
    }
}
