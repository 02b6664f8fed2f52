//! What the lake already holds of a table. By this an extraction leaves out unchanged rows and recorded
//! rejections.

use std::collections::{BTreeMap, HashSet};

use chrono_tz::Tz;
use lake::{Lake, Slot};
use polars::prelude::*;
use warehouse::segment::{OP, OP_DELETE, OP_REJECT, OP_REPLACE, OP_STILL_REJECTED, OP_UPSERT, of_op};
use warehouse::sources::{Column, Source};
use warehouse::staging::incoming::Incoming;
use warehouse::staging::rekeyed::rekeyed;
use warehouse::staging::stamps::watermark_of;
use warehouse::staging::{divide::divide, fold, open};

use crate::error::TableError;
use crate::rows::{SegmentRow, frame};
use crate::source::is_shown_twice;
use crate::validate::{self, RejectedRow};

/// How many staging parts are kept at hand. A page touches one or two of them.
const PARTS_AT_HAND: usize = 12;

/// A rejected row that is open: key, reason, original values.
pub(crate) type OpenRejection = (String, String, String);

/// One table's current rows, read part by part as they are asked for.
pub(crate) struct CurrentRows<'a> {
    lake: &'a Lake,
    source: &'static Source,
    parts: BTreeMap<String, Option<DataFrame>>,
    has_rejected: bool,
    open: Option<HashSet<OpenRejection>>,
    factory_tz: Tz,
    /// The keys that this job found to have changed in an hour that the factory's clock shows twice.
    changed_twice: HashSet<String>,
}

impl<'a> CurrentRows<'a> {
    pub(crate) fn new(lake: &'a Lake, source: &'static Source, has_rejected: bool, factory_tz: Tz) -> Self {
        let (parts, changed_twice) = (BTreeMap::new(), HashSet::new());
        Self { lake, source, parts, has_rejected, open: None, factory_tz, changed_twice }
    }

    /// The valid rows that the lake lacks or holds differently. A row that is older than what the lake holds
    /// is left out, unless the ERP was compared with the lake (`authoritative`).
    pub(crate) async fn changed(
        &mut self,
        rows: Vec<SegmentRow>,
        authoritative: bool,
    ) -> Result<DataFrame, TableError> {
        let source = self.source;
        let frame = frame(source, &rows)?;
        let mut changed = frame.clear();
        for (part, rows) in divide(source, &frame)? {
            let rows = if authoritative { rows } else { self.mark_changed_twice(&part, rows).await? };
            let rows = match self.part(&part).await? {
                None => rows,
                Some(held) => {
                    tokio::task::spawn_blocking(move || differing(source, &rows, &held, authoritative))
                        .await
                        .map_err(TableError::interrupted)??
                }
            };
            changed.vstack_mut_owned(rows)?;
        }
        Ok(changed)
    }

    /// Marks the rows that must replace what is held though the stamps may say otherwise: both stamps lie in
    /// an hour that the factory's clock shows twice. What was read later is then the newer version.
    async fn mark_changed_twice(&mut self, part: &str, mut rows: DataFrame) -> Result<DataFrame, TableError> {
        let (source, factory_tz) = (self.source, self.factory_tz);
        let twice = keys_shown_twice(source, &rows, factory_tz)?;
        if twice.is_empty() {
            return Ok(rows);
        }
        let mut held_twice = match self.part(part).await? {
            Some(held) => keys_shown_twice(source, &held, factory_tz)?,
            None => HashSet::new(),
        };
        // What this job has committed before is not among what is held.
        held_twice.extend(self.changed_twice.iter().cloned());
        let op = |key: &String| {
            if twice.contains(key) && held_twice.contains(key) { OP_REPLACE } else { OP_UPSERT }
        };
        let ops: Vec<&str> = key_texts(source, &rows)?.iter().map(op).collect();
        rows.with_column(polars::prelude::Column::new(OP.into(), ops))?;
        self.changed_twice.extend(twice);
        Ok(rows)
    }

    /// Takes away the held rows whose present version was rejected, where their stamps do not tell which
    /// version is the newer one.
    pub(crate) async fn hidden_by(&mut self, rejections: &[SegmentRow]) -> Result<DataFrame, TableError> {
        let (source, factory_tz) = (self.source, self.factory_tz);
        let is_twice = |row: &&SegmentRow| {
            validate::watermark_of(source, &row.values).is_some_and(|at| is_shown_twice(at, factory_tz))
        };
        let rows: Vec<SegmentRow> = rejections
            .iter()
            .filter(is_twice)
            .map(|row| SegmentRow::of(OP_UPSERT, row.values.clone()))
            .collect();
        let frame = frame(source, &rows)?.drop_nulls(Some(&source.key_names()))?;
        let mut hidden = frame.clear();
        for (part, rows) in divide(source, &frame)? {
            hidden.vstack_mut_owned(of_op(&self.mark_changed_twice(&part, rows).await?, OP_REPLACE)?)?;
        }
        let ops = vec![OP_DELETE; hidden.height()];
        hidden.with_column(polars::prelude::Column::new(OP.into(), ops))?;
        Ok(hidden)
    }

    /// The keys of changed rows that are other rows than those held.
    pub(crate) async fn rekeyed(&mut self, changed: &DataFrame) -> Result<Vec<i64>, TableError> {
        let source = self.source;
        let mut keys = Vec::new();
        for (part, rows) in divide(source, changed)? {
            if let Some(held) = self.part(&part).await? {
                let found = tokio::task::spawn_blocking(move || rekeyed(source, &held, &rows));
                keys.extend(found.await.map_err(TableError::interrupted)??);
            }
        }
        Ok(keys)
    }

