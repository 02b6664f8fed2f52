//! All that is known of a trace: what is reached, and the rows of the marts that tell of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use api::query::shorten;
use chrono::NaiveDate;
use domain::lineage::LinkKind;
use domain::trace::Depths;
use serve::{Error, Result, Snapshot, work};
use warehouse::marts::{BATCH_DESPATCHES, BatchDespatchRow, IntakeRow, LinkRow, RUNS, RunRow, month, rows};
use warehouse::staging::zones::{BATCH_GROUP, RUN_GROUP, batch_groups, may_hold, run_groups};

use crate::batches::{Batches, code_of};
use crate::book::{Book, Reach, RunKey, Start};

/// All that is known of a trace.
#[derive(Debug)]
pub(crate) struct Traced {
    /// The batch or the run that was asked for.
    pub(crate) start: Start,
    /// The name of the batch, if it is one.
    pub(crate) name: Option<String>,
    /// Batches by their names: see [`Batches`].
    pub(crate) batches: Batches,
    pub(crate) reach: Reach,
    /// The runs that are reached, each with its distance and the nearest batch that reached it. A run that is
    /// traced itself has no such batch.
    pub(crate) runs: BTreeMap<RunKey, (usize, Option<String>)>,
    /// The rows that the mart `runs` has of these runs, and of those that made reached batches.
    pub(crate) run_rows: HashMap<RunKey, RunRow>,
    /// The links of the same runs.
    pub(crate) links: BTreeMap<RunKey, Vec<LinkRow>>,
    /// The intakes of all batches that are reached. Here and in the orders `batch_code` is the batch's name.
    pub(crate) intakes: Vec<IntakeRow>,
    /// The orders that name a batch that is reached on the way forward.
    pub(crate) orders: Vec<BatchDespatchRow>,
}

impl Traced {
    /// What is known of a batch or a run. With a `date`, `code` is the number of a run on that date. With the
    /// day on which a batch was `received`, it is that batch. Without either, `code` is the newest batch of
    /// that code, or the newest run of that number where there is no such batch.
    pub(crate) async fn of(
        snapshot: &Snapshot,
        code: &str,
        date: Option<NaiveDate>,
        received: Option<NaiveDate>,
    ) -> Result<Self> {
        if date.is_none() {
            if let Some(traced) = Self::of_batch(snapshot, code, received).await? {
                return Ok(traced);
            }
            if let Some(received) = received {
                return Err(Error::Unknown(format!("there is no batch `{}` of {received}", shorten(code))));
            }
        }
        let run = match snapshot.newest_run(&RUNS, code, date).await? {
            Some(row) => rows::<RunRow>(&row)?.into_iter().next(),
            None => None,
        };
        let run = run.ok_or_else(|| Error::Unknown(unknown(code, date)))?;
        let start = Start::Run((run.run_number, run.production_date));
        let (book, reach) = Book::read(snapshot, &start).await?;
        Self::gathered(snapshot, start, book, reach).await
    }

    /// `None` if nothing names such a batch.
    async fn of_batch(snapshot: &Snapshot, code: &str, received: Option<NaiveDate>) -> Result<Option<Self>> {
        let start = Start::Batch { code: code.to_owned(), received };
        let (book, reach) = Book::read(snapshot, &start).await?;
        if received.is_some_and(|received| !book.batches.days(code).contains(&received)) {
            return Ok(None);
        }
        let name = book.batches.asked_for(code, received);
        let is_linked = book.ways.names(&name);
        let traced = Self::gathered(snapshot, start, book, reach).await?;
        let is_known = is_linked
            || traced.intakes.iter().any(|intake| intake.intake.batch_code == name)
            || !traced.orders.is_empty();
        Ok(is_known.then_some(traced))
    }

