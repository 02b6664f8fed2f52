//! Which runs a day has: line, shift, product, when they are raised, start and end, and run number. It knows
//! nothing of weights.

use super::bad_day::bad_day;
use super::block::{Block, blocks};
use super::clock::{Moment, date_text};
use super::dice::{Dice, Topic};
use super::factory::RUNS_PER_DAY;
use super::faults::{self, Fault};
use super::products::{self, PRODUCTS, Product};
use super::shifts::{break_of, shift_of};

/// The day with which run numbers begin: 2024-01-01.
const FIRST_DAY: i64 = 19_723;
/// Once in so many days a run gets the number of a run of [`RECURS_AFTER`] days before.
const RECURS_EVERY: i64 = 3;
/// How many days before it the earlier run of that number was. This is no multiple of [`RECURS_EVERY`], so
/// the earlier run has a number of its own.
const RECURS_AFTER: i64 = 28;
/// The rank of the run that gets the earlier number.
const RECURRING_RANK: i64 = 20;

/// How many eighths of a block its runs take, in the morning and in the afternoon. A block gets one of these
/// rows. No short run lies in the middle, where the break is.
const FOUR_RUNS: [[i64; 4]; 8] = [
    [2, 2, 2, 2],
    [3, 2, 2, 1],
    [2, 3, 1, 2],
    [1, 2, 3, 2],
    [2, 1, 2, 3],
    [3, 2, 1, 2],
    [1, 3, 3, 1],
    [1, 3, 2, 2],
];
/// How many eighths of a block its runs take at night.
const THREE_RUNS: [[i64; 3]; 3] = [[3, 3, 2], [3, 2, 3], [2, 3, 3]];
const EIGHTHS: i64 = 8;

/// A run as it is planned.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// The place of the run in its day's plan, which goes shift by shift and line by line.
    pub(super) rank: i64,
    /// Unique over all days. The ids of the run's rows are a block that follows from it.
    pub(super) serial: i64,
    /// The number on its paperwork.
    pub(super) number: String,
    /// The factory day that it is planned for.
    pub(super) day: i64,
    pub(super) line: usize,
    pub(super) shift: usize,
    /// When the planner entered it in the ERP.
    pub(super) raised: Moment,
    pub(super) start: Moment,
    pub(super) end: Moment,
    pub(super) product: &'static Product,
    pub(super) fault: Option<Fault>,
    /// How long the line breaks down in it, if it does.
    pub(super) breakdown_minutes: Option<i64>,
}

impl Run {
    /// The date that the run counts for.
    pub(super) fn date(&self) -> String {
        date_text(self.start)
    }

    /// Whether it is ever signed off.
    pub(super) fn completes(&self) -> bool {
        self.fault != Some(Fault::NeverSigned)
    }
}

/// The runs of a factory day, by start.
pub(super) fn runs(seed: u64, day: i64) -> Vec<Run> {
    let mut runs = Vec::with_capacity(RUNS_PER_DAY as usize);
    for block in blocks(seed, day) {
        add_runs_of(seed, &block, &mut runs);
    }
    runs.sort_by_key(|run| run.start);
    runs
}

/// The first number of the ids of a day, where a day has at most `block` of them.
pub(super) fn first_id(day: i64, block: i64) -> i64 {
    (day - FIRST_DAY).rem_euclid(100 * 366) * block
}

/// Plans the runs of a block, one after the other. They share its time by one of the rows above, so a block
/// that starts late has shorter runs.
fn add_runs_of(seed: u64, block: &Block, runs: &mut Vec<Run>) {
    let mut dice = Dice::of(seed, Topic::Run, -block.id());
    // Lines of a shift have different rows, so they do not all change over at once.
    let row = (faults::turn(seed, block.day) + block.place).unsigned_abs() as usize + 3 * block.shift;
    let shares: &[i64] =
        if block.shift < 2 { &FOUR_RUNS[row % FOUR_RUNS.len()] } else { &THREE_RUNS[row % THREE_RUNS.len()] };
    let (starts, ends) = (block.starts(seed), block.ends(seed));
    let about_g = usual_pack_g(block.line, &mut dice);
    let raised = shift_of(block.day, block.shift).start - dice.whole(40, 240) * 60;
    let longest = shares.iter().max();
    let mut eighths = 0;
    for (place, share) in shares.iter().enumerate() {
        let rank = runs.len() as i64;
        let serial = serial(block.day, rank);
        let mut dice = Dice::of(seed, Topic::Run, serial);
        let fault = fault(seed, block.day, rank);
        let product = product(&mut dice, block.line, fault, about_g);
        let start = match runs.last().filter(|_| place > 0) {
            Some(before) => after_break(block, before.end + changeover(before.product, product, &mut dice)),
            None => starts,
        };
        eighths += share;
        let is_broken = Some(share) == longest && shares[..place].iter().all(|other| other < share);
        runs.push(Run {
            rank,
            serial,
            number: number(block.day, rank),
            day: block.day,
            line: block.line,
            shift: block.shift,
            raised: raised_at(seed, serial, raised + place as i64 * 90, start),
            start,
            end: starts + (ends - starts) * eighths / EIGHTHS,
            product,
            fault,
            breakdown_minutes: block.breakdown_minutes(seed).filter(|_| is_broken),
        });
    }
}

