//! Which runs and probes go wrong, and how. A schedule decides it, so that each compliance check finds
//! something in any week, but never in most runs.

use std::ops::Range;

use super::dice::{Dice, Topic};
use super::factory::{LOCATIONS, RUNS_PER_DAY};

/// What is wrong with a run. At most one thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    LowYield,
    HighGiveaway,
    /// A tier-1 output whose source grade is GG.
    GgInPremium,
    /// More tier-1 output than Premium input.
    PremiumShort,
    TailsInPremium,
    SpeciesMismatch,
    ScanbackWithoutParent,
    MissingProductCode,
    PluMismatch,
    /// An exception product whose batches nobody booked.
    UnmappedException,
    /// Inputs that were taken back by more than had been booked.
    NegativeQuantity,
    LabelGap,
    WeightMismatch,
    UnderweightLot,
    /// A lot that starts well and sinks below its weight, while somebody could still act.
    SinkingLot,
    /// Stopped, but never signed off as complete. No check minds; dashboards must not count it as running.
    NeverSigned,
}

/// Each fault with the days from one to the next. At most 4, so that any 7 days hold a whole day that has it.
const SCHEDULE: [(Fault, i64); 19] = [
    (Fault::LowYield, 1),
    (Fault::LowYield, 1),
    (Fault::HighGiveaway, 1),
    (Fault::HighGiveaway, 3),
    (Fault::GgInPremium, 4),
    (Fault::PremiumShort, 4),
    (Fault::TailsInPremium, 4),
    (Fault::SpeciesMismatch, 4),
    (Fault::ScanbackWithoutParent, 3),
    (Fault::MissingProductCode, 4),
    (Fault::PluMismatch, 2),
    (Fault::UnmappedException, 3),
    (Fault::LabelGap, 1),
    (Fault::WeightMismatch, 3),
    (Fault::UnderweightLot, 3),
    (Fault::NeverSigned, 2),
    (Fault::LabelGap, 4),
    (Fault::NegativeQuantity, 4),
    (Fault::SinkingLot, 1),
];

/// What is wrong with the run of this rank in its day.
pub(super) fn of_run(seed: u64, day: i64, rank: i64) -> Option<Fault> {
    (0..)
        .zip(SCHEDULE)
        .find(|&(slot, (_, every))| is_struck(seed, day, rank, slot, every))
        .map(|(_, (fault, _))| fault)
}

/// A typing error, which makes a row that must be rejected. The schedule puts it on one run in a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typo {
    /// A weight that is no number.
    PackWeight,
    /// A tare below zero.
    PackTare,
    /// A pack without its number.
    PackKey,
    /// An input whose weight is no number.
    InputWeight,
    /// An output of tier 7, mended on the next day.
    OutputTier,
    /// A label number with letters.
    CaseLabel,
    /// An order for a number of cases "tbc" until it is loaded.
    OrderCases,
    /// A shelf life adjustment of 9 days.
    SheetAdjustment,
}

const TYPOS: [(Typo, i64); 8] = [
    (Typo::PackWeight, 1),
    (Typo::PackTare, 2),
    (Typo::PackKey, 2),
    (Typo::InputWeight, 3),
    (Typo::OutputTier, 3),
    (Typo::CaseLabel, 2),
    (Typo::OrderCases, 3),
    (Typo::SheetAdjustment, 5),
];

/// The typing error made on the run of this rank in its day.
pub(super) fn typo(seed: u64, day: i64, rank: i64) -> Option<Typo> {
    let first = SCHEDULE.len() as i64;
    (first..)
        .zip(TYPOS)
        .find(|&(slot, (_, every))| is_struck(seed, day, rank, slot, every))
        .map(|(_, (typo, _))| typo)
}

/// What is wrong with a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProbeFault {
    /// Its cable is loose: it reports what no fish survives.
    Disconnected,
    /// It reports nothing.
    Silent,
    /// It shows the same for a whole day and the first hours of the next.
    Stuck,
}

/// What is wrong with the probe of a place at this reading of a factory day, of which there is one every five
/// minutes.
pub(super) fn of_probe(seed: u64, day: i64, location: usize, reading: i64) -> Option<ProbeFault> {
    let turn = turn(seed, day);
    // Each fault comes every so many days, each time at the next place.
    let strikes = |turn: i64, every: i64, first: i64| {
        turn.rem_euclid(every) == 0
            && (turn.div_euclid(every) + first).rem_euclid(LOCATIONS.len() as i64) == location as i64
    };
    if strikes(turn, 5, 0) || (reading < 30 && strikes(turn - 1, 5, 0)) {
        Some(ProbeFault::Stuck)
    } else if strikes(turn - 1, 3, 2) && silence(turn).contains(&reading) {
        Some(ProbeFault::Silent)
    } else if (150..153).contains(&reading) && strikes(turn - 1, 2, 4) {
        Some(ProbeFault::Disconnected)
    } else {
        None
    }
}

/// The readings that a silent probe does not take: some hours of its day, now early and now late.
fn silence(turn: i64) -> Range<i64> {
    let first = 20 + (turn * 47).rem_euclid(180);
    first..first + 24 + (turn * 11).rem_euclid(40)
}

/// Whether a slot of the schedule strikes the run of this rank. The slots walk over the runs of the day with
/// strides that have no factor in common with the number of runs, so no two slots ever meet.
fn is_struck(seed: u64, day: i64, rank: i64, slot: i64, every: i64) -> bool {
    let turn = turn(seed, day);
    (slot * 11 + turn * 7).rem_euclid(RUNS_PER_DAY) == rank && (turn + slot).rem_euclid(every) == 0
}

/// The day's number in the rotation of faults, which another seed shifts.
pub(super) fn turn(seed: u64, day: i64) -> i64 {
    day + Dice::of(seed, Topic::Seed, 0).below(RUNS_PER_DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_five_whole_days_hold_every_fault_and_every_typo() {
        for first in 20_000..20_050 {
            let of_days =
                |n: i64| (first..first + n).flat_map(|day| (0..RUNS_PER_DAY).map(move |rank| (day, rank)));
            let faults: Vec<_> = of_days(4).filter_map(|(day, rank)| of_run(7, day, rank)).collect();
            assert!(SCHEDULE.iter().all(|(fault, _)| faults.contains(fault)), "{faults:?}");
            let typos: Vec<_> = of_days(5).filter_map(|(day, rank)| typo(7, day, rank)).collect();
            assert!(TYPOS.iter().all(|(typo, _)| typos.contains(typo)), "{typos:?}");
        }
    }

    #[test]
    fn most_runs_have_nothing_wrong() {
        let wrong = (0..RUNS_PER_DAY * 100)
            .filter(|n| of_run(1, n / RUNS_PER_DAY, n % RUNS_PER_DAY).is_some())
            .count();
        assert!((600..1000).contains(&wrong), "{wrong} of 4500");
    }
}
