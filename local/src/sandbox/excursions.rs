//! When a place leaves its temperature limits. Every second day one place does so for over half an hour, and
//! every second time somebody writes it down. For a few minutes any place may do so.

use super::clock::{DAY, Moment, begins};
use super::dice::{Dice, Topic};
use super::factory::LOCATIONS;
use super::faults::turn;

/// The seconds from one reading of a place to the next.
pub(super) const READ_EVERY: i64 = 300;
pub(super) const READINGS_A_DAY: i64 = DAY / READ_EVERY;
/// A long excursion begins before this reading of its day. So from one to the next there is over a day.
const LONG_BEGINS_BEFORE: i64 = 220;

/// A time in which one place is outside its limits.
#[derive(Debug)]
pub(super) struct Excursion {
    pub(super) first: i64,
    pub(super) readings: i64,
    /// The most degrees beyond the limit. Negative if it is too cold.
    pub(super) peak: f64,
}

/// The excursion of a place on this day, if it has one.
pub(super) fn excursion(seed: u64, day: i64, location: usize) -> Option<Excursion> {
    let mut dice = Dice::of(seed, Topic::Excursion, day * LOCATIONS.len() as i64 + location as i64);
    let is_long = long_location(seed, day) == Some(location);
    let (readings, before) = if is_long {
        (dice.whole(8, 14), LONG_BEGINS_BEFORE)
    } else {
        (dice.whole(4, 6), READINGS_A_DAY - 6)
    };
    let first = dice.below(before);
    let degrees = if LOCATIONS[location].1 < -10.0 { dice.between(2.0, 6.0) } else { dice.between(0.8, 3.2) };
    let peak = if dice.chance(150) { -degrees } else { degrees };
    (is_long || dice.chance(35)).then_some(Excursion { first, readings, peak })
}

/// When somebody writes down the long excursion of this day, if there is one and somebody does.
pub(super) fn written_down(seed: u64, day: i64) -> Option<Moment> {
    let excursion = excursion(seed, day, long_location(seed, day)?)?;
    let after = Dice::of(seed, Topic::Excursion, -day).whole(20, 100) * 60;
    let is_written_down = turn(seed, day).rem_euclid(4) == 2;
    is_written_down.then_some(begins(day) + excursion.first * READ_EVERY + after)
}

/// The place that has a long excursion on this day.
fn long_location(seed: u64, day: i64) -> Option<usize> {
    let turn = turn(seed, day);
    (turn % 2 == 0).then_some((turn / 2).rem_euclid(LOCATIONS.len() as i64) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_second_day_one_place_is_out_of_its_limits_for_over_half_an_hour_and_half_of_that_is_written_down()
     {
        let (mut long, mut written) = (0, 0);
        for day in 20_700..20_728 {
            let excursions = (0..LOCATIONS.len()).filter_map(|location| excursion(5, day, location));
            let of_day = excursions.filter(|excursion| (excursion.readings - 1) * READ_EVERY > 1800).count();
            assert!(of_day <= 1);
            long += of_day;
            if let Some(at) = written_down(5, day) {
                written += 1;
                let excursion = excursion(5, day, long_location(5, day).unwrap()).unwrap();
                let began = begins(day) + excursion.first * READ_EVERY;
                assert!((1200..=6000).contains(&(at - began)));
            }
        }
        assert_eq!((long, written), (14, 7));
    }
}