/// What is wrong with the run of this rank. On a bad day one more run has something wrong with it.
fn fault(seed: u64, day: i64, rank: i64) -> Option<Fault> {
    let sinks = || bad_day(seed, day).is_some_and(|bad| bad.sinking_rank == Some(rank));
    faults::of_run(seed, day, rank).or_else(|| sinks().then_some(Fault::SinkingLot))
}

/// When a run is raised: with the others of its block before the shift, or in a hurry before its own start.
fn raised_at(seed: u64, serial: i64, with_block: Moment, start: Moment) -> Moment {
    let mut dice = Dice::of(seed, Topic::Raised, serial);
    if dice.chance(150) { start - dice.whole(4 * 60, 15 * 60) } else { with_block }
}

/// How many seconds pass between two runs of a line. Where other allergens come, the line is cleaned.
fn changeover(from: &Product, to: &Product, dice: &mut Dice) -> i64 {
    if from.allergens() == to.allergens() {
        dice.whole(8 * 60, 15 * 60)
    } else {
        dice.whole(20 * 60, 30 * 60)
    }
}

/// Nobody starts a run in the break.
fn after_break(block: &Block, at: Moment) -> Moment {
    let pause = break_of(block.day, block.shift);
    if pause.contains(&at) { pause.end } else { at }
}

/// The number on the paperwork of a run.
fn number(day: i64, rank: i64) -> String {
    let recurs = rank == RECURRING_RANK && day.rem_euclid(RECURS_EVERY) == 0;
    format!("{:06}", serial(if recurs { day - RECURS_AFTER } else { day }, rank) % 1_000_000)
}

fn serial(day: i64, rank: i64) -> i64 {
    first_id(day, RUNS_PER_DAY) + rank
}

/// About how heavy the packs are that a line makes in a shift. Trays and film are not changed for every run.
/// Large packs for kitchens and export are seldom made.
fn usual_pack_g(line: usize, dice: &mut Dice) -> i64 {
    let is_large = dice.chance(80);
    let of_line = products::of_line(line);
    let of_size: Vec<_> =
        of_line.iter().filter(|product| (product.pack_g >= 1000) == is_large).copied().collect();
    dice.pick(if of_size.is_empty() { &of_line } else { &of_size }).pack_g
}

/// Picks what a run makes. Some faults need a product that can have them.
fn product(dice: &mut Dice, line: usize, fault: Option<Fault>, about_g: i64) -> &'static Product {
    let of_line = products::of_line(line);
    let mut choice: Vec<&'static Product> = match fault {
        Some(Fault::GgInPremium | Fault::PremiumShort | Fault::TailsInPremium) => {
            of_line.into_iter().filter(|p| p.tier == 1).collect()
        }
        Some(Fault::SpeciesMismatch) => of_line.into_iter().filter(|p| p.species().is_some()).collect(),
        Some(Fault::UnmappedException) => PRODUCTS.iter().filter(|p| p.is_exception()).collect(),
        _ => of_line,
    };
    choice.sort_by_key(|product| (product.pack_g - about_g).abs());
    choice.truncate(3);
    dice.pick(&choice)
}

