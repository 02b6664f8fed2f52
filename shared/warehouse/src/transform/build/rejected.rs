//! The rejected rows of runs that the ERP has not mended yet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lake::Slot;
use polars::prelude::*;

use super::run_index::RunIndex;
use crate::Result;
use crate::frames::compute;
use crate::sources::{ALL, OfRun, Source};
use crate::staging::rejected::{RejectedRow, rejected_rows};
use crate::transform::work::Work;

/// The open rejected rows that name a run, by its folded number.
#[derive(Clone, Default)]
pub(super) struct RejectedRows(Arc<BTreeMap<String, Vec<(&'static Source, RejectedRow)>>>);

impl RejectedRows {
    /// Reads the lists of the tables that have any.
    pub(super) async fn read(work: &Work<'_>) -> Result<Self> {
        let mut of_runs: BTreeMap<String, Vec<_>> = BTreeMap::new();
        let has_rejected = |source: &&'static Source| {
            work.manifest.tables.get(source.staging).is_some_and(|table| table.rejected > 0)
        };
        for source in ALL.into_iter().filter(|source| source.run != OfRun::None).filter(has_rejected) {
            let Some(held) = work.held(source, Slot::Rejected, None).await? else { continue };
            for row in compute("rejected rows", move || rejected_rows(source, &held.frame)).await? {
                of_runs.entry(row.run_number.clone()).or_default().push((source, row));
            }
        }
        Ok(Self(Arc::new(of_runs)))
    }

    /// Those of the runs of these folded numbers, with the number and the production date of the run that
    /// each belongs to.
    pub(super) fn under_runs(&self, numbers: &BTreeSet<String>, index: &RunIndex) -> PolarsResult<DataFrame> {
        let rows = numbers.iter().filter_map(|number| self.0.get(number)).flatten();
        let found = rows.filter_map(|(source, row)| {
            let run = index.run_of(&row.run_number, row.production_date, row.time, row.day)?;
            Some((source, row, run))
        });
        let rows: Vec<_> = found.collect();
        df![
            "run_number" => rows.iter().map(|(_, _, run)| run.0).collect::<Vec<_>>(),
            "production_date" => rows.iter().map(|(_, _, run)| run.1).collect::<Vec<_>>(),
            "table" => rows.iter().map(|(source, ..)| source.table).collect::<Vec<_>>(),
            "key" => rows.iter().map(|(_, row, _)| row.key.as_deref()).collect::<Vec<_>>(),
            "reason" => rows.iter().map(|(_, row, _)| row.reason.as_str()).collect::<Vec<_>>(),
        ]
    }
}
