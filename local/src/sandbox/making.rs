//! What a run makes: its packs, and from them its outputs by tier and piece and the kilograms that must have
//! gone in.

use super::clock::{HOUR, Moment};
use super::dice::{Dice, Topic};
use super::factory::{GG, PREMIUM};
use super::faults::Fault;
use super::products::{Product, sibling};
use super::rota::Run;

/// More packs than any run has: the ids of a run's packs are a block of this size.
pub(super) const MOST_PACKS: i64 = 512;

/// A pack on the scale.
#[derive(Debug)]
pub(super) struct Pack {
    pub(super) at: Moment,
    /// Net weight in tenths of a gram, as the scale shows it.
    pub(super) net_dg: i64,
    /// Whether the scanner threw it out.
    pub(super) is_reject: bool,
}

/// One line of what came out.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) product: &'static Product,
    pub(super) tier: i64,
    pub(super) piece_type: &'static str,
    pub(super) source_grade: usize,
    pub(super) grams: i64,
}

/// Raw material that a run needs.
#[derive(Debug)]
pub(super) struct Demand {
    /// Index of the species.
    pub(super) species: usize,
    pub(super) grade: usize,
    pub(super) grams: i64,
}

/// A run with what it makes.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) run: Run,
    pub(super) packs: Vec<Pack>,
    /// Net weight of all packs, in grams.
    pub(super) total_g: i64,
    pub(super) outputs: Vec<Output>,
    pub(super) demands: Vec<Demand>,
    pub(super) downtime_minutes: i64,
}

impl Made {
    /// The run, made.
    pub(super) fn of(seed: u64, run: Run) -> Self {
        let mut dice = Dice::of(seed, Topic::Making, run.serial);
        let downtime_minutes = if dice.chance(400) { dice.whole(2, (run.end - run.start) / 360) } else { 0 };
        let packs = packs(seed, &run, downtime_minutes, &mut dice);
        let total_g = packs.iter().map(|pack| pack.net_dg).sum::<i64>() / 10;
        let off_pct = if run.fault == Some(Fault::WeightMismatch) {
            dice.between(3.0, 6.0) * if dice.chance(500) { 1.0 } else { -1.0 }
        } else {
            dice.between(-0.4, 0.4)
        };
        let out_g = (total_g as f64 * (1.0 + off_pct / 100.0)) as i64;
        let outputs = outputs(&run, out_g, &mut dice);
        let yield_pct = if run.fault == Some(Fault::LowYield) {
            dice.between(82.0, 89.3)
        } else {
            dice.between(91.5, 96.8)
        };
        let demands = demands(&run, (out_g as f64 * 100.0 / yield_pct) as i64);
        Self { run, packs, total_g, outputs, demands, downtime_minutes }
    }

    /// Cases that are full or closed by the end of the run.
    pub(super) fn cases(&self) -> i64 {
        (self.packs.len() as i64 + self.run.product.packs_per_case() - 1) / self.run.product.packs_per_case()
    }

    /// What came out in all, in grams.
    pub(super) fn out_g(&self) -> i64 {
        self.outputs.iter().map(|output| output.grams).sum()
    }
}

fn packs(seed: u64, run: &Run, downtime_minutes: i64, dice: &mut Dice) -> Vec<Pack> {
    let target_dg = (run.product.pack_g * 10) as f64;
    let over_pct = match run.fault {
        Some(Fault::HighGiveaway) => dice.between(3.6, 5.5),
        Some(Fault::UnderweightLot) => dice.between(-0.8, -0.4),
        _ => dice.between(0.6, 1.8),
    };
    // Heavy packs are allowed less: a scale that is as loose with them would fail the average-quantity rules
    // on most runs.
    let spread_dg = target_dg * if run.product.pack_g <= 500 { 0.0135 } else { 0.0055 };
    let mean_dg = target_dg * (1.0 + over_pct / 100.0);
    let seconds = run.end - run.start - 180;
    let count = (run.product.packs_per_hour() as f64
        * dice.between(0.86, 1.12)
        * (seconds - downtime_minutes * 60) as f64
        / HOUR as f64) as i64;
    let count = count.clamp(20, MOST_PACKS);
    let mut dice = Dice::of(seed, Topic::Pack, run.serial);
    (0..count)
        .map(|n| {
            let jitter = dice.below(800);
            Pack {
                at: run.start + 90 + (n * 1000 + jitter) * seconds / (count * 1000),
                net_dg: (mean_dg + dice.normal() * spread_dg) as i64,
                is_reject: jitter < 6,
            }
        })
        .collect()
}

/// The grade that a product of this tier is cut from.
fn grade(product: &Product) -> usize {
    if product.tier == 1 { PREMIUM } else { GG }
}

/// Premium cascades down, GG never goes up, tails are never tier 1: unless the run's fault says so.
fn outputs(run: &Run, out_g: i64, dice: &mut Dice) -> Vec<Output> {
    let main = run.product;
    let source_grade = grade(main);
    let mut side = |tier: i64, piece_type, low, high| {
        let tier = if run.fault == Some(Fault::TailsInPremium) && piece_type == "tail" { 1 } else { tier };
        let grams = (out_g as f64 * dice.between(low, high) / 100.0) as i64;
        Output {
            product: if tier == main.tier { main } else { sibling(main, tier) },
            tier,
            piece_type,
            source_grade,
            grams,
        }
    };
    let mut outputs = match main.tier {
        1 => vec![side(2, "tail", 4.0, 9.0), side(3, "offcut", 2.0, 5.0)],
        2 => vec![side(3, "offcut", 3.0, 8.0)],
        _ => vec![],
    };
    let grams = out_g - outputs.iter().map(|output| output.grams).sum::<i64>();
    let source_grade = if run.fault == Some(Fault::GgInPremium) { GG } else { source_grade };
    outputs.insert(
        0,
        Output { product: main, tier: main.tier, piece_type: main.piece_type, source_grade, grams },
    );
    outputs
}

fn demands(run: &Run, input_g: i64) -> Vec<Demand> {
    let species = run.product.raw as usize;
    let grade = grade(run.product);
    match run.fault {
        Some(Fault::UnmappedException) => vec![],
        Some(Fault::SpeciesMismatch) => {
            vec![Demand { species: run.product.raw.mistaken_for(), grade, grams: input_g }]
        }
        Some(Fault::PremiumShort) => {
            let premium = input_g * 45 / 100;
            vec![
                Demand { species, grade: PREMIUM, grams: premium },
                Demand { species, grade: GG, grams: input_g - premium },
            ]
        }
        _ => vec![Demand { species, grade, grams: input_g }],
    }
}