    /// Those of the rows whose key the lake holds.
    pub(crate) async fn held(&mut self, rows: Vec<SegmentRow>) -> Result<DataFrame, TableError> {
        let source = self.source;
        let frame = frame(source, &rows)?;
        let mut held_rows = frame.clear();
        for (part, rows) in divide(source, &frame)? {
            if let Some(held) = self.part(&part).await? {
                let keys = source.key_names();
                held_rows.vstack_mut_owned(rows.join(
                    &held,
                    &keys,
                    &keys,
                    JoinArgs::new(JoinType::Semi),
                    None,
                )?)?;
            }
        }
        Ok(held_rows)
    }

    /// The rejected rows as rows of a segment. Those that are recorded already are [`OP_STILL_REJECTED`], and
    /// the others count as recorded from now on.
    pub(crate) async fn rejections(
        &mut self,
        rejected: &[RejectedRow],
    ) -> Result<Vec<SegmentRow>, TableError> {
        if rejected.is_empty() {
            return Ok(Vec::new());
        }
        let source = self.source;
        let mut rows: Vec<SegmentRow> =
            rejected.iter().map(|row| SegmentRow::rejected(OP_REJECT, source, row)).collect();
        let keys = open::keys_of(source, &frame(source, &rows)?)?;
        let recorded = self.open().await?;
        for (key, row) in keys.str()?.iter().zip(&mut rows) {
            let entry = (
                key.unwrap_or_default().to_owned(),
                row.reason.clone().unwrap_or_default(),
                row.row.clone().unwrap_or_default(),
            );
            if !recorded.insert(entry) {
                row.op = OP_STILL_REJECTED;
            }
        }
        Ok(rows)
    }

    /// The rejected rows that are open.
    pub(crate) async fn open(&mut self) -> Result<&mut HashSet<OpenRejection>, TableError> {
        let open = match self.open.take() {
            Some(open) => open,
            None => self.read_open().await?,
        };
        Ok(self.open.insert(open))
    }

    async fn read_open(&self) -> Result<HashSet<OpenRejection>, TableError> {
        if !self.has_rejected {
            return Ok(HashSet::new());
        }
        let Some(held) = self.lake.held(self.source.staging, Slot::Rejected, None).await? else {
            return Ok(HashSet::new());
        };
        let column = |name: &str| -> Result<Vec<String>, TableError> {
            Ok(held
                .frame
                .column(name)?
                .str()?
                .iter()
                .map(|text| text.unwrap_or_default().to_owned())
                .collect())
        };
        let rows = column("key")?.into_iter().zip(column("reason")?).zip(column("row")?);
        Ok(rows.map(|((key, reason), row)| (key, reason, row)).collect())
    }

    async fn part(&mut self, part: &str) -> Result<Option<DataFrame>, TableError> {
        if !self.parts.contains_key(part) {
            if self.parts.len() >= PARTS_AT_HAND {
                self.parts.clear();
            }
            let held = self.lake.held(self.source.staging, Slot::Part(part), None).await?;
            self.parts.insert(part.to_owned(), held.map(|held| held.frame));
        }
        Ok(self.parts.get(part).cloned().flatten())
    }
}

/// The rows that are not held exactly so. Those that are older than what is held are left out, unless
/// `authoritative`.
fn differing(
    source: &Source,
    rows: &DataFrame,
    held: &DataFrame,
    authoritative: bool,
) -> PolarsResult<DataFrame> {
    let all: Vec<String> = source.columns.iter().map(Column::name).collect();
    let same = JoinArgs { nulls_equal: true, ..JoinArgs::new(JoinType::Anti) };
    let candidates = rows.join(held, &all, &all, same, None)?;
    if authoritative || candidates.height() == 0 {
        return Ok(candidates);
    }
    // A candidate stays if it would win: then folding it into what is held brings it to the top.
    let folded = fold::fold(source, held, &[Incoming { rows: candidates.clone(), authoritative: false }])?;
    let wins = JoinArgs { nulls_equal: true, ..JoinArgs::new(JoinType::Semi) };
    let winners = candidates.join(&folded, &all, &all, wins, None)?;
    let is_version = |op| matches!(op, Some(OP_UPSERT | OP_REPLACE));
    debug_assert!(winners.column(OP)?.str()?.iter().all(is_version));
    Ok(winners)
}

/// The keys of the rows with stamps that the factory's clock shows twice.
fn keys_shown_twice(source: &Source, rows: &DataFrame, factory_tz: Tz) -> PolarsResult<HashSet<String>> {
    let stamps = watermark_of(source, rows)?;
    let twice: Vec<bool> = stamps
        .datetime()?
        .as_datetime_iter()
        .map(|stamp| stamp.is_some_and(|stamp| is_shown_twice(stamp, factory_tz)))
        .collect();
    if !twice.contains(&true) {
        return Ok(HashSet::new());
    }
    let keys = key_texts(source, rows)?.into_iter().zip(twice);
    Ok(keys.filter_map(|(key, is_twice)| is_twice.then_some(key)).collect())
}

/// The key of each row as text that no other key has.
fn key_texts(source: &Source, rows: &DataFrame) -> PolarsResult<Vec<String>> {
    const BETWEEN: char = '\u{1f}';
    let mut keys = vec![String::new(); rows.height()];
    for name in source.key_names() {
        let part = rows.column(&name)?.cast(&DataType::String)?;
        for (key, part) in keys.iter_mut().zip(part.str()?.iter()) {
            key.push_str(part.unwrap_or_default());
            key.push(BETWEEN);
        }
    }
    Ok(keys)
}
