//! The links and deliveries that were read so far, and what is reached through them.
//!
//! Parts are read until no unread part can name a batch that is reached. How many parts that are depends on
//! how far the batches got, not on how much was ever made.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use domain::lineage::LinkKind;
use domain::trace::{Depths, Lineage, parents_of_scan_back};
use polars::prelude::{Column, DataFrame, DataFrameJoinOps, IntoLazy, JoinArgs, JoinType, col, cols, lit};
use serve::{Result, Snapshot, work};
use warehouse::marts::{INTAKES, IntakeRow, LinkRow, TRACE_LINKS, month, rows};
use warehouse::staging::zones::{BATCH_GROUP, batch_groups, may_hold};

use crate::batches::{Batches, code_of};

/// A run's number and production date: together they tell one run from another.
pub(crate) type RunKey = (String, NaiveDate);

/// What is traced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// A batch by its code. The day of its delivery tells which, where the code was used again.
    Batch {
        code: String,
        received: Option<NaiveDate>,
    },
    Run(RunKey),
}

/// A link of a batch, with the codes as the run's records write them.
#[derive(Debug)]
struct BatchLink {
    run: RunKey,
    code: Option<String>,
    new: Option<String>,
    parent: Option<String>,
}

/// What was read so far, and how it hangs together.
#[derive(Debug, Default)]
pub(crate) struct Book {
    parts: BTreeMap<String, DataFrame>,
    links: Vec<BatchLink>,
    intake_parts: BTreeSet<String>,
    /// The deliveries that were read, of whatever batches.
    pub(crate) intakes: Vec<IntakeRow>,
    /// The names of batches: see [`Batches`].
    pub(crate) batches: Batches,
    /// What follows from the links. It is made again after each read: a delivery that comes to be known may
    /// divide a batch.
    pub(crate) ways: Ways,
}

/// How runs and batches hang together. Batches go by their names.
#[derive(Debug, Default)]
pub(crate) struct Ways {
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
            let parts = snapshot.parts(&TRACE_LINKS, |name, _| name == of_month).await?;
            book = book.with(parts, Vec::new()).await?;
        }
        loop {
            let reach = book.reach(start);
            let codes = reach.before.keys().chain(reach.after.keys()).map(|name| code_of(name));
            let groups = batch_groups(codes);
            let unread = snapshot.parts(&TRACE_LINKS, |name, zone| {
                !book.parts.contains_key(name) && may_hold(zone, BATCH_GROUP, &groups)
            });
            let unread = unread.await?;
            let intakes = snapshot.parts(&INTAKES, |name, zone| {
                !book.intake_parts.contains(name) && may_hold(zone, BATCH_GROUP, &groups)
            });
            let intakes = intakes.await?;
            if unread.is_empty() && intakes.is_empty() {
                return Ok((book, reach));
            }
            book = book.with(unread, intakes).await?;
        }
    }

    /// The name of the batch that is traced.
    pub(crate) fn name_of(&self, start: &Start) -> Option<String> {
        let Start::Batch { code, received } = start else { return None };
        Some(self.batches.asked_for(code, *received))
    }

    /// All links of these runs, with the names of their batches in the place of codes.
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
            for link in &mut links {
                for code in [&mut link.batch_code, &mut link.new_batch_code, &mut link.parent_batch] {
                    *code = code.take().map(|code| self.batches.name(&code, link.production_date));
                }
            }
            Ok(links)
        })
        .await
    }

    fn reach(&self, start: &Start) -> Reach {
        let all = |names: Option<&BTreeSet<String>>| {
            names.into_iter().flatten().map(|name| (name.clone(), 1)).collect()
        };
        let (before, after) = match start {
            Start::Batch { code, received } => {
                let itself = Depths::from([(self.batches.asked_for(code, *received), 0)]);
                (itself.clone(), itself)
            }
            Start::Run(run) => (all(self.ways.batches_in.get(run)), all(self.ways.made_by.get(run))),
        };
        Reach { before: self.ways.lineage.before(before), after: self.ways.lineage.after(after) }
    }

    async fn with(
        mut self,
        links: Vec<(String, DataFrame)>,
        intakes: Vec<(String, DataFrame)>,
    ) -> Result<Self> {
        work(move || {
            for (name, part) in links {
                self.links.extend(batch_links(&part)?);
                self.parts.insert(name, part);
            }
            for (name, part) in intakes {
                self.intakes.extend(rows::<IntakeRow>(&part)?);
                self.intake_parts.insert(name);
            }
            self.batches = self.names();
            self.ways = Ways::of(&self.links, &self.batches);
            Ok(self)
        })
        .await
    }

    /// The names of all batches: codes are written as intakes write them, else as the scan-backs that made
    /// them do, else as the first of those that name them.
    fn names(&self) -> Batches {
        let mut batches = Batches::default();
        batches.learn(self.intakes.iter().map(|row| row.intake.batch_code.as_str()));
        batches.learn(self.links.iter().filter_map(|link| link.new.as_deref()));
        batches.learn(
            self.links.iter().flat_map(|link| [link.code.as_deref(), link.parent.as_deref()]).flatten(),
        );
        for row in &self.intakes {
            batches.add(&row.intake);
        }
        batches
    }
}

