//! A trace as one object.

use std::collections::{BTreeSet, HashMap};

use api::trace::{MassBalance, Trace, TraceBatch, TraceDespatch, TraceIntake, TraceProduct, TraceRun};
use chrono::NaiveDate;
use domain::bookings::sum_kg;
use domain::lineage::LinkKind;
use domain::trace::Depths;
use warehouse::marts::{IntakeRow, LinkRow, RunRow};

use crate::balance;
use crate::batches::{code_of, day_of};
use crate::book::{RunKey, Start};
use crate::traced::Traced;

/// The trace as it is answered.
pub(crate) fn of(traced: &Traced) -> Trace {
    let balance = balance::of(traced);
    let told = Told::by(traced);
    let (received_date, other_received_dates) = received(traced);
    Trace {
        batch_code: match &traced.start {
            Start::Run((number, _)) => number.clone(),
            Start::Batch { code, .. } => code_of(traced.name.as_deref().unwrap_or(code)).to_owned(),
        },
        received_date,
        other_received_dates,
        origin: origin(traced),
        ancestors: batches(traced, &told, &traced.reach.before),
        descendants: batches(traced, &told, &traced.reach.after),
        runs: runs(traced).into_iter().map(|run| self::run(traced, run)).collect(),
        products: runs(traced).into_iter().flat_map(|run| products(traced, run)).collect(),
        despatches: despatches(traced),
        mass_balance: MassBalance {
            input_kg: balance.input_kg,
            output_kg: balance.output_kg,
            returned_kg: balance.returned_kg,
            unexplained_kg: balance.unexplained_kg(),
            unexplained_pct: balance.unexplained_pct(),
            unknown_lines: balance::unknown_lines(traced),
        },
    }
}

/// When the traced batch was received, and when others of the same code were, the newest first.
fn received(traced: &Traced) -> (Option<NaiveDate>, Vec<NaiveDate>) {
    let Some(name) = traced.name.as_deref() else { return (None, Vec::new()) };
    let mut days = traced.batches.days(code_of(name));
    let is_alone = code_of(name) == name;
    let own = if is_alone { days.first().copied() } else { day_of(name) };
    days.retain(|day| Some(*day) != own);
    days.reverse();
    (own, days)
}

/// What was taken in of the batch and its ancestors. There the factory's own knowledge begins.
fn origin(traced: &Traced) -> Vec<TraceIntake> {
    let intakes = traced.intakes.iter().map(|row| &row.intake);
    let mut origin: Vec<TraceIntake> =
        intakes.filter(|intake| traced.reach.before.contains_key(&intake.batch_code)).cloned().collect();
    for intake in &mut origin {
        intake.batch_code = code_of(&intake.batch_code).to_owned();
    }
    origin.sort_by(|one, other| (&one.batch_code, &one.trace_id).cmp(&(&other.batch_code, &other.trace_id)));
    origin
}

/// What intakes and links say of batches, by name.
#[derive(Default)]
struct Told<'a> {
    taken_in_kg: HashMap<&'a str, Option<f64>>,
    scans: HashMap<&'a str, Vec<&'a LinkRow>>,
}

impl<'a> Told<'a> {
    fn by(traced: &'a Traced) -> Self {
        let mut told = Self::default();
        for IntakeRow { intake, .. } in &traced.intakes {
            balance::add(told.taken_in_kg.entry(&intake.batch_code).or_insert(Some(0.0)), intake.qty_kg);
        }
        for link in traced.links.values().flatten() {
            if let Some(new) = &link.new_batch_code {
                told.scans.entry(new).or_default().push(link);
            }
        }
        told
    }
}

/// The batches without the traced one, nearest first.
fn batches(traced: &Traced, told: &Told<'_>, depths: &Depths) -> Vec<TraceBatch> {
    let is_other = |name: &str| traced.name.as_deref() != Some(name);
    let mut listed: Vec<TraceBatch> = depths
        .iter()
        .filter(|(code, _)| is_other(code))
        .map(|(code, depth)| batch(told, code, *depth))
        .collect();
    listed.sort_by(|one, other| (one.depth, &one.batch_code).cmp(&(other.depth, &other.batch_code)));
    listed
}

fn batch(told: &Told<'_>, name: &str, depth: usize) -> TraceBatch {
    let taken_in = told.taken_in_kg.get(name);
    let scans: &[&LinkRow] = told.scans.get(name).map_or(&[], Vec::as_slice);
    let first = scans.iter().min_by_key(|scan| (scan.linked_at, scan.link_id));
    let known = taken_in.is_some() || first.is_some();
    let parts = taken_in.into_iter().copied().chain(scans.iter().map(|scan| scan.qty_kg));
    TraceBatch {
        batch_code: code_of(name).to_owned(),
        received_date: day_of(name),
        depth: as_i64(depth),
        known,
        run_number: first.map(|scan| scan.run_number.clone()),
        production_date: first.map(|scan| scan.production_date),
        scanned_at: first.and_then(|scan| scan.linked_at),
        qty_kg: sum_kg(parts),
    }
}

