//! One table from the ERP into raw batches: pages are read, validated, compared with what the lake holds, and what is new is committed.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use chrono::{NaiveDateTime, TimeDelta};
use lake::{BatchInfo, BatchNumber, Commit, Lake, LakeError, Mode, Reload, TableState};
use polars::error::PolarsError;
use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};
use warehouse::batch::{OP_REJECT, OP_STILL_REJECTED, OP_UPSERT};
use warehouse::sources::Source;
use warehouse::staging::fold::of_op;
use warehouse::transform::RunStamp;

use crate::known::Known;
use crate::rows::{BatchRow, frame};
use crate::source::{Cell, Erp, ErpError};
use crate::stream::{Since, Stream, streams};
use crate::validate::{RejectedRow, ValidRow, Value, validate};

/// How tables are read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Rows per page.
    pub batch_size: usize,
    /// How far behind the last watermark a run begins, in minutes.
    pub overlap_minutes: u32,
    /// How many days a reconciliation compares.
    pub reconcile_days: u32,
}

/// What became of a table in a run.
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
    Warehouse(#[from] warehouse::WarehouseError),
    /// Rows could not be compared.
    #[error("comparing rows with the lake failed: {0}")]
    Compute(#[from] PolarsError),
    /// Another run committed to this table meanwhile; the table is begun again.
    #[error("other runs keep writing this table: let one finish, then run again")]
    Overtaken,
    /// A background task died.
    #[error("comparing rows with the lake was interrupted")]
    Interrupted,
}

impl TableError {
    pub(crate) fn interrupted<E>(_: E) -> Self {
        Self::Interrupted
    }

    /// Whether the same work may succeed a little later.
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Erp(error) => error.is_passing(),
            Self::Lake(LakeError::Store(_)) => true,
            _ => false,
        }
    }
}