impl Ways {
    fn of(links: &[BatchLink], batches: &Batches) -> Self {
        let mut ways = Self::default();
        let mut scans = Vec::new();
        for BatchLink { run, code, new, parent } in links {
            let name = |code: &Option<String>| code.as_deref().map(|code| batches.name(code, run.1));
            let (code, new, parent) = (name(code), name(new), name(parent));
            ways.named.extend([&code, &new, &parent].into_iter().flatten().cloned());
            if let Some(new) = new {
                ways.made_in.entry(new.clone()).or_default().insert(run.clone());
                ways.made_by.entry(run.clone()).or_default().insert(new.clone());
                scans.push((run, code, new, parent));
            } else if let Some(code) = code {
                // The batch went in, or it came back as the batch that it was, so it had been in.
                ways.runs_with.entry(code.clone()).or_default().insert(run.clone());
                ways.batches_in.entry(run.clone()).or_default().insert(code);
            }
        }
        for (run, code, new, parent) in scans {
            let inputs = ways.batches_in.get(run).into_iter().flatten().map(String::as_str).collect();
            let scanned = code.as_deref().filter(|code| *code != new);
            for parent in parents_of_scan_back(parent.as_deref(), scanned, &inputs) {
                ways.lineage.add(parent, &new);
            }
        }
        ways
    }

    /// Whether some link names this batch.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.named.contains(name)
    }

    /// The runs that this batch was scanned back out of as a new one.
    pub(crate) fn runs_that_made(&self, name: &str) -> impl Iterator<Item = RunKey> {
        self.made_in.get(name).into_iter().flatten().cloned()
    }
}

/// The links of a part that name batches.
fn batch_links(part: &DataFrame) -> Result<Vec<BatchLink>> {
    let is = |link: LinkKind| col("link").eq(lit(link.as_str()));
    let of_batches = is(LinkKind::Input).or(is(LinkKind::ScanIn)).or(is(LinkKind::ScanBack));
    let columns = ["run_number", "production_date", "link", "batch_code", "new_batch_code", "parent_batch"];
    let links = part.clone().lazy().filter(of_batches).select([cols(columns).as_expr()]).collect()?;
    let texts = |name: &str| links.column(name).and_then(|column| column.str());
    let (numbers, codes) = (texts("run_number")?, texts("batch_code")?);
    let (news, parents) = (texts("new_batch_code")?, texts("parent_batch")?);
    let dates = links.column("production_date")?.date()?;
    let of_run =
        numbers.iter().zip(dates.as_date_iter()).zip(codes.iter().zip(news.iter()).zip(parents.iter()));
    // A blank code is none.
    let owned = |code: Option<&str>| code.filter(|code| !code.trim().is_empty()).map(str::to_owned);
    let mut of_batches = Vec::new();
    for ((number, date), ((code, new), parent)) in of_run {
        if let (Some(number), Some(date)) = (number, date) {
            let run = (number.to_owned(), date);
            of_batches.push(BatchLink { run, code: owned(code), new: owned(new), parent: owned(parent) });
        }
    }
    Ok(of_batches)
}
