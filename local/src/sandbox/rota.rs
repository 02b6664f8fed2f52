//! Which runs a day has: line, shift, product, start and end, and run number. It knows nothing of weights.
//!
//! Five of the six lines work in the morning, four in the afternoon and three at night. Which line rests
//! changes from day to day, in such a way that three lines always go on over a change of shift. Each line
//! changes over in its own ten minutes of the hour. So at any moment two to five runs are active.

use super::clock::{DAY, HOUR, Moment, begins, date_text};
use super::dice::{Dice, Topic};
use super::factory::{LINES, RUNS_PER_DAY};
use super::faults::{self, Fault};
use super::products::{self, PRODUCTS, Product};

const SHIFT: i64 = 8 * HOUR;
/// The day with which run numbers begin: 2024-01-01.
const FIRST_DAY: i64 = 19_723;
/// Once in so many days a run gets the number of a run of [`RECURS_AFTER`] days before.
const RECURS_EVERY: i64 = 3;
/// How many days before it the earlier run of that number was. This is no multiple of [`RECURS_EVERY`], so
/// the earlier run has a number of its own.
const RECURS_AFTER: i64 = 28;
/// The rank of the run that gets the earlier number.
const RECURRING_RANK: i64 = 20;

/// How many hours the runs of a block take, in the morning and in the afternoon. A block gets one of these
/// rows.
const FOUR_RUNS: [[i64; 4]; 8] = [
    [2, 2, 2, 2],
    [3, 2, 2, 1],
    [2, 3, 1, 2],
    [1, 2, 3, 2],
    [2, 1, 2, 3],
    [3, 1, 1, 3],
    [1, 3, 3, 1],
    [2, 2, 1, 3],
];
/// How many hours the runs of a block take at night.
const THREE_RUNS: [[i64; 3]; 3] = [[3, 3, 2], [3, 2, 3], [2, 3, 3]];

/// A run as it is planned.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// The place of the run in its day, by start.
    pub(super) rank: i64,
    /// Unique over all days. The ids of the run's rows are a block that follows from it.
    pub(super) serial: i64,
    /// The number on its paperwork.
    pub(super) number: String,
    pub(super) line: usize,
    pub(super) shift: usize,
    pub(super) start: Moment,
    pub(super) end: Moment,
    pub(super) product: &'static Product,
    pub(super) fault: Option<Fault>,
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
    let mut spans = Vec::with_capacity(RUNS_PER_DAY as usize);
    for shift in 0..3 {
        for line in working_lines(seed, day, shift) {
            spans.extend(spans_of_block(seed, day, shift, line));
        }
    }
    spans.sort_unstable_by_key(|span| span.start);
    (0..).zip(spans).map(|(rank, span)| run(seed, day, rank, &span)).collect()
}

/// When the block of a line's shift ends.
pub(super) fn block_end(day: i64, shift: usize, line: usize) -> Moment {
    block_begin(day, shift, line) + SHIFT
}

/// When the block of a line's shift begins, in the line's own minutes of the hour.
pub(super) fn block_begin(day: i64, shift: usize, line: usize) -> Moment {
    begins(day) + shift as i64 * SHIFT + line as i64 * 600
}

/// The lines that work in a shift. The line that rests in the next morning does not work in the night before.
pub(super) fn working_lines(seed: u64, day: i64, shift: usize) -> impl Iterator<Item = usize> {
    let turn = faults::turn(seed, day);
    let resting = [turn, turn + 1, turn + 3].map(|line| line.rem_euclid(LINES.len() as i64) as usize);
    (0..LINES.len()).filter(move |line| !resting[..=shift].contains(line))
}

/// The first number of the ids of a day, where a day has at most `block` of them.
pub(super) fn first_id(day: i64, block: i64) -> i64 {
    (day - FIRST_DAY).rem_euclid(100 * 366) * block
}

struct Span {
    line: usize,
    shift: usize,
    start: Moment,
    end: Moment,
}