const _: () = assert!(RECURS_AFTER % RECURS_EVERY != 0);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::clock::stamp_text;
    use super::super::shifts::SHIFTS;
    use super::*;

    /// How many runs are active at a moment.
    fn active_at(runs: &[Run], at: Moment) -> usize {
        runs.iter().filter(|run| run.start <= at && at < run.end).count()
    }

    #[test]
    fn within_a_shift_two_to_five_runs_are_active_and_hardly_ever_none_is() {
        let (mut idle, mut busy, mut all) = (0, 0, 0);
        for (seed, day) in [1, 2].into_iter().flat_map(|seed| (20_700..20_760).map(move |day| (seed, day))) {
            let runs = runs(seed, day);
            for time in (0..SHIFTS.len()).map(|shift| shift_of(day, shift)) {
                // The lines start one after the other, some of them late, and end in the same way.
                for at in (time.start + 20 * 60..time.end - 12 * 60).step_by(60) {
                    let active = active_at(&runs, at);
                    assert!(active <= 5, "{active} at {}", stamp_text(at));
                    all += 1;
                    idle += usize::from(active == 0);
                    busy += usize::from(active >= 2);
                }
            }
        }
        assert!(idle * 1000 < all, "in {idle} of {all} minutes no run is active");
        assert!(busy * 100 > all * 97, "in {busy} of {all} minutes two or more runs are active");
    }

    #[test]
    fn a_day_has_its_runs_one_after_the_other_on_each_line() {
        let mut runs: Vec<Run> = (20_700..20_730).flat_map(|day| runs(3, day)).collect();
        assert_eq!(runs.len() as i64, 30 * RUNS_PER_DAY);
        assert!(runs.is_sorted_by_key(|run| run.start));
        let serials: BTreeSet<_> = runs.iter().map(|run| run.serial).collect();
        assert_eq!(serials.len(), runs.len());
        runs.sort_by_key(|run| (run.line, run.start));
        assert!(runs.windows(2).all(|two| two[0].line != two[1].line || two[0].end < two[1].start));
    }

    #[test]
    fn a_changeover_takes_about_ten_minutes_and_over_twenty_where_allergens_change() {
        let mut runs: Vec<Run> = (20_700..20_730).flat_map(|day| runs(3, day)).collect();
        runs.sort_by_key(|run| (run.day, run.shift, run.line, run.start));
        let (mut short, mut long) = (0, 0);
        for two in runs.windows(2) {
            let (one, other) = (&two[0], &two[1]);
            if (one.day, one.shift, one.line) != (other.day, other.shift, other.line) {
                continue;
            }
            let (seconds, pause) = (other.start - one.end, break_of(one.day, one.shift));
            let is_after_break = other.start == pause.end;
            let changes = one.product.allergens() != other.product.allergens();
            let (least, most) = if changes { (1200, 1800) } else { (480, 900) };
            assert!(seconds >= least && (seconds <= most || is_after_break), "{one:?} {other:?}");
            assert!(!pause.contains(&other.start));
            *(if changes { &mut long } else { &mut short }) += 1;
        }
        assert!(short > 500 && long > 50, "{short} short, {long} long");
    }

    #[test]
    fn runs_are_raised_before_they_begin_most_with_their_block_and_some_in_a_hurry() {
        let runs: Vec<Run> = (20_700..20_730).flat_map(|day| runs(3, day)).collect();
        let ahead = |run: &Run| run.start - run.raised;
        assert!(runs.iter().all(|run| (240..13 * 3600).contains(&ahead(run))));
        let hurried = runs.iter().filter(|run| ahead(run) <= 900).count();
        assert!((10..20).contains(&(hurried * 100 / runs.len())), "{hurried} of {}", runs.len());
    }

    #[test]
    fn on_a_bad_day_a_run_sinks_and_another_breaks_down_on_lines_that_work_in_the_morning() {
        for day in (20_700..20_770).filter(|day| bad_day(3, *day).is_some()) {
            let bad = bad_day(3, day).unwrap();
            let runs = runs(3, day);
            let of_rank = |rank| runs.iter().find(|run| run.rank == rank).unwrap();
            let sinking = of_rank(bad.sinking_rank.unwrap());
            assert!(sinking.fault == Some(Fault::SinkingLot) && sinking.shift == 0);
            let broken_line = of_rank(bad.broken_place * 4).line;
            let broken: Vec<_> = runs
                .iter()
                .filter(|run| (run.shift, run.line) == (0, broken_line))
                .filter_map(|run| run.breakdown_minutes)
                .collect();
            assert!(broken.len() == 1 && broken[0] >= 40, "{broken:?}");
        }
    }

    #[test]
    fn some_run_numbers_recur_on_another_date_and_none_on_the_same() {
        let runs: Vec<Run> = (20_700..20_760).flat_map(|day| runs(3, day)).collect();
        let numbers: BTreeSet<_> = runs.iter().map(|run| &run.number).collect();
        let keys: BTreeSet<_> = runs.iter().map(|run| (&run.number, run.date())).collect();
        assert_eq!(keys.len(), runs.len());
        assert!(runs.len() - numbers.len() >= 10, "{} numbers of {} runs", numbers.len(), runs.len());
    }
}
