//! Brings one table from the ERP into raw segments. Its pages are read, validated and compared with what the
//! lake holds, and what is new is committed. Which pages are read depends on the mode: `incremental.rs`,
//! `full.rs`, `reconcile.rs`.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, FixedOffset, NaiveDateTime};
use lake::{Commit, Lake, Mode, Reload, SegmentInfo, SegmentNumber, TableState};
use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};
use warehouse::segment::{OP_REJECT, OP_STILL_REJECTED, of_op};
use warehouse::sources::Source;
use warehouse::staging::rekeyed::mark_reused;
use warehouse::transform::JobStamp;

use crate::current_rows::CurrentRows;
use crate::deletes::Withheld;
use crate::error::TableError;
use crate::key::{key_of, newest_per_key};
use crate::rows::frame;
use crate::settings::Reading;
use crate::source::{Cell, Erp, Table, note_time};
use crate::time_left::TimeLeft;
use crate::validate::{RejectedRow, ValidRow, validate};

/// What a job did with the rows of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TableCounts {
    pub(crate) extracted: usize,
    /// Rows that were read and are valid.
    pub(crate) accepted: usize,
    /// Rows that were read and rejected.
    pub(crate) rejected: usize,
    /// Rows that were new or had changed, deleted ones included.
    pub(crate) written: usize,
    /// Keys that name other rows than before.
    pub(crate) rekeyed: usize,
}

/// How many keys are named that name other rows than before.
const REKEYED_NAMED_MAX: usize = 5;

/// How often a table that takes long to read says how far it is.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// What all tables of a job are read with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct With<'a> {
    pub(crate) lake: &'a Lake,
    pub(crate) erp: &'a dyn Erp,
    pub(crate) reading: &'a Reading,
    pub(crate) job: &'a JobStamp,
    pub(crate) time: &'a TimeLeft<'a>,
    pub(crate) accept_deletes: bool,
}

/// How far a reading came that met no failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// Every row that the ERP had at this moment has been read.
    AsOf(DateTime<FixedOffset>),
    /// The reading that an earlier job had to stop has come to its end. What this job was asked to do is
    /// still to be done.
    Prepared,
}

/// A table in the middle of being extracted.
pub(crate) struct Extraction<'a> {
    pub(crate) lake: &'a Lake,
    pub(crate) erp: &'a dyn Erp,
    pub(crate) source: &'static Source,
    /// What the ERP says of the table.
    pub(crate) table: Table,
    pub(crate) reading: &'a Reading,
    pub(crate) job: &'a JobStamp,
    time: &'a TimeLeft<'a>,
    pub(crate) mode: Mode,
    /// What the lake knows of the table: all segments are folded.
    pub(crate) state: TableState,
    pub(crate) current: CurrentRows<'a>,
    pub(crate) next: SegmentNumber,
    pub(crate) counts: TableCounts,
    /// The first of the keys that name other rows than before.
    pub(crate) rekeyed: Vec<String>,
    /// The rows that are gone from the ERP, and too many to be removed.
    pub(crate) withheld: Option<Withheld>,
    pub(crate) accept_deletes: bool,
    told: Instant,
}

/// The rows of a page, each judged.
#[derive(Default)]
pub(crate) struct Judged {
    pub(crate) valid: Vec<ValidRow>,
    pub(crate) rejected: Vec<RejectedRow>,
}

impl<'a> Extraction<'a> {
    pub(crate) fn new(
        with: With<'a>,
        source: &'static Source,
        table: Table,
        mode: Mode,
        state: TableState,
    ) -> Self {
        let With { lake, erp, reading, job, time, accept_deletes } = with;
        let current = CurrentRows::new(lake, source, state.rejected > 0, table.factory_tz);
        let next = state.applied + 1;
        Self {
            lake,
            erp,
            source,
            table,
            reading,
            job,
            time,
            mode,
            state,
            current,
            next,
            counts: TableCounts::default(),
            rekeyed: Vec::new(),
            withheld: None,
            accept_deletes,
            told: Instant::now(),
        }
    }

    /// Extracts the table in the mode of the job.
    pub(crate) async fn extract(&mut self) -> Result<Read, TableError> {
        match self.mode {
            Mode::Incremental => self.incremental().await,
            Mode::Reconcile => self.reconcile().await,
            Mode::Full => self.full().await,
        }
    }

    /// Fails if the job must not go on. This is asked between pages.
    pub(crate) fn go_on(&self) -> Result<(), TableError> {
        if self.time.is_up() { Err(TableError::Stopped) } else { Ok(()) }
    }

    pub(crate) const fn has_committed(&self) -> bool {
        self.next > self.state.applied + 1
    }

    /// The job's start on the factory's clock.
    pub(crate) fn start(&self) -> NaiveDateTime {
        self.job.started_at.naive_local()
    }

    /// Judges the rows of a page and counts them.
    pub(crate) fn judge(&mut self, page: Vec<Vec<Cell>>) -> Judged {
        let mut judged = Judged::default();
        for cells in page {
            match validate(self.source, cells, self.table.factory_tz) {
                Ok(row) => judged.valid.push(row),
                Err(row) => judged.rejected.push(row),
            }
        }
        self.counts.extracted += judged.valid.len() + judged.rejected.len();
        self.counts.accepted += judged.valid.len();
        self.counts.rejected += judged.rejected.len();
        if self.told.elapsed() > TELL_EVERY {
            self.told = Instant::now();
            tracing::info!(table = self.source.table, rows = self.counts.extracted, "reading");
        }
        judged.leave_out_overtaken(self.source);
        judged
    }

