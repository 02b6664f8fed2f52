//! Once in a week everything comes at once: in the morning one line breaks down, another starts late, and on
//! a third a lot sinks below its weight.

use super::dice::{Dice, Topic};
use super::factory::{MORNING_LINES, RUNS_OF_MORNING_LINE};
use super::faults::{of_run, turn};

const EVERY: i64 = 7;

/// What goes wrong on a bad day. Lines are given by their place among those that work in the morning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadDay {
    pub(super) broken_place: i64,
    pub(super) late_place: i64,
    /// The rank of the run whose weights sink.
    pub(super) sinking_rank: Option<i64>,
}

/// What goes wrong on this day, if it is a bad one.
pub(super) fn bad_day(seed: u64, day: i64) -> Option<BadDay> {
    if turn(seed, day).rem_euclid(EVERY) != 0 {
        return None;
    }
    let first = Dice::of(seed, Topic::BadDay, day).below(MORNING_LINES);
    let place = |n: i64| (first + n) % MORNING_LINES;
    let ranks_of = |place: i64| place * RUNS_OF_MORNING_LINE..(place + 1) * RUNS_OF_MORNING_LINE;
    // A run has one fault at most.
    let mut ranks = (2..MORNING_LINES).flat_map(|n| ranks_of(place(n)));
    let sinking_rank = ranks.find(|rank| of_run(seed, day, *rank).is_none());
    Some(BadDay { broken_place: place(0), late_place: place(1), sinking_rank })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_day_in_seven_is_bad_and_strikes_three_lines() {
        let bad: Vec<_> = (20_700..20_770).filter_map(|day| bad_day(4, day)).collect();
        assert_eq!(bad.len(), 10);
        for day in &bad {
            let sinking_place = day.sinking_rank.unwrap() / RUNS_OF_MORNING_LINE;
            let mut places = vec![day.broken_place, day.late_place, sinking_place];
            places.sort_unstable();
            places.dedup();
            assert!(places.len() == 3 && places.iter().all(|place| (0..MORNING_LINES).contains(place)));
        }
    }
}
