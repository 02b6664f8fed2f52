//! The mart parts that a transform changes: kept in memory, and written once at the end.

use std::collections::{BTreeMap, BTreeSet};

use lake::Zone;
use polars::prelude::*;

use super::contract::checked;
use crate::marts::{Build, Mart, RUNS};
use crate::staging::zones::mart_zone_of;
use crate::transform::damage::of_marts;
use crate::transform::work::Work;
use crate::{Result, WarehouseError};

/// Mart parts by mart and part name, as they will be.
#[derive(Default)]
pub(super) struct MartParts {
    touched: BTreeMap<(&'static str, String), (&'static Mart, DataFrame)>,
}

impl MartParts {
    /// The rows of a part as they will be.
    pub(super) async fn rows(
        &mut self,
        work: &Work<'_>,
        mart: &'static Mart,
        part: &str,
    ) -> Result<DataFrame> {
        if let Some((_, rows)) = self.touched.get(&(mart.name, part.to_owned())) {
            return Ok(rows.clone());
        }
        match work.manifest.marts.get(mart.name).and_then(|parts| parts.get(part)) {
            Some(current) => work.lake.mart_part(current, None).await.map_err(of_marts),
            None => Ok(DataFrame::empty_with_schema(&mart.schema())),
        }
    }

    /// The finished runs of a month as they will be.
    pub(super) async fn runs_of_month(&mut self, work: &Work<'_>, month: &str) -> Result<DataFrame> {
        self.rows(work, &RUNS, &RUNS.part(RUNS.builds[0], Some(month))).await
    }

    /// Says what the rows of a part will be.
    pub(super) fn set(&mut self, mart: &'static Mart, part: &str, rows: DataFrame) {
        self.touched.insert((mart.name, part.to_owned()), (mart, rows));
    }

    /// Empties the parts that a build has now: everything is made again.
    pub(super) fn empty(&mut self, work: &Work<'_>, mart: &'static Mart, build: Build) {
        for part in self.names(work, mart, build) {
            self.set(mart, &part, DataFrame::empty_with_schema(&mart.schema()));
        }
    }

    /// The names of a build's parts: those that are there and those that will be.
    pub(super) fn names(&self, work: &Work<'_>, mart: &'static Mart, build: Build) -> BTreeSet<String> {
        let there = work.manifest.marts.get(mart.name).into_iter().flat_map(BTreeMap::keys).cloned();
        let will_be =
            self.touched.keys().filter(|(name, _)| *name == mart.name).map(|(_, part)| part.clone());
        there.chain(will_be).filter(|part| mart.is_part_of(build, part)).collect()
    }

    /// The zone of a part that is there and not touched yet.
    pub(super) fn zone<'a>(&self, work: &'a Work<'_>, mart: &'static Mart, part: &str) -> Option<&'a Zone> {
        if self.touched.contains_key(&(mart.name, part.to_owned())) {
            return None;
        }
        work.manifest.marts.get(mart.name)?.get(part).map(|current| &current.zone)
    }

    /// Checks and writes all parts that were touched, and names them in the manifest to be. Returns their
    /// names as `mart/part`.
    pub(super) async fn write(self, work: &mut Work<'_>) -> Result<BTreeSet<String>> {
        let generation = work.manifest.generation + 1;
        let mut written = BTreeSet::new();
        for ((name, part), (mart, rows)) in self.touched {
            let mut rows = checked(mart, &rows)?;
            let zone = mart_zone_of(mart, &rows)
                .map_err(|source| WarehouseError::Compute { step: format!("mart `{name}`"), source })?;
            let current = work.lake.put_mart_part(name, &part, generation, &mut rows, zone).await?;
            written.insert(format!("{name}/{part}"));
            work.manifest.marts.entry(name.to_owned()).or_default().insert(part, current);
        }
        Ok(written)
    }
}
