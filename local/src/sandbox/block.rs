//! What a line does in a shift as a whole: which lines work, when a line starts and ends, and whether it
//! breaks down.
//!
//! Five of the six lines work in the morning, four in the afternoon and three at night. Which line rests
//! changes from day to day. A line starts some minutes after its shift and ends some minutes before it does.
//! Now and then it starts late. Now and then one line goes on over a change of shift. In the morning all
//! lines start clean, so none goes on from the night.

use super::bad_day::{BadDay, bad_day};
use super::clock::Moment;
use super::dice::{Dice, Topic};
use super::factory::LINES;
use super::faults::turn;
use super::shifts::{SHIFTS, shift_of};

/// How many of a thousand blocks start late. A line that goes on with a run from the shift before is not
/// late.
const LATE_PERMILLE: i64 = 125;
/// How many of a thousand blocks have a breakdown.
const BROKEN_PERMILLE: i64 = 160;

/// A line's shift.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    pub(super) day: i64,
    pub(super) shift: usize,
    pub(super) line: usize,
    /// The place of the line among those that work in this shift.
    pub(super) place: i64,
}

/// The blocks of a factory day.
pub(super) fn blocks(seed: u64, day: i64) -> Vec<Block> {
    let of_shift = |shift| {
        (0..).zip(working_lines(seed, day, shift)).map(move |(place, line)| Block { day, shift, line, place })
    };
    (0..SHIFTS.len()).flat_map(of_shift).collect()
}

/// The lines that work in a shift. The line that rests in the next morning does not work in the night before.
fn working_lines(seed: u64, day: i64, shift: usize) -> impl Iterator<Item = usize> {
    let turn = turn(seed, day);
    let resting = [turn, turn + 1, turn + 3].map(|line| line.rem_euclid(LINES.len() as i64) as usize);
    (0..LINES.len()).filter(move |line| !resting[..=shift].contains(line))
}

/// The line that goes on over the end of a shift, if one does, and for how many seconds.
fn going_on(seed: u64, day: i64, shift: usize) -> Option<(usize, i64)> {
    let mut dice = Dice::of(seed, Topic::GoingOn, day * SHIFTS.len() as i64 + shift as i64);
    if shift + 1 == SHIFTS.len() || !dice.chance(500) {
        return None;
    }
    let working_on: Vec<usize> = working_lines(seed, day, shift + 1).collect();
    Some((dice.pick(&working_on), dice.whole(15, 45) * 60))
}

impl Block {
    /// A number of its own.
    pub(super) fn id(&self) -> i64 {
        (self.day * SHIFTS.len() as i64 + self.shift as i64) * LINES.len() as i64 + self.line as i64
    }

    fn dice(&self, seed: u64) -> Dice {
        Dice::of(seed, Topic::Block, self.id())
    }

    fn is_struck(&self, seed: u64, place: impl Fn(BadDay) -> i64) -> bool {
        self.shift == 0 && bad_day(seed, self.day).is_some_and(|bad| place(bad) == self.place)
    }

    /// The end of the run that this line goes on with from the shift before.
    fn went_on_until(&self, seed: u64) -> Option<Moment> {
        let (line, seconds) = going_on(seed, self.day, self.shift.checked_sub(1)?)?;
        (line == self.line).then_some(shift_of(self.day, self.shift).start + seconds)
    }

    /// When the line starts with the first of its own runs.
    pub(super) fn starts(&self, seed: u64) -> Moment {
        let mut dice = self.dice(seed);
        let is_late = dice.chance(LATE_PERMILLE) || self.is_struck(seed, |bad| bad.late_place);
        let begin = shift_of(self.day, self.shift).start;
        match self.went_on_until(seed) {
            // Long enough to clean it, whatever it made.
            Some(until) => until + dice.whole(20, 30) * 60,
            None if is_late => begin + dice.whole(15, 40) * 60,
            None => begin + 120 + self.line as i64 * 75 + dice.below(120),
        }
    }