fn spans_of_block(seed: u64, day: i64, shift: usize, line: usize) -> Vec<Span> {
    let mut dice = Dice::of(seed, Topic::Block, (day * 3 + shift as i64) * 6 + line as i64);
    let hours: Vec<i64> =
        if shift < 2 { dice.pick(&FOUR_RUNS).to_vec() } else { dice.pick(&THREE_RUNS).to_vec() };
    let mut from = block_begin(day, shift, line);
    let mut spans = Vec::with_capacity(hours.len());
    for hours in hours {
        let to = from + hours * HOUR;
        spans.push(Span { line, shift, start: from + dice.whole(240, 540), end: to + dice.below(180) });
        from = to;
    }
    spans
}

fn run(seed: u64, day: i64, rank: i64, span: &Span) -> Run {
    let fault = faults::of_run(seed, day, rank);
    let serial = serial(day, rank);
    let recurs = rank == RECURRING_RANK && day.rem_euclid(RECURS_EVERY) == 0;
    let number = if recurs { self::serial(day - RECURS_AFTER, rank) } else { serial };
    let product = product(&mut Dice::of(seed, Topic::Run, serial), span.line, fault);
    Run {
        rank,
        serial,
        number: format!("{:06}", number % 1_000_000),
        line: span.line,
        shift: span.shift,
        start: span.start,
        end: span.end,
        product,
        fault,
    }
}

fn serial(day: i64, rank: i64) -> i64 {
    first_id(day, RUNS_PER_DAY) + rank
}

/// Picks what a run makes. Some faults need a product that can have them.
fn product(dice: &mut Dice, line: usize, fault: Option<Fault>) -> &'static Product {
    let of_line = products::of_line(line);
    let choice: Vec<&'static Product> = match fault {
        Some(Fault::GgInPremium | Fault::PremiumShort | Fault::TailsInPremium) => {
            of_line.into_iter().filter(|p| p.tier == 1).collect()
        }
        Some(Fault::SpeciesMismatch) => of_line.into_iter().filter(|p| p.species().is_some()).collect(),
        Some(Fault::UnmappedException) => PRODUCTS.iter().filter(|p| p.is_exception()).collect(),
        _ => of_line,
    };
    dice.pick(&choice)
}

/// How many runs are active at a moment. Only the tests use this.
#[cfg(test)]
fn active_at(seed: u64, at: Moment) -> usize {
    let day = super::clock::factory_day(at);
    (day - 1..=day).flat_map(|day| runs(seed, day)).filter(|run| run.start <= at && at < run.end).count()
}

const _: () = assert!(RECURS_AFTER % RECURS_EVERY != 0 && DAY == 3 * SHIFT);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_any_moment_two_to_five_runs_are_active() {
        for seed in [1, 2] {
            for minute in 0..8 * 24 * 60 {
                let at = begins(20_700) + minute * 60;
                assert!(
                    (2..=5).contains(&active_at(seed, at)),
                    "{} at {}",
                    active_at(seed, at),
                    super::super::clock::stamp_text(at)
                );
            }
        }
    }

    #[test]
    fn a_day_has_its_runs_one_after_the_other_on_each_line() {
        let mut runs: Vec<Run> = (20_700..20_730).flat_map(|day| runs(3, day)).collect();
        assert_eq!(runs.len() as i64, 30 * RUNS_PER_DAY);
        assert!(runs.is_sorted_by_key(|run| run.start) && runs.is_sorted_by_key(|run| run.serial));
        runs.sort_by_key(|run| (run.line, run.start));
        assert!(runs.windows(2).all(|two| two[0].line != two[1].line || two[0].end < two[1].start));
    }

    #[test]
    fn some_run_numbers_recur_on_another_date_and_none_on_the_same() {
        let runs: Vec<Run> = (20_700..20_760).flat_map(|day| runs(3, day)).collect();
        let numbers: std::collections::BTreeSet<_> = runs.iter().map(|run| &run.number).collect();
        let keys: std::collections::BTreeSet<_> = runs.iter().map(|run| (&run.number, run.date())).collect();
        assert_eq!(keys.len(), runs.len());
        assert!(runs.len() - numbers.len() >= 10, "{} numbers of {} runs", numbers.len(), runs.len());
    }
}