/// A table that takes longer than this to read says how far it is.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// A table in the middle of being extracted.
pub(crate) struct Extraction<'a> {
    pub(crate) lake: &'a Lake,
    pub(crate) erp: &'a dyn Erp,
    pub(crate) source: &'static Source,
    pub(crate) reading: &'a Reading,
    pub(crate) run: &'a RunStamp,
    pub(crate) mode: Mode,
    /// What the lake knows of the table: all batches are folded.
    pub(crate) state: TableState,
    pub(crate) known: Known<'a>,
    pub(crate) next: BatchNumber,
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
        lake: &'a Lake,
        erp: &'a dyn Erp,
        source: &'static Source,
        reading: &'a Reading,
        run: &'a RunStamp,
        mode: Mode,
        state: TableState,
    ) -> Self {
        let known = Known::new(lake, source, state.rejected > 0);
        let next = state.applied + 1;
        Self { lake, erp, source, reading, run, mode, state, known, next, counts: TableCounts::default(), told: Instant::now() }
    }

    /// The run's start on the factory's clock.
    pub(crate) fn start(&self) -> NaiveDateTime {
        self.run.started_at.naive_local()
    }

    /// Reads the rows at or after the last watermark less the overlap, and commits what is new page by page.
    pub(crate) async fn incremental(&mut self) -> Result<(), TableError> {
        let recorded = self.state.watermark.as_deref().and_then(parse_watermark);
        let since = recorded.map_or(Since::Beginning, |watermark| {
            Since::Stamp(watermark.checked_sub_signed(TimeDelta::minutes(self.reading.overlap_minutes.into())).unwrap_or(watermark))
        });
        let columns = column_names(self.source);
        let mut streams = streams(self.source, self.erp.dialect(), &columns, since, self.reading.batch_size);
        let mut committed = recorded;
        while let Some(at) = next_stream(&streams) {
            let page = streams[at].next_page(self.erp).await?;
            let judged = self.judge(page);
            let watermark = self.watermark(&streams, recorded);
            let news = self.news(judged, false).await?;
            if news.height() > 0 {
                self.put(news, watermark, None).await?;
                committed = watermark;
            }
        }
        // Where much was read again that the lake had, the watermark moves on by a batch without rows, or each run would read it again.
        let reached = self.watermark(&streams, recorded);
        if reached > committed && self.counts.extracted > self.reading.batch_size {
            let empty = frame(self.source, &[])?;
            self.put(empty, reached, None).await?;
        }
        Ok(())
    }

    /// Reads everything in parts that mean nothing until the last is there; an interrupted reload goes on where it stopped.
    pub(crate) async fn full(&mut self) -> Result<(), TableError> {
        let before = self.state.watermark.as_deref().and_then(parse_watermark);
        let columns = column_names(self.source);
        let mut streams = streams(self.source, self.erp.dialect(), &columns, Since::Beginning, self.reading.batch_size);
        let mut reload = match self.unfinished_reload(&mut streams) {
            Some(reload) => reload,
            None => Reload { generation: self.next, closes: false, began: text_of(self.start()), cursor: None },
        };
        let began = parse_watermark(&reload.began).unwrap_or_else(|| self.start());
        while let Some(at) = streams.iter().position(|stream| !stream.done) {
            let page = streams[at].next_page(self.erp).await?;
            let judged = self.judge(page);
            reload.closes = streams.iter().all(|stream| stream.done);
            reload.cursor = cursor(&streams);
            let mut rows: Vec<BatchRow> = newest_per_key(self.source, judged.valid);
            self.counts.written += self.known.changed(rows.clone(), true).await?.height();
            if rows.is_empty() && judged.rejected.is_empty() && !reload.closes {
                continue;
            }
            // The watermark is the one from before the reload began: what changes while it reads is read again. Where there was none, all that was
            // stamped before the reload began has been read now.
            let watermark = before.or_else(|| if reload.closes { self.watermark(&streams, None).map(|reached| reached.min(began)) } else { None });
            rows.extend(self.known.rejections(&judged.rejected).await?);
            let all = frame(self.source, &rows)?;
            self.put(all, watermark, Some(reload.clone())).await?;
        }
        Ok(())
    }

    /// The reload that an earlier run began and did not close, with the streams set to where it stopped.
    fn unfinished_reload(&self, streams: &mut [Stream]) -> Option<Reload> {
        const GIVEN_UP_AFTER_HOURS: i64 = 24;
        let open = self.state.open_reload.clone()?;
        let age = self.start() - parse_watermark(&open.began)?;
        if age > TimeDelta::hours(GIVEN_UP_AFTER_HOURS) || age < TimeDelta::zero() {
            return None;
        }
        let Place { stream, after } = serde_json::from_str(open.cursor.as_deref()?).ok()?;
        for done in streams.iter_mut().take(stream) {
            done.done = true;
        }
        let current = streams.get_mut(stream)?;
        if let Some(after) = after {
            current.resume(after.into_iter().map(Cell::from).collect());
        }
        Some(open)
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

    /// What the lake does not know yet: changed rows, counted as written, and rejections that are not recorded.
    pub(crate) async fn news(&mut self, judged: Judged, authoritative: bool) -> Result<DataFrame, TableError> {
        let rows = newest_per_key(self.source, judged.valid);
        let mut news = self.known.changed(rows, authoritative).await?;
        self.counts.written += news.height();
        let mut rejections = self.known.rejections(&judged.rejected).await?;
        rejections.retain(|row| row.op == OP_REJECT);
        news.vstack_mut_owned(frame(self.source, &rejections)?)?;
        Ok(news)
    }

    /// How far the table has been read for sure: the least that any unfinished stream has reached, and never beyond the run's own start.
    fn watermark(&self, streams: &[Stream], recorded: Option<NaiveDateTime>) -> Option<NaiveDateTime> {
        let stamped = || streams.iter().filter(|stream| stream.goes_by_stamps());
        let reached = if streams.iter().any(|stream| !stream.done && !stream.goes_by_stamps()) {
            None
        } else if streams.iter().all(|stream| stream.done) {
            stamped().filter_map(|stream| stream.reached).max()
        } else {
            stamped().filter(|stream| !stream.done).map(|stream| stream.reached).min().flatten()
        };
        reached.max(recorded).map(|reached| reached.min(self.start()))
    }

    /// Puts a batch.
    pub(crate) async fn put(&mut self, mut rows: DataFrame, watermark: Option<NaiveDateTime>, reload: Option<Reload>) -> Result<(), TableError> {
        let rejected = of_op(&rows, OP_REJECT)?.height();
        let info = BatchInfo {
            watermark: watermark.map(text_of),
            mode: self.mode,
            rows: rows.height() - rejected - of_op(&rows, OP_STILL_REJECTED)?.height(),
            rejected,
            run_id: self.run.job_id.clone(),
            started_at: self.run.started_at.to_rfc3339(),
            schema: warehouse::batch::digest(self.source),
            reload,
        };
        let csv = warehouse::batch::rejected_csv(self.source, &rows)?;
        match self.lake.commit_batch(self.source.staging, self.next, &mut rows, &info, csv).await? {
            Commit::Done => {}
            Commit::Lost => return Err(TableError::Overtaken),
        }
        self.next += 1;
        self.state.watermark = info.watermark;
        Ok(())
    }
}