    /// When the last of its runs ends.
    pub(super) fn ends(&self, seed: u64) -> Moment {
        let end = shift_of(self.day, self.shift).end;
        match going_on(seed, self.day, self.shift) {
            Some((line, seconds)) if line == self.line => end + seconds,
            _ => end - Dice::of(seed, Topic::BlockEnd, self.id()).whole(180, 600),
        }
    }

    /// How long the line is broken down, if it breaks down.
    pub(super) fn breakdown_minutes(&self, seed: u64) -> Option<i64> {
        let mut dice = Dice::of(seed, Topic::Breakdown, self.id());
        let breaks = dice.chance(BROKEN_PERMILLE);
        let is_struck = self.is_struck(seed, |bad| bad.broken_place);
        let least = if is_struck { 40 } else { 20 };
        (breaks || is_struck).then(|| dice.whole(least, 60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes_late(seed: u64, block: &Block) -> i64 {
        (block.starts(seed) - shift_of(block.day, block.shift).start) / 60
    }

    #[test]
    fn lines_start_within_minutes_of_their_shift_but_one_in_eight_is_late() {
        let blocks: Vec<Block> = (20_700..20_760).flat_map(|day| blocks(3, day)).collect();
        assert_eq!(blocks.len(), 60 * 12);
        let own: Vec<i64> = blocks
            .iter()
            .filter(|block| block.went_on_until(3).is_none())
            .map(|block| minutes_late(3, block))
            .collect();
        let late = own.iter().filter(|minutes| **minutes >= 15).count();
        assert!(own.iter().all(|minutes| (2..=10).contains(minutes) || (15..=40).contains(minutes)));
        assert!((6..=11).contains(&(own.len() / late)), "{late} of {} are late", own.len());
        // Each line has its own minutes.
        let usual = |line| {
            let of_line =
                blocks.iter().filter(|block| block.line == line && block.went_on_until(3).is_none());
            of_line.map(|block| minutes_late(3, block)).min().unwrap()
        };
        assert!(usual(0) < usual(3) && usual(3) < usual(5));
    }

    #[test]
    fn a_block_ends_before_its_shift_unless_the_line_goes_on_with_its_run() {
        let (mut over, mut all) = (0, 0);
        for block in (20_700..20_760).flat_map(|day| blocks(3, day)) {
            let beyond = block.ends(3) - shift_of(block.day, block.shift).end;
            let next = blocks(3, block.day)
                .into_iter()
                .find(|next| next.shift == block.shift + 1 && next.line == block.line);
            assert!(
                (-600..=-180).contains(&beyond)
                    || (900..=2700).contains(&beyond)
                        && next.is_some_and(|next| next.starts(3) >= block.ends(3) + 20 * 60),
                "{block:?} ends {beyond} s after its shift"
            );
            over += usize::from(beyond > 0);
            all += 1;
        }
        assert!((20..100).contains(&over), "{over} of {all} go on");
    }

    #[test]
    fn one_block_in_six_breaks_down_and_so_does_one_of_every_bad_morning() {
        let blocks: Vec<Block> = (20_700..20_770).flat_map(|day| blocks(3, day)).collect();
        let broken: Vec<_> = blocks.iter().filter_map(|block| block.breakdown_minutes(3)).collect();
        assert!(broken.iter().all(|minutes| (20..=60).contains(minutes)));
        assert!((5..=7).contains(&(blocks.len() / broken.len())), "{} of {}", broken.len(), blocks.len());
        let mut bad_days = 0;
        for (day, bad) in (20_700..20_770).filter_map(|day| Some((day, bad_day(3, day)?))) {
            let at = |place| *blocks.iter().find(|b| (b.day, b.shift, b.place) == (day, 0, place)).unwrap();
            assert!(at(bad.broken_place).breakdown_minutes(3) >= Some(40));
            assert!(minutes_late(3, &at(bad.late_place)) >= 15);
            bad_days += 1;
        }
        assert_eq!(bad_days, 10);
    }
}
