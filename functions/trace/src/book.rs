//! The links that were read so far, and what is reached through them.
//!
//! Parts are read until no unread part can name a batch that is reached. How many parts that are depends on
//! how far the batches got, not on how much was ever made.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use domain::lineage::LinkKind;
use domain::trace::{Depths, Lineage, parents_of_scan_back};
use polars::prelude::{Column, DataFrame, DataFrameJoinOps, IntoLazy, JoinArgs, JoinType, col, cols, lit};
use serve::{Result, Snapshot, work};
use warehouse::marts::{LinkRow, TRACE_LINKS, month, rows};
use warehouse::staging::zones::{BATCH_GROUP, batch_groups, may_hold};

/// A run's number and production date: together they tell one run from another.
pub(crate) type RunKey = (String, NaiveDate);

/// What is traced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    Batch(String),
    Run(RunKey),
}

/// The links that were read so far.
#[derive(Debug, Default)]
pub(crate) struct Book {
    parts: BTreeMap<String, DataFrame>,
    lineage: Lineage,
    /// The batches that were in each run.
    batches_in: HashMap<RunKey, BTreeSet<String>>,
    /// The runs that each batch was in.
    pub(crate) runs_with: HashMap<String, BTreeSet<RunKey>>,
    /// The batches that were scanned back out of each run as new ones.
    made_by: HashMap<RunKey, BTreeSet<String>>,
    /// The runs that each such batch was scanned back out of.
    made_in: HashMap<String, BTreeSet<RunKey>>,
    /// The batches that some link names.
    named: BTreeSet<String>,
}

/// The batches that are reached, each with its distance. A batch that is traced itself has distance 0, in
/// both directions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reach {
    /// What the traced batch or run is made of.
    pub(crate) before: Depths,
    /// What was made of the traced batch or run.
    pub(crate) after: Depths,
}

impl Book {
    /// Reads all that can be reached from `start`.
    pub(crate) async fn read(snapshot: &Snapshot, start: &Start) -> Result<(Self, Reach)> {
        let mut book = Self::default();
        if let Start::Run((_, date)) = start {
            // All links of a run lie in the part of its month.
            let of_month = month(*date);
            book = book.with(snapshot.parts(&TRACE_LINKS, |name, _| name == of_month).await?).await?;
        }
        loop {
            let reach = book.reach(start);
            let groups = batch_groups(reach.before.keys().chain(reach.after.keys()));
            let unread = snapshot
                .parts(&TRACE_LINKS, |name, zone| {
                    !book.parts.contains_key(name) && may_hold(zone, BATCH_GROUP, &groups)
                })
                .await?;
            if unread.is_empty() {
                return Ok((book, reach));
            }
            book = book.with(unread).await?;
        }
    }

    /// Whether some link names this batch.
    pub(crate) fn names(&self, batch_code: &str) -> bool {
        self.named.contains(batch_code)
    }

    /// The runs that this batch was scanned back out of as a new one.
    pub(crate) fn runs_that_made(&self, batch_code: &str) -> impl Iterator<Item = RunKey> {
        self.made_in.get(batch_code).into_iter().flatten().cloned()
    }

    /// All links of these runs.
    pub(crate) async fn links(self, runs: BTreeSet<RunKey>) -> Result<Vec<LinkRow>> {
        let (numbers, dates): (Vec<String>, Vec<_>) = runs.into_iter().unzip();
        work(move || {
            let wanted = DataFrame::new_infer_height(vec![
                Column::new("run_number".into(), numbers),
                Column::new("production_date".into(), dates),
            ])?;
            let mut links = Vec::new();
            for part in self.parts.values() {
                let keys = ["run_number", "production_date"];
                links.extend(rows::<LinkRow>(&part.join(
                    &wanted,
                    keys,
                    keys,
                    JoinArgs::new(JoinType::Semi),
                    None,
                )?)?);
            }
            Ok(links)
        })
        .await
    }

    fn reach(&self, start: &Start) -> Reach {
        let all = |codes: Option<&BTreeSet<String>>| {
            codes.into_iter().flatten().map(|code| (code.clone(), 1)).collect()
        };
        let (before, after) = match start {
            Start::Batch(code) => (Depths::from([(code.clone(), 0)]), Depths::from([(code.clone(), 0)])),
            Start::Run(run) => (all(self.batches_in.get(run)), all(self.made_by.get(run))),
        };
        Reach { before: self.lineage.before(before), after: self.lineage.after(after) }
    }

    async fn with(mut self, parts: Vec<(String, DataFrame)>) -> Result<Self> {
        work(move || {
            for (name, part) in parts {
                self.add(&part)?;
                self.parts.insert(name, part);
            }
            Ok(self)
        })
        .await
    }

    fn add(&mut self, part: &DataFrame) -> Result<()> {
        let is = |link: LinkKind| col("link").eq(lit(link.as_str()));
        let of_batches = is(LinkKind::Input).or(is(LinkKind::ScanIn)).or(is(LinkKind::ScanBack));
        let columns =
            ["run_number", "production_date", "link", "batch_code", "new_batch_code", "parent_batch"];
        let links = part.clone().lazy().filter(of_batches).select([cols(columns).as_expr()]).collect()?;
        let texts = |name: &str| links.column(name).and_then(|column| column.str());
        let (numbers, codes) = (texts("run_number")?, texts("batch_code")?);
        let (news, parents) = (texts("new_batch_code")?, texts("parent_batch")?);
        let dates = links.column("production_date")?.date()?;
        let mut scans = Vec::new();
        let of_run =
            numbers.iter().zip(dates.as_date_iter()).zip(codes.iter().zip(news.iter()).zip(parents.iter()));
        for ((number, date), ((code, new), parent)) in of_run {
            let (Some(number), Some(date)) = (number, date) else { continue };
            let run = (number.to_owned(), date);
            self.named.extend([code, new, parent].into_iter().flatten().map(str::to_owned));
            if let Some(new) = new {
                self.made_in.entry(new.to_owned()).or_default().insert(run.clone());
                self.made_by.entry(run.clone()).or_default().insert(new.to_owned());
                scans.push((run, code, new, parent));
            } else if let Some(code) = code {
                // The batch went in, or it came back as the batch that it was, so it had been in.
                self.runs_with.entry(code.to_owned()).or_default().insert(run.clone());
                self.batches_in.entry(run).or_default().insert(code.to_owned());
            }
        }
        for (run, code, new, parent) in scans {
            let inputs = self.batches_in.get(&run).into_iter().flatten().map(String::as_str).collect();
            for parent in parents_of_scan_back(parent, code.filter(|code| *code != new), &inputs) {
                self.lineage.add(parent, new);
            }
        }
        Ok(())
    }
}