/// A run that is reached, its distance, and the nearest batch that reached it.
type Reached<'a> = (&'a RunKey, usize, Option<&'a String>);

/// The runs that are reached, nearest first, then the oldest.
fn runs(traced: &Traced) -> Vec<Reached<'_>> {
    let mut runs: Vec<Reached<'_>> =
        traced.runs.iter().map(|(run, (depth, batch))| (run, *depth, batch.as_ref())).collect();
    runs.sort_by_key(|(run, depth, _)| (*depth, run.1, &run.0));
    runs
}

fn run(traced: &Traced, (run, depth, batch): Reached<'_>) -> TraceRun {
    let row = traced.run_rows.get(run).cloned();
    let masses = balance::masses(traced, run);
    let of = |text: fn(RunRow) -> Option<String>| row.clone().and_then(text);
    TraceRun {
        run_number: run.0.clone(),
        production_date: run.1,
        batch_code: batch.map(|name| code_of(name).to_owned()),
        depth: as_i64(depth),
        prod_line: of(|run| run.prod_line),
        line_name: of(|run| run.line_name),
        shift_code: of(|run| run.shift_code),
        species: of(|run| run.species),
        product_code: of(|run| run.product_code),
        product: of(|run| run.product),
        complete: row.as_ref().is_some_and(|run| run.complete),
        traced_kg: masses.traced_in_kg,
        input_kg: row.as_ref().and_then(|run| run.input_kg),
        actual_kg: row.as_ref().and_then(|run| run.actual_kg),
        inputs_without_weight: row.as_ref().map_or(0, |run| run.inputs_without_weight),
        outputs_without_weight: row.as_ref().map_or(0, |run| run.outputs_without_weight),
        rejected_rows: row.as_ref().map_or(0, |run| run.rejected_rows),
    }
}

/// What came out of a run: its outputs. Where none are booked, it is what the weighing system says of the
/// run's product.
fn products(traced: &Traced, (run, depth, batch): Reached<'_>) -> Vec<TraceProduct> {
    let blank = TraceProduct {
        product_code: None,
        product: None,
        batch_code: batch.map(|name| code_of(name).to_owned()),
        depth: as_i64(depth),
        run_number: run.0.clone(),
        production_date: run.1,
        tier: None,
        piece_type: None,
        qty_packs: None,
        qty_kg: None,
    };
    let booked: Vec<TraceProduct> = traced
        .links_of(run, LinkKind::Output)
        .map(|output| TraceProduct {
            product_code: output.product_code.clone(),
            product: output.product.clone(),
            tier: output.tier,
            piece_type: output.piece_type.clone(),
            qty_packs: output.qty_packs,
            qty_kg: output.qty_kg,
            ..blank.clone()
        })
        .collect();
    match traced.run_rows.get(run).filter(|run| booked.is_empty() && run.actual_kg.is_some()) {
        Some(run) => vec![TraceProduct {
            product_code: run.product_code.clone(),
            product: run.product.clone(),
            qty_packs: Some(run.packs).filter(|packs| *packs > 0),
            qty_kg: run.actual_kg,
            ..blank
        }],
        None => booked,
    }
}

/// The orders that took product of the runs, and those that name a batch, each once. The nearest come first,
/// and of these the earliest despatched.
fn despatches(traced: &Traced) -> Vec<TraceDespatch> {
    let mut listed = Vec::new();
    let mut seen = BTreeSet::new();
    for (run, depth, batch) in runs(traced) {
        for order in traced.links_of(run, LinkKind::Despatch) {
            seen.insert(order.link_id);
            listed.push(TraceDespatch {
                order_number: order.order_number.clone(),
                customer: order.customer.clone(),
                batch_code: batch.map(|name| code_of(name).to_owned()),
                depth: as_i64(depth),
                run_number: Some(run.0.clone()),
                production_date: Some(run.1),
                product_code: order.product_code.clone(),
                qty_cases: order.qty_cases,
                qty_kg: order.qty_kg,
                despatch_date: order.despatch_date,
                delivery_date: order.delivery_date,
                status: order.status.clone(),
            });
        }
    }
    for order in traced.orders.iter().filter(|order| !seen.contains(&order.despatch_id)) {
        listed.push(TraceDespatch {
            order_number: order.order_number.clone(),
            customer: order.customer.clone(),
            batch_code: Some(code_of(&order.batch_code).to_owned()),
            depth: traced.reach.after.get(&order.batch_code).copied().map(as_i64).unwrap_or_default(),
            run_number: order.run_number.clone(),
            production_date: None,
            product_code: order.product_code.clone(),
            qty_cases: order.qty_cases,
            qty_kg: order.qty_kg,
            despatch_date: order.despatch_date,
            delivery_date: order.delivery_date,
            status: order.status.clone(),
        });
    }
    listed.sort_by(|one, other| {
        (one.depth, one.despatch_date, &one.order_number).cmp(&(
            other.depth,
            other.despatch_date,
            &other.order_number,
        ))
    });
    listed
}

fn as_i64(depth: usize) -> i64 {
    i64::try_from(depth).unwrap_or(i64::MAX)
}
