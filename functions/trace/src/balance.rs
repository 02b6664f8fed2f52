//! What the mass balance needs to know of a run: what went in and what went back, of the traced batches and
//! of others. Bookings add up. What they cannot tell is unknown: a sum with an unweighed part, or a sum of less
//! than nothing.

use std::collections::{BTreeMap, BTreeSet};

use api::trace::UnknownLine;
use domain::bookings::{quantity_kg, sum_kg};
use domain::lineage::{LinkKind, ReturnMethod};
use domain::mass_balance::{MassBalance, RunMasses};
use domain::trace::parents_of_scan_back;
use warehouse::marts::{LinkRow, RunRow};

use crate::book::{RunKey, Start};
use crate::traced::Traced;

/// The balance of a trace.
pub(crate) fn of(traced: &Traced) -> MassBalance {
    MassBalance::of(traced.runs.keys().map(|run| masses(traced, run)))
}

/// What a run's records say. If the run itself is traced, all its inputs count as traced.
pub(crate) fn masses(traced: &Traced, run: &RunKey) -> RunMasses {
    let is_traced =
        |batch: &str| traced.start == Start::Run(run.clone()) || traced.traced_batches().contains_key(batch);
    let mut masses = RunMasses { out_kg: out_kg(traced.run_rows.get(run)), ..RunMasses::default() };
    let inputs = inputs(traced, run);
    for (batch, kg) in &inputs {
        // Fish of an unknown batch counts as that of others, unless the run itself is traced.
        let is_traced = is_traced(batch.unwrap_or_default());
        add(if is_traced { &mut masses.traced_in_kg } else { &mut masses.other_in_kg }, quantity_kg(*kg));
    }
    let known: BTreeSet<&str> = inputs.keys().copied().flatten().collect();
    for scan in traced.links_of(run, LinkKind::ScanBack) {
        let of = parents_of_scan_back(
            parent(scan),
            scan.batch_code.as_deref().filter(|code| Some(*code) != scan.new_batch_code.as_deref()),
            &known,
        );
        let (traced_ones, others): (Vec<_>, Vec<_>) = of.into_iter().partition(|batch| is_traced(batch));
        let back = match (traced_ones.is_empty(), others.is_empty()) {
            (false, true) => &mut masses.traced_back_kg,
            (true, false) => &mut masses.other_back_kg,
            _ => &mut masses.unknown_back_kg,
        };
        add(back, scan.qty_kg);
    }
    for back in [&mut masses.traced_back_kg, &mut masses.other_back_kg, &mut masses.unknown_back_kg] {
        *back = quantity_kg(*back);
    }
    masses
}

/// What came out of a run. Of a run that nobody booked an output of, that is nothing yet.
fn out_kg(run: Option<&RunRow>) -> Option<f64> {
    run.map_or(
        Some(0.0),
        |run| if run.is_output_unknown() { None } else { Some(run.actual_kg.unwrap_or(0.0)) },
    )
}

/// The lines for which the balance of a trace is unknown: those without a weight, and the corrections of what
/// adds up to less than nothing.
pub(crate) fn unknown_lines(traced: &Traced) -> Vec<UnknownLine> {
    let mut lines = Vec::new();
    for run in traced.runs.keys() {
        let inputs = inputs(traced, run);
        let is_unknown =
            |batch: Option<&str>| inputs.get(&batch).is_some_and(|kg| quantity_kg(*kg).is_none());
        let is_output_unknown = traced.run_rows.get(run).is_some_and(RunRow::is_output_unknown);
        let masses = masses(traced, run);
        let backs = [masses.traced_back_kg, masses.other_back_kg, masses.unknown_back_kg];
        let is_back_unknown = backs.contains(&None);
        for link in traced.links.get(run).into_iter().flatten() {
            let counts = match link.link.parse() {
                Ok(LinkKind::Input | LinkKind::ScanIn) => is_unknown(link.batch_code.as_deref()),
                Ok(LinkKind::Output) => is_output_unknown,
                Ok(LinkKind::ScanBack) => is_back_unknown,
                Ok(LinkKind::Despatch) | Err(_) => false,
            };
            if counts && link.qty_kg.is_none_or(|kg| kg < 0.0) {
                lines.push(unknown_line(link));
            }
        }
    }
    lines
}

fn unknown_line(link: &LinkRow) -> UnknownLine {
    UnknownLine {
        run_number: link.run_number.clone(),
        production_date: link.production_date,
        link: link.link.clone(),
        link_id: link.link_id,
        batch_code: link.batch_code.clone(),
        product_code: link.product_code.clone(),
        qty_kg: link.qty_kg,
    }
}

/// The parent that a scan-back names. Fish that goes back as the batch that it was names none: the batch
/// itself counts.
fn parent(scan: &LinkRow) -> Option<&str> {
    let kept = scan.return_method.as_deref() == Some(ReturnMethod::ProdReturn.as_str());
    if kept { scan.batch_code.as_deref() } else { scan.parent_batch.as_deref() }
}

/// Adds a quantity to a sum, which is unknown from the first unknown part on.
pub(crate) fn add(sum: &mut Option<f64>, kg: Option<f64>) {
    *sum = sum_kg([*sum, kg]);
}

/// What went into a run, by batch. What was booked counts. Where nothing was booked of a batch, what was
/// scanned in counts. A sum with an unknown part is unknown.
pub(crate) fn inputs<'a>(traced: &'a Traced, run: &RunKey) -> BTreeMap<Option<&'a str>, Option<f64>> {
    let sum = |kind| {
        let mut sums: BTreeMap<Option<&str>, Option<f64>> = BTreeMap::new();
        for link in traced.links_of(run, kind) {
            add(sums.entry(link.batch_code.as_deref()).or_insert(Some(0.0)), link.qty_kg);
        }
        sums
    };
    let mut booked = sum(LinkKind::Input);
    for (batch, kg) in sum(LinkKind::ScanIn) {
        booked.entry(batch).or_insert(kg);
    }
    booked
}