    async fn gathered(snapshot: &Snapshot, start: Start, book: Book, reach: Reach) -> Result<Self> {
        let mut runs = BTreeMap::new();
        if let Start::Run(run) = &start {
            runs.insert(run.clone(), (0, None));
        }
        let mut nearest: Vec<(usize, &String)> =
            reach.after.iter().map(|(name, depth)| (*depth, name)).collect();
        nearest.sort_unstable();
        for (depth, batch) in nearest {
            for run in book.ways.runs_with.get(batch).into_iter().flatten() {
                runs.entry(run.clone()).or_insert_with(|| (depth, Some(batch.clone())));
            }
        }
        let both_ways: BTreeSet<&String> = reach.before.keys().chain(reach.after.keys()).collect();
        let told: BTreeSet<RunKey> = runs
            .keys()
            .cloned()
            .chain(both_ways.iter().flat_map(|batch| book.ways.runs_that_made(batch)))
            .collect();
        let mut intakes = book.intakes.clone();
        for row in &mut intakes {
            row.intake.batch_code = book.batches.of_intake(&row.intake);
        }
        intakes.retain(|row| both_ways.contains(&row.intake.batch_code));
        let run_rows = runs_of(snapshot, &told).await?;
        let orders = orders_naming(snapshot, &reach.after, &book.batches).await?;
        let (name, batches) = (book.name_of(&start), book.batches.clone());
        let mut links: BTreeMap<RunKey, Vec<LinkRow>> = BTreeMap::new();
        for link in book.links(told).await? {
            links.entry((link.run_number.clone(), link.production_date)).or_default().push(link);
        }
        Ok(Self { start, name, batches, reach, runs, run_rows, links, intakes, orders })
    }

    /// The batches that the mass balance is of: the traced one and all that were made of it.
    pub(crate) fn traced_batches(&self) -> &Depths {
        &self.reach.after
    }

    /// The links of one kind of a run.
    pub(crate) fn links_of<'a>(
        &'a self,
        run: &RunKey,
        kind: LinkKind,
    ) -> impl Iterator<Item = &'a LinkRow> + use<'a> {
        self.links.get(run).into_iter().flatten().filter(move |link| link.link == kind.as_str())
    }
}

/// The orders that name one of these batches, with the names of their batches in the place of codes.
async fn orders_naming(
    snapshot: &Snapshot,
    wanted: &Depths,
    batches: &Batches,
) -> Result<Vec<BatchDespatchRow>> {
    let groups = batch_groups(wanted.keys().map(|name| code_of(name)));
    let parts = snapshot.parts(&BATCH_DESPATCHES, |_, zone| may_hold(zone, BATCH_GROUP, &groups)).await?;
    let (wanted, batches) = (wanted.clone(), batches.clone());
    work(move || {
        let mut all = Vec::new();
        for (_, part) in parts {
            for mut order in rows::<BatchDespatchRow>(&part)? {
                order.batch_code = batches.name(&order.batch_code, order.known_since);
                all.extend(Some(order).filter(|order| wanted.contains_key(&order.batch_code)));
            }
        }
        Ok(all)
    })
    .await
}

/// The rows that the mart `runs` has of these runs.
async fn runs_of(snapshot: &Snapshot, runs: &BTreeSet<RunKey>) -> Result<HashMap<RunKey, RunRow>> {
    let (months, groups): (BTreeSet<_>, BTreeSet<_>) =
        (runs.iter().map(|(_, date)| month(*date)).collect(), run_groups(runs.iter().map(|(n, _)| n)));
    let parts = snapshot
        .parts(&RUNS, |name, zone| months.contains(name) && may_hold(zone, RUN_GROUP, &groups))
        .await?;
    let numbers: BTreeSet<String> = runs.iter().map(|(number, _)| number.clone()).collect();
    work(move || {
        let mut all = HashMap::new();
        for (_, part) in parts {
            let wanted = part
                .column("run_number")?
                .str()?
                .iter()
                .map(|number| number.is_some_and(|number| numbers.contains(number)))
                .collect();
            let read = rows::<RunRow>(&part.filter(&wanted)?)?;
            all.extend(read.into_iter().map(|run| ((run.run_number.clone(), run.production_date), run)));
        }
        Ok(all)
    })
    .await
}

fn unknown(code: &str, date: Option<NaiveDate>) -> String {
    let shown = shorten(code);
    match date {
        None => format!("there is no batch and no run `{shown}`"),
        Some(date) => format!("there is no run `{shown}` of {date}"),
    }
}