/// Where a reload goes on.
#[derive(Serialize, Deserialize)]
struct Place {
    stream: usize,
    after: Option<Vec<Noted>>,
}

/// A cell as it is noted in metadata.
#[derive(Serialize, Deserialize)]
enum Noted {
    Null,
    Int(i64),
    /// The bits of a number, so that none is lost.
    Real(u64),
    Text(String),
    Blob(Vec<u8>),
}

impl From<Noted> for Cell {
    fn from(noted: Noted) -> Self {
        match noted {
            Noted::Null => Self::Null,
            Noted::Int(value) => Self::Int(value),
            Noted::Real(bits) => Self::Real(f64::from_bits(bits)),
            Noted::Text(value) => Self::Text(value),
            Noted::Blob(value) => Self::Blob(value),
        }
    }
}

impl From<&Cell> for Noted {
    fn from(cell: &Cell) -> Self {
        match cell {
            Cell::Null => Self::Null,
            Cell::Int(value) => Self::Int(*value),
            Cell::Real(value) => Self::Real(value.to_bits()),
            Cell::Text(value) => Self::Text(value.clone()),
            Cell::Blob(value) => Self::Blob(value.clone()),
        }
    }
}

/// Where a reload goes on, as ASCII JSON; `None` if that would not be ASCII (the next run then reads a little again).
fn cursor(streams: &[Stream]) -> Option<String> {
    let stream = streams.iter().position(|stream| !stream.done)?;
    let after = streams[stream].place().map(|cells| cells.iter().map(Noted::from).collect());
    serde_json::to_string(&Place { stream, after }).ok().filter(|text| text.is_ascii())
}

/// The stream to read next: those without stamps first, then the one that is furthest behind.
fn next_stream(streams: &[Stream]) -> Option<usize> {
    let open = || streams.iter().enumerate().filter(|(_, stream)| !stream.done);
    open().find(|(_, stream)| !stream.goes_by_stamps()).or_else(|| open().min_by_key(|(_, stream)| stream.reached)).map(|(i, _)| i)
}

/// All columns of a source, by their names in the ERP.
pub(crate) fn column_names(source: &Source) -> Vec<&'static str> {
    source.columns.iter().map(|column| column.source).collect()
}

/// One row per key: of several the one with the latest watermark, of equals the last.
pub(crate) fn newest_per_key(source: &Source, rows: Vec<ValidRow>) -> Vec<BatchRow> {
    let places: Vec<usize> = source.key.iter().filter_map(|key| source.columns.iter().position(|column| column.source == *key)).collect();
    let mut newest: std::collections::HashMap<String, (usize, NaiveDateTime)> = std::collections::HashMap::with_capacity(rows.len());
    for (i, row) in rows.iter().enumerate() {
        let entry = newest.entry(key_text(places.iter().map(|place| &row.values[*place]))).or_insert((i, row.watermark));
        if row.watermark >= entry.1 {
            *entry = (i, row.watermark);
        }
    }
    let mut kept: Vec<usize> = newest.into_values().map(|(i, _)| i).collect();
    kept.sort_unstable();
    let mut rows: Vec<Option<ValidRow>> = rows.into_iter().map(Some).collect();
    kept.into_iter().filter_map(|i| rows[i].take()).map(|row| BatchRow::of(OP_UPSERT, row.values)).collect()
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
