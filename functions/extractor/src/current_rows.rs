//! What the lake already holds of a table. By this an extraction leaves out unchanged rows and recorded
//! rejections.

use std::collections::{BTreeMap, HashSet};

use lake::{Lake, Slot};
use polars::prelude::*;
use warehouse::segment::{OP_REJECT, OP_STILL_REJECTED, OP_UPSERT};
use warehouse::sources::{Column, Source};
use warehouse::staging::{divide::divide, fold, open};

use crate::error::TableError;
use crate::rows::{SegmentRow, frame};
use crate::validate::RejectedRow;

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
}

impl<'a> CurrentRows<'a> {
    pub(crate) fn new(lake: &'a Lake, source: &'static Source, has_rejected: bool) -> Self {
        Self { lake, source, parts: BTreeMap::new(), has_rejected, open: None }
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
    let folded =
        fold::fold(source, held, &[fold::Incoming { rows: candidates.clone(), authoritative: false }])?;
    let wins = JoinArgs { nulls_equal: true, ..JoinArgs::new(JoinType::Semi) };
    let winners = candidates.join(&folded, &all, &all, wins, None)?;
    debug_assert!(winners.column(warehouse::segment::OP)?.str()?.iter().all(|op| op == Some(OP_UPSERT)));
    Ok(winners)
}
