//! What the mass balance needs to know of a run: what went in and what went back, of the traced batches and
//! of others.

use std::collections::{BTreeMap, BTreeSet};

use domain::lineage::{LinkKind, ReturnMethod};
use domain::mass_balance::{MassBalance, RunMasses};
use domain::trace::parents_of_scan_back;
use warehouse::marts::LinkRow;

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
    let mut masses = RunMasses {
        out_kg: traced.run_rows.get(run).and_then(|run| run.actual_kg).unwrap_or_default(),
        ..RunMasses::default()
    };
    let inputs = inputs(traced, run);
    for (batch, kg) in &inputs {
        let kg = kg.unwrap_or_default();
        // Fish of an unknown batch counts as that of others, unless the run itself is traced.
        if is_traced(batch.unwrap_or_default()) {
            masses.traced_in_kg += kg;
        } else {
            masses.other_in_kg += kg;
        }
    }
    let known: BTreeSet<&str> = inputs.keys().copied().flatten().collect();
    for scan in traced.links_of(run, LinkKind::ScanBack) {
        let kg = scan.qty_kg.unwrap_or_default();
        let of = parents_of_scan_back(
            parent(scan),
            scan.batch_code.as_deref().filter(|code| Some(*code) != scan.new_batch_code.as_deref()),
            &known,
        );
        let (traced_ones, others): (Vec<_>, Vec<_>) = of.into_iter().partition(|batch| is_traced(batch));
        match (traced_ones.is_empty(), others.is_empty()) {
            (false, true) => masses.traced_back_kg += kg,
            (true, false) => masses.other_back_kg += kg,
            _ => masses.unknown_back_kg += kg,
        }
    }
    masses
}

/// The parent that a scan-back names. Fish that goes back as the batch that it was names none: the batch
/// itself counts.
fn parent(scan: &LinkRow) -> Option<&str> {
    let kept = scan.return_method.as_deref() == Some(ReturnMethod::ProdReturn.as_str());
    if kept { scan.batch_code.as_deref() } else { scan.parent_batch.as_deref() }
}

/// Adds a quantity to a sum, which is unknown from the first unknown part on.
pub(crate) fn add(sum: &mut Option<f64>, kg: Option<f64>) {
    *sum = sum.zip(kg).map(|(sum, kg)| sum + kg);
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
