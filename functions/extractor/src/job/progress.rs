//! How far a table has come in a job, over all the tries that it takes.

use api::pipeline::JobTable;
use lake::TableState;
use warehouse::sources::Source;

use crate::deletes::Withheld;
use crate::extract::{Extraction, TableCounts};

/// How far a table has come in a job.
pub(super) struct Progress {
    /// The counts of the tries before the current one.
    before: TableCounts,
    /// The counts of the current try.
    pub(super) counts: TableCounts,
    /// How far the table has been read.
    pub(super) watermark: Option<String>,
    /// The first of the keys that name other rows than before.
    rekeyed: Vec<String>,
    /// The rows that are gone from the ERP, and too many to be removed.
    pub(super) withheld: Option<Withheld>,
}

impl Progress {
    /// A table before its first try.
    pub(super) fn of(state: &TableState) -> Self {
        Self {
            before: TableCounts::default(),
            counts: TableCounts::default(),
            watermark: state.watermark.clone(),
            rekeyed: Vec::new(),
            withheld: None,
        }
    }

    /// Notes how far a try has come.
    pub(super) fn note(&mut self, extraction: Extraction<'_>) {
        let Extraction { counts, state, rekeyed, withheld, .. } = extraction;
        (self.counts, self.watermark, self.withheld) = (counts, state.watermark, withheld);
        if self.rekeyed.is_empty() {
            self.rekeyed = rekeyed;
        }
    }

    /// Ends a try. Its counts are kept, whatever became of it: the next one goes on where this one committed
    /// its last rows, and what it reads again was read twice.
    pub(super) fn keep(&mut self) {
        let TableCounts { extracted, accepted, rejected, written, rekeyed } =
            std::mem::take(&mut self.counts);
        self.before.extracted += extracted;
        self.before.accepted += accepted;
        self.before.rejected += rejected;
        self.before.written += written;
        self.before.rekeyed += rekeyed;
    }

    /// What the job's record says of the table.
    pub(super) fn told(&self, source: &Source, attempts: i64, error: Option<String>) -> JobTable {
        let Self { before, counts, watermark, rekeyed, withheld } = self;
        let count =
            |of: fn(&TableCounts) -> usize| i64::try_from(of(before) + of(counts)).unwrap_or(i64::MAX);
        JobTable {
            table: source.table.to_owned(),
            extracted: count(|counts| counts.extracted),
            accepted: count(|counts| counts.accepted),
            rejected: count(|counts| counts.rejected),
            written: count(|counts| counts.written),
            withheld: Some(withheld.map_or(0, |withheld| i64::try_from(withheld.rows).unwrap_or(i64::MAX))),
            rekeyed: Some(count(|counts| counts.rekeyed)),
            watermark: watermark.clone(),
            attempts,
            error,
            warning: (!rekeyed.is_empty()).then(|| {
                let (keys, named) = (count(|counts| counts.rekeyed), rekeyed.join(", "));
                format!(
                    "keys name other rows than before, as after a restore or when numbers begin again \
                     ({keys} in all; the first: {named}): the rows that had them before are replaced"
                )
            }),
        }
    }
}
