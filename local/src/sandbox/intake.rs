//! The fish that the runs of a day use: intake batches, which feed several runs each, and what the runs of
//! the previous day gave back.

use super::clock::{HOUR, Moment, begins, time};
use super::dice::{Dice, Topic};
use super::factory::{GRADES, ORIGINS, Species};
use super::faults::Fault;
use super::making::{Demand, Made};
use super::rota::{Run, first_id};

/// About how much a batch weighs.
const BATCH_G: i64 = 330_000;
const MOST_BATCHES_OF_A_KIND: i64 = 4;
/// A rest of a need or of a batch that is smaller than this is not split off.
const LEAST_SLICE_G: i64 = 2_000;

/// A delivery.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) trace_number: i64,
    pub(super) code: String,
    /// The index of the species.
    pub(super) species: usize,
    pub(super) grade: usize,
    pub(super) grams: i64,
    pub(super) received: Moment,
}

/// What a run took of a batch.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) batch_code: String,
    pub(super) species: usize,
    pub(super) grade: usize,
    pub(super) grams: i64,
    pub(super) booked: Moment,
}

/// Fish that a run scanned back out.
#[derive(Debug)]
pub(super) struct Return {
    /// True for a return by `OCM`, which makes a new batch. `PROD_RETURN` keeps the old one.
    pub(super) makes_batch: bool,
    pub(super) has_parent: bool,
    pub(super) grams: i64,
    pub(super) at: Moment,
}

/// What a run gives back, if anything. Night runs give nothing back, because the next morning could not use
/// it in time.
pub(super) fn scan_back(seed: u64, run: &Run) -> Option<Return> {
    let mut dice = Dice::of(seed, Topic::Return, run.serial);
    let is_orphan = run.fault == Some(Fault::ScanbackWithoutParent);
    if !is_orphan && (run.shift == 2 || run.fault.is_some() || !dice.chance(160)) {
        return None;
    }
    Some(Return {
        makes_batch: is_orphan || dice.chance(600),
        has_parent: !is_orphan,
        grams: dice.whole(30, 110) * 100,
        at: run.end - 300,
    })
}

/// The code of the new batch that a run gives back.
pub(super) fn returned_batch_code(run: &Run) -> String {
    format!("RW{:06}", run.serial % 1_000_000)
}

/// Feeds the runs of a day, which must be sorted by their start. Returns the deliveries for the day and the
/// inputs of each run.
pub(super) fn supply(
    seed: u64,
    day: i64,
    made: &[Made],
    runs_of_day_before: &[Run],
) -> (Vec<Batch>, Vec<Vec<Input>>) {
    let mut batches = Vec::new();
    let mut inputs: Vec<Vec<Input>> = made.iter().map(|_| Vec::new()).collect();
    let mut left: Vec<Vec<i64>> =
        made.iter().map(|made| made.demands.iter().map(|demand| demand.grams).collect()).collect();
    for run in runs_of_day_before {
        feed_return(seed, run, made, &mut left, &mut inputs);
    }
    for kind in 0..Species::COUNT * GRADES.len() {
        let (species, grade) = (kind / GRADES.len(), kind % GRADES.len());
        feed_kind(seed, day, species, grade, made, &left, &mut batches, &mut inputs);
    }
    for (made, inputs) in made.iter().zip(&mut inputs) {
        let parts = inputs.len() as i64;
        for (n, input) in (0..).zip(inputs) {
            input.booked = made.run.start + 60 + n * (made.run.end - made.run.start) / (parts + 1);
        }
    }
    (batches, inputs)
}

/// Gives the new batch that a run of yesterday gave back to the first run of today that can use it.
fn feed_return(seed: u64, from: &Run, made: &[Made], left: &mut [Vec<i64>], inputs: &mut [Vec<Input>]) {
    let Some(back) = scan_back(seed, from).filter(|back| back.makes_batch && back.has_parent) else { return };
    let grade = usize::from(from.product.tier != 1);
    let is_use = |demand: &Demand, left: i64| {
        demand.species == from.product.raw as usize && demand.grade == grade && left > 2 * back.grams
    };
    for (run, made) in made.iter().enumerate().filter(|(run, _)| inputs[*run].is_empty()) {
        let Some(n) = (0..made.demands.len()).find(|&n| is_use(&made.demands[n], left[run][n])) else {
            continue;
        };
        left[run][n] -= back.grams;
        inputs[run].push(Input {
            batch_code: returned_batch_code(from),
            species: made.demands[n].species,
            grade,
            grams: back.grams,
            booked: 0,
        });
        return;
    }
}

/// Delivers what all runs of the day need of one species and grade. The runs empty one batch after the other.
#[expect(clippy::too_many_arguments, reason = "the two lists that grow, and what they grow from")]
fn feed_kind(
    seed: u64,
    day: i64,
    species: usize,
    grade: usize,
    made: &[Made],
    left: &[Vec<i64>],
    batches: &mut Vec<Batch>,
    inputs: &mut [Vec<Input>],
) {
    let needs: Vec<(usize, i64)> = made
        .iter()
        .enumerate()
        .flat_map(|(run, made)| made.demands.iter().enumerate().map(move |(n, demand)| (run, n, demand)))
        .filter(|(_, _, demand)| demand.species == species && demand.grade == grade)
        .map(|(run, n, _)| (run, left[run][n]))
        .collect();
    let total: i64 = needs.iter().map(|(_, grams)| grams).sum();
    if total == 0 {
        return;
    }
    let count = (total / BATCH_G + 1).min(MOST_BATCHES_OF_A_KIND);
    let share = total / count + 1;
    let (mut n, mut free) = (0, share);
    for (run, mut need) in needs {
        while need > 0 {
            let slice = if need - free < LEAST_SLICE_G { need } else { free };
            let batch_code = batch_code(day, species, grade, n);
            inputs[run].push(Input { batch_code, species, grade, grams: slice, booked: 0 });
            need -= slice;
            free -= slice;
            if free < LEAST_SLICE_G && n + 1 < count {
                n += 1;
                free += share;
            }
        }
    }
    batches.extend((0..count).map(|n| delivery(seed, day, species, grade, n, share)));
}

/// Delivery number `n` of a species and grade. It is a little more than `share`, which the runs use of it.
fn delivery(seed: u64, day: i64, species: usize, grade: usize, n: i64, share: i64) -> Batch {
    let kind = (species * GRADES.len() + grade) as i64;
    let trace_number = first_id(day, 100) + kind * MOST_BATCHES_OF_A_KIND + n;
    let mut dice = Dice::of(seed, Topic::Intake, trace_number);
    // Slices may have taken up to one rest more than the share.
    let grams = ((share + LEAST_SLICE_G) as f64 * dice.between(1.01, 1.06)) as i64 / 100 * 100;
    let received = begins(day) - dice.whole(2 * HOUR, 18 * HOUR);
    Batch { trace_number, code: batch_code(day, species, grade, n), species, grade, grams, received }
}

/// A code such as `SAL26327-P1`: species, year and day of the year, grade and number.
fn batch_code(day: i64, species: usize, grade: usize, n: i64) -> String {
    let date = time(begins(day)).date();
    format!(
        "{}{}-{}{}",
        ORIGINS[species].prefix,
        date.format("%y%j"),
        if grade == 0 { 'P' } else { 'G' },
        n + 1
    )
}
