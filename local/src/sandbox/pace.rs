//! How fast a line works within a run. It stands still in breaks, at short stops and while it is broken down,
//! and for a part of some runs it is slow.

use std::ops::Range;

use super::clock::{HOUR, Moment};
use super::dice::{Dice, Topic};
use super::rota::Run;
use super::shifts::{SHIFTS, break_of};

/// How long it takes at either end of a run until packs come, and until the last has gone.
const EDGE: i64 = 90;
/// The least time between two standstills, and from either end of the run to one.
const APART: i64 = 300;
/// How often a place for a standstill is looked for.
const TRIES: u32 = 12;

/// A time in which the line works at one speed.
#[derive(Debug)]
struct Stretch {
    time: Range<Moment>,
    /// 1 is full speed.
    speed: f64,
}

/// How a line works in a run.
#[derive(Debug)]
pub(super) struct Pace {
    /// When it works, in order.
    stretches: Vec<Stretch>,
    /// When it is broken down. Operators write that down, but not stops of a few minutes.
    pub(super) breakdown: Option<Range<Moment>>,
}

impl Pace {
    pub(super) fn of(seed: u64, run: &Run) -> Self {
        let mut dice = Dice::of(seed, Topic::Pace, run.serial);
        let mut still: Vec<Range<Moment>> = (0..SHIFTS.len()).map(|shift| break_of(run.day, shift)).collect();
        let breakdown = run.breakdown_minutes.and_then(|minutes| place(run, minutes, &still, &mut dice));
        still.extend(breakdown.clone());
        for _ in 0..dice.below(1 + (run.end - run.start + HOUR / 2) / HOUR) {
            let minutes = dice.whole(4, 8);
            still.extend(place(run, minutes, &still, &mut dice));
        }
        let slow = slow_spell(run, &mut dice);
        Self { stretches: stretches(run, &still, slow.as_ref()), breakdown }
    }

    /// How many seconds at full speed the work of the run takes.
    pub(super) fn work(&self) -> f64 {
        self.stretches.iter().map(Stretch::work).sum()
    }

    /// When so much of the work is done.
    pub(super) fn when_done(&self, work: f64) -> Moment {
        let mut left = work;
        for stretch in &self.stretches {
            if left < stretch.work() {
                return stretch.time.start + (left / stretch.speed) as i64;
            }
            left -= stretch.work();
        }
        self.stretches.last().map_or(0, |stretch| stretch.time.end)
    }
}

impl Stretch {
    fn work(&self) -> f64 {
        (self.time.end - self.time.start) as f64 * self.speed
    }
}

/// Finds a time for a standstill of so many minutes that keeps apart from the others.
fn place(run: &Run, minutes: i64, still: &[Range<Moment>], dice: &mut Dice) -> Option<Range<Moment>> {
    let free = run.end - run.start - minutes * 60 - 2 * APART;
    (0..TRIES).filter(|_| free > 0).find_map(|_| {
        let start = run.start + APART + dice.below(free);
        let end = start + minutes * 60;
        still
            .iter()
            .all(|other| end + APART <= other.start || other.end + APART <= start)
            .then_some(start..end)
    })
}

/// In one run of three the line is slow for a while.
fn slow_spell(run: &Run, dice: &mut Dice) -> Option<Stretch> {
    let length = run.end - run.start;
    let start = run.start + length * dice.whole(10, 60) / 100;
    let time = start..start + length * dice.whole(20, 40) / 100;
    let speed = dice.between(0.6, 0.85);
    dice.chance(333).then_some(Stretch { time, speed })
}

/// The stretches between all moments at which the speed changes. A second at either end is left out, so that
/// no pack is stamped with a moment of a standstill.
fn stretches(run: &Run, still: &[Range<Moment>], slow: Option<&Stretch>) -> Vec<Stretch> {
    let work = run.start + EDGE..run.end - EDGE;
    let changes = still.iter().chain(slow.map(|slow| &slow.time));
    let mut edges: Vec<Moment> = changes.flat_map(|time| [time.start, time.end]).collect();
    edges.retain(|edge| work.contains(edge));
    edges.extend([work.start, work.end]);
    edges.sort_unstable();
    edges
        .windows(2)
        .map(|edges| edges[0] + 1..edges[1] - 1)
        .filter(|time| !time.is_empty() && !still.iter().any(|pause| pause.contains(&time.start)))
        .map(|time| {
            let speed = slow.filter(|slow| slow.time.contains(&time.start));
            Stretch { speed: speed.map_or(1.0, |slow| slow.speed), time }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::rota::runs;
    use super::*;

    fn paces(days: Range<i64>) -> Vec<(Run, Pace)> {
        let runs = days.flat_map(|day| runs(3, day));
        runs.map(|run| {
            let pace = Pace::of(3, &run);
            (run, pace)
        })
        .collect()
    }

    #[test]
    fn the_line_stands_still_in_breaks_and_while_it_is_broken_down() {
        let mut in_breaks = 0;
        for (run, pace) in paces(20_700..20_720) {
            let pauses =
                (0..SHIFTS.len()).map(|shift| break_of(run.day, shift)).chain(pace.breakdown.clone());
            for pause in pauses.filter(|pause| pause.start < run.end && run.start < pause.end) {
                let overlaps =
                    |stretch: &Stretch| stretch.time.start < pause.end && pause.start < stretch.time.end;
                assert!(!pace.stretches.iter().any(overlaps), "{run:?} {pace:?}");
                in_breaks += 1;
            }
            assert!(pace.stretches.is_sorted_by_key(|stretch| stretch.time.start));
        }
        assert!(in_breaks > 20 * 10, "only {in_breaks} standstills lie in a run");
    }

    #[test]
    fn nearly_every_breakdown_of_a_block_finds_its_place_and_lasts_as_long_as_it_should() {
        let (mut placed, mut all) = (0, 0);
        for (run, pace) in paces(20_700..20_760) {
            let Some(minutes) = run.breakdown_minutes else {
                assert_eq!(pace.breakdown, None);
                continue;
            };
            all += 1;
            if let Some(breakdown) = pace.breakdown {
                placed += 1;
                assert_eq!(breakdown.end - breakdown.start, minutes * 60);
                assert!(run.start + APART <= breakdown.start && breakdown.end + APART <= run.end);
            }
        }
        assert!(all > 80 && placed * 20 > all * 19, "{placed} of {all}");
    }

    #[test]
    fn work_is_done_at_full_speed_but_for_slow_spells_in_some_runs() {
        let (mut slow, mut all) = (0, 0);
        for (run, pace) in paces(20_700..20_720) {
            let moments: Vec<Moment> =
                (0..=100).map(|pct| pace.when_done(pace.work() * f64::from(pct) / 100.0)).collect();
            assert!(moments.is_sorted() && run.start < moments[0] && moments[100] < run.end, "{moments:?}");
            all += 1;
            let speeds: Vec<f64> = pace.stretches.iter().map(|stretch| stretch.speed).collect();
            assert!(speeds.iter().all(|speed| (0.6..=1.0).contains(speed)) && speeds.contains(&1.0));
            slow += usize::from(speeds.iter().any(|speed| *speed < 1.0));
        }
        assert!((20..50).contains(&(slow * 100 / all)), "{slow} of {all} runs are slow for a while");
    }
}
