//! What a run makes: its packs. From these follow its outputs by tier and piece, and the fish that must have
//! gone in.

use super::clock::{HOUR, Moment};
use super::dice::{Dice, Topic};
use super::factory::{GG, PREMIUM};
use super::faults::Fault;
use super::pace::Pace;
use super::products::{Product, sibling};
use super::rota::Run;
use super::weights::{Course, spread_pct};

/// The most packs that a run has. The ids of a run's packs are a block of this size.
pub(super) const MOST_PACKS: i64 = 512;

/// A pack that went over the scale.
#[derive(Debug)]
pub(super) struct Pack {
    pub(super) at: Moment,
    /// The net weight in tenths of a gram, as the scale shows it.
    pub(super) net_dg: i64,
    /// Whether the scanner rejected the pack.
    pub(super) is_reject: bool,
}

/// One output of a run.
#[derive(Clone, Debug)]
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
    /// The index of the species.
    pub(super) species: usize,
    pub(super) grade: usize,
    pub(super) grams: i64,
}

/// A run with what it makes and needs.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) run: Run,
    pub(super) packs: Vec<Pack>,
    pub(super) outputs: Vec<Output>,
    pub(super) demands: Vec<Demand>,
    pace: Pace,
}

impl Made {
    pub(super) fn of(seed: u64, run: Run) -> Self {
        let mut dice = Dice::of(seed, Topic::Making, run.serial);
        let pace = Pace::of(seed, &run);
        let packs = packs(seed, &run, &pace, &mut dice);
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
        Self { run, packs, outputs, demands, pace }
    }

    /// For how many minutes the line was broken down, by a moment at which it runs again.
    pub(super) fn downtime_minutes(&self, at: Moment) -> i64 {
        let over = self.pace.breakdown.as_ref().filter(|breakdown| breakdown.end <= at);
        over.map_or(0, |breakdown| (breakdown.end - breakdown.start) / 60)
    }

    /// How many cases the packs fill. The last one may not be full.
    pub(super) fn cases(&self) -> i64 {
        (self.packs.len() as i64 + self.run.product.packs_per_case() - 1) / self.run.product.packs_per_case()
    }

    /// The weight of all outputs.
    pub(super) fn out_g(&self) -> i64 {
        self.outputs.iter().map(|output| output.grams).sum()
    }
}

fn packs(seed: u64, run: &Run, pace: &Pace, dice: &mut Dice) -> Vec<Pack> {
    let nominal_dg = (run.product.pack_g * 10) as f64;
    let course = Course::of(run, dice);
    let spread_pct = spread_pct(run.product);
    let work = pace.work();
    let usual = run.product.packs_per_hour() as f64 * work / HOUR as f64;
    let count = ((usual * dice.between(0.94, 1.06)) as i64).clamp(20, MOST_PACKS);
    let mut dice = Dice::of(seed, Topic::Pack, run.serial);
    (0..count)
        .map(|n| {
            let jitter = dice.below(800);
            let share = (n * 1000 + jitter) as f64 / (count * 1000) as f64;
            let over_pct = course.over_pct(share) + dice.normal() * spread_pct;
            Pack {
                at: pace.when_done(share * work),
                net_dg: (nominal_dg * (1.0 + over_pct / 100.0)) as i64,
                is_reject: jitter < 6,
            }
        })
        .collect()
}

/// The grade of fish that a product is cut from.
fn grade(product: &Product) -> usize {
    if product.tier == 1 { PREMIUM } else { GG }
}

/// Splits what came out into outputs by the rules of the tiers, unless the run's fault breaks one of them.
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