    /// What the lake does not know yet: rows that changed, and rejections that are not recorded. The changed
    /// rows are counted as written. [`CurrentRows::changed`] tells what `authoritative` means.
    pub(crate) async fn news(
        &mut self,
        judged: Judged,
        authoritative: bool,
    ) -> Result<DataFrame, TableError> {
        let rows = newest_per_key(self.source, judged.valid);
        let mut news = self.current.changed(rows, authoritative).await?;
        self.counts.written += news.height();
        let rekeyed = self.note_rekeyed(&news).await?;
        mark_reused(self.source, &mut news, &rekeyed)?;
        let mut rejections = self.current.rejections(&judged.rejected).await?;
        rejections.retain(|row| row.op == OP_REJECT);
        if !authoritative {
            news.vstack_mut_owned(self.current.hidden_by(&rejections).await?)?;
        }
        news.vstack_mut_owned(frame(self.source, &rejections)?)?;
        Ok(news)
    }

    /// Notes the keys of changed rows that are other rows than those held, and returns them.
    pub(crate) async fn note_rekeyed(&mut self, changed: &DataFrame) -> Result<Vec<i64>, TableError> {
        let keys = self.current.rekeyed(changed).await?;
        self.counts.rekeyed += keys.len();
        let room = REKEYED_NAMED_MAX.saturating_sub(self.rekeyed.len());
        self.rekeyed.extend(keys.iter().take(room).map(ToString::to_string));
        Ok(keys)
    }

    /// Decides about rows that the ERP no longer has, of those that were compared. If they are too many, that
    /// is noted.
    pub(crate) fn may_remove(&mut self, gone: usize, held: usize) -> bool {
        self.withheld = if self.accept_deletes { None } else { Withheld::of(gone, held) };
        self.withheld.is_none()
    }

    /// Commits rows, watermark and place as the next segment.
    pub(crate) async fn put(
        &mut self,
        mut rows: DataFrame,
        watermark: Option<NaiveDateTime>,
        pass: Option<String>,
        reload: Option<Reload>,
    ) -> Result<(), TableError> {
        let rejected = of_op(&rows, OP_REJECT)?.height();
        let info = SegmentInfo {
            watermark: watermark.map(note_time),
            mode: self.mode,
            rows: rows.height() - rejected - of_op(&rows, OP_STILL_REJECTED)?.height(),
            rejected,
            job_id: self.job.job_id.clone(),
            started_at: self.job.started_at.to_rfc3339(),
            schema: warehouse::segment::digest(self.source),
            reload,
            pass,
        };
        let csv = warehouse::rejected_csv::rejected_csv(self.source, &rows)?;
        match self.lake.commit_segment(self.source.staging, self.next, &mut rows, &info, csv).await? {
            Commit::Done => {}
            Commit::Lost => return Err(TableError::Overtaken),
        }
        self.next += 1;
        (self.state.watermark, self.state.pass) = (info.watermark, info.pass);
        Ok(())
    }
}

impl Judged {
    /// Leaves out the valid rows that a rejected row with their key has overtaken. Where a table has no unique
    /// key, the later of two rows counts, and if that one is rejected, none is shown.
    fn leave_out_overtaken(&mut self, source: &Source) {
        let mut rejected: HashMap<String, NaiveDateTime> = HashMap::new();
        for row in &self.rejected {
            if let Some(watermark) = row.watermark {
                let latest = rejected.entry(key_of(source, &row.values)).or_insert(watermark);
                *latest = watermark.max(*latest);
            }
        }
        if rejected.is_empty() {
            return;
        }
        self.valid.retain(|row| {
            rejected.get(&key_of(source, &row.values)).is_none_or(|latest| *latest < row.watermark)
        });
    }
}

/// All columns of a source, by their names in the ERP.
pub(crate) fn column_names(source: &Source) -> Vec<&'static str> {
    source.columns.iter().map(|column| column.source).collect()
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;
    use warehouse::sources::RUN_INPUTS;

    use super::*;
    use crate::value::Value;

    /// The ids of the valid rows that are left of rows with an id, kilograms, and the hour of their stamp.
    fn left(rows: &[(i64, &str, u32)]) -> Vec<i64> {
        let mut judged = Judged::default();
        for (id, kg, hour) in rows {
            let mut cells = vec![Cell::Null; RUN_INPUTS.columns.len()];
            cells[0] = Cell::Int(*id);
            cells[5] = Cell::Text((*kg).to_owned());
            cells[6] = Cell::Text(format!("2026-11-20 {hour:02}:00:00"));
            match validate(&RUN_INPUTS, cells, Tz::Europe__London) {
                Ok(row) => judged.valid.push(row),
                Err(row) => judged.rejected.push(row),
            }
        }
        judged.leave_out_overtaken(&RUN_INPUTS);
        let id = |row: &ValidRow| if let Value::Whole(id) = row.values[0] { Some(id) } else { None };
        judged.valid.iter().filter_map(id).collect()
    }

    #[test]
    fn a_valid_row_is_left_out_if_a_later_row_with_its_key_is_rejected() {
        assert!(left(&[(1, "5", 9), (1, "much", 10)]).is_empty());
        assert!(left(&[(1, "much", 10), (1, "5", 9)]).is_empty(), "the order of reading does not count");
        assert_eq!(left(&[(1, "much", 9), (1, "5", 10)]), [1]);
        assert_eq!(left(&[(1, "5", 9), (2, "much", 10)]), [1]);
    }
}
