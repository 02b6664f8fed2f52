//! One table from the ERP into raw segments: pages are read, validated, compared with what the lake holds, and
//! what is new is committed. Which pages, that is the matter of the ways of reading: `incremental.rs`,
//! `reload.rs`, `reconcile.rs`.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use chrono::{DateTime, FixedOffset, NaiveDateTime};
use lake::{Commit, Lake, LakeError, Mode, Reload, SegmentInfo, SegmentNumber, TableState};
use polars::error::PolarsError;
use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};
use warehouse::WarehouseError;
use warehouse::segment::{OP_REJECT, OP_STILL_REJECTED, OP_UPSERT, of_op};
use warehouse::sources::Source;
use warehouse::transform::JobStamp;

use crate::known::Known;
use crate::rows::{SegmentRow, frame};
use crate::source::{Cell, Erp, ErpError, Table};
use crate::time_left::{NEARLY_UP, TimeLeft};
use crate::validate::{RejectedRow, ValidRow, Value, validate};

/// How tables are read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Rows per page.
    pub batch_size: usize,
    /// How far behind the last watermark a job begins, in minutes.
    pub overlap_minutes: u32,
    /// How many days a reconciliation compares.
    pub reconcile_days: u32,
}

/// What became of a table in a job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableCounts {
    /// Rows that were read.
    pub extracted: usize,
    /// Of these the valid ones.
    pub accepted: usize,
    /// Of these the rejected ones.
    pub rejected: usize,
    /// Rows that were new or had changed, deleted ones included.
    pub written: usize,
}

/// Why a table could not be extracted.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The ERP could not be read.
    #[error(transparent)]
    Erp(#[from] ErpError),
    /// The lake failed.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// Staging could not be brought up to date.
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    /// Rows could not be compared.
    #[error("comparing rows with the lake failed: {0}")]
    Compute(#[from] PolarsError),
    /// Another job committed to this table meanwhile; the table is begun again.
    #[error("other runs keep writing this table: let one finish, then run again")]
    Overtaken,
    /// A background task died.
    #[error("comparing rows with the lake was interrupted")]
    Interrupted,
    /// The job must end.
    #[error("stopped: {NEARLY_UP}; what was read is kept and the next run goes on")]
    Stopped,
}

impl TableError {
    pub(crate) fn interrupted<E>(_: E) -> Self {
        Self::Interrupted
    }

    /// Whether the same work may succeed a little later.
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Erp(error) => error.is_passing(),
            error => error.is_of_storage(),
        }
    }

    /// Whether it keeps every table from being extracted, not one.
    pub const fn concerns_all_tables(&self) -> bool {
        match self {
            Self::Erp(error) => error.concerns_all_tables(),
            Self::Stopped => true,
            error => error.is_of_storage(),
        }
    }

    const fn is_of_storage(&self) -> bool {
        matches!(
            self,
            Self::Lake(LakeError::Store(_)) | Self::Warehouse(WarehouseError::Lake(LakeError::Store(_)))
        )
    }
}

/// A table that takes longer than this to read says how far it is.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// What all tables of a job are read with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct With<'a> {
    pub(crate) lake: &'a Lake,
    pub(crate) erp: &'a dyn Erp,
    pub(crate) reading: &'a Reading,
    pub(crate) job: &'a JobStamp,
    pub(crate) time: &'a TimeLeft<'a>,
}

/// What a reading came to that met no failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// Every row that the ERP had at this moment has been read.
    AsOf(DateTime<FixedOffset>),
    /// What an earlier job had to stop has been read to its end; what this job is asked to do is still to be
    /// done.
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
    pub(crate) known: Known<'a>,
    pub(crate) next: SegmentNumber,
    pub(crate) counts: TableCounts,
    told: Instant,
}

/// A page, judged.
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
        let With { lake, erp, reading, job, time } = with;
        let known = Known::new(lake, source, state.rejected > 0);
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
            known,
            next,
            counts: TableCounts::default(),
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

    /// Whether anything was committed.
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
            match validate(self.source, cells) {
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
        judged
    }

    /// What the lake does not know yet: changed rows, counted as written, and rejections that are not
    /// recorded.
    pub(crate) async fn news(
        &mut self,
        judged: Judged,
        authoritative: bool,
    ) -> Result<DataFrame, TableError> {
        let rows = newest_per_key(self.source, judged.valid);
        let mut news = self.known.changed(rows, authoritative).await?;
        self.counts.written += news.height();
        let mut rejections = self.known.rejections(&judged.rejected).await?;
        rejections.retain(|row| row.op == OP_REJECT);
        news.vstack_mut_owned(frame(self.source, &rejections)?)?;
        Ok(news)
    }

    /// Puts a segment.
    pub(crate) async fn put(
        &mut self,
        mut rows: DataFrame,
        watermark: Option<NaiveDateTime>,
        pass: Option<String>,
        reload: Option<Reload>,
    ) -> Result<(), TableError> {
        let rejected = of_op(&rows, OP_REJECT)?.height();
        let info = SegmentInfo {
            watermark: watermark.map(text_of),
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

/// All columns of a source, by their names in the ERP.
pub(crate) fn column_names(source: &Source) -> Vec<&'static str> {
    source.columns.iter().map(|column| column.source).collect()
}

/// One row per key: of several the one with the latest watermark, of equals the last.
pub(crate) fn newest_per_key(source: &Source, rows: Vec<ValidRow>) -> Vec<SegmentRow> {
    let places: Vec<usize> = source
        .key
        .iter()
        .filter_map(|key| source.columns.iter().position(|column| column.source == *key))
        .collect();
    let mut newest: std::collections::HashMap<String, (usize, NaiveDateTime)> =
        std::collections::HashMap::with_capacity(rows.len());
    for (i, row) in rows.iter().enumerate() {
        let entry = newest
            .entry(key_text(places.iter().map(|place| &row.values[*place])))
            .or_insert((i, row.watermark));
        if row.watermark >= entry.1 {
            *entry = (i, row.watermark);
        }
    }
    let mut kept: Vec<usize> = newest.into_values().map(|(i, _)| i).collect();
    kept.sort_unstable();
    let mut rows: Vec<Option<ValidRow>> = rows.into_iter().map(Some).collect();
    kept.into_iter().filter_map(|i| rows[i].take()).map(|row| SegmentRow::of(OP_UPSERT, row.values)).collect()
}

/// A key as text that no other key has.
pub(crate) fn key_text<'v>(values: impl Iterator<Item = &'v Value>) -> String {
    let mut text = String::with_capacity(24);
    for value in values {
        let _ = match value {
            Value::Whole(value) => write!(text, "{value}"),
            Value::Text(value) => write!(text, "{}:{value}", value.len()),
            Value::Date(value) => write!(text, "{value}"),
            other => write!(text, "{other:?}"),
        };
        text.push('|');
    }
    text
}

/// A watermark as it is recorded, with all its digits.
pub(crate) fn text_of(watermark: NaiveDateTime) -> String {
    watermark.format("%Y-%m-%dT%H:%M:%S%.f").to_string()
}

/// Reads a recorded watermark.
pub(crate) fn parse_watermark(text: &str) -> Option<NaiveDateTime> {
    crate::validate::time(text).map(|(time, _)| time)
}
