//! What a factory tells us once, in its file `factory.toml`: shifts, targets of lines, what its grades mean,
//! prices and limits. A factory that tells nothing has the defaults.
//!
//! How the file is written is not known here. Values that were kept by another version are read as far as
//! they go: what it does not say has its default.

use std::collections::BTreeMap;

use chrono::{NaiveTime, TimeDelta, Weekday};
use serde::{Deserialize, Serialize};

use crate::code::folded;
use crate::named::named_enum;
use crate::tier::{Grade, Tier};

/// The settings of a factory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FactorySettings {
    /// The shifts. They do not overlap.
    pub shifts: Vec<ShiftTimes>,
    /// What is told of a line, by its id as the file writes it.
    pub lines: BTreeMap<String, LineSettings>,
    /// What the ERP's texts for grades mean.
    pub grades: GradeTexts,
    /// What fish is sold for.
    pub prices: Prices,
    /// Where the checks draw their lines.
    pub limits: Limits,
}

named_enum! {
    /// Which date a shift over midnight belongs to.
    "shift date" ShiftDate {
        /// That on which it starts.
        Start = "start",
        /// That on which it ends.
        End = "end",
    }
}

/// When a shift is on, by the factory's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftTimes {
    /// Its code, as the ERP writes it. Case does not count.
    pub code: String,
    /// When it starts.
    pub start: NaiveTime,
    /// When it ends. It ends on the next day, if that is not later in the day than its start.
    pub end: NaiveTime,
    /// Which date it belongs to, if it goes over midnight.
    pub date: ShiftDate,
    /// The days on which it starts, from Monday on.
    pub days: Vec<Weekday>,
    /// What of it is not working time, each from its first moment to its last.
    pub breaks: Vec<(NaiveTime, NaiveTime)>,
}

/// What is told of a line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LineSettings {
    /// What the line is to make in a shift.
    pub shift_target_kg: Option<f64>,
}

/// Prices per kilogram sold. The most exact one that is known counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Prices {
    /// The currency of all prices, such as `GBP`.
    pub currency: Option<String>,
    /// By product code.
    pub products: BTreeMap<String, f64>,
    /// By the number of the tier.
    pub tiers: BTreeMap<i64, f64>,
}

impl Prices {
    /// The price of a product. The case of its code does not count.
    pub fn of_product(&self, code: &str) -> Option<f64> {
        let wanted = folded(code);
        self.products.iter().find(|(code, _)| folded(code) == wanted).map(|(_, price)| *price)
    }

    /// The usual price of a tier.
    pub fn of_tier(&self, tier: Tier) -> Option<f64> {
        self.tiers.get(&tier.number()).copied()
    }

    /// The most exact price that is known of a product of this tier.
    pub fn of(&self, code: &str, tier: Option<Tier>) -> Option<f64> {
        self.of_product(code).or_else(|| self.of_tier(tier?))
    }
}

/// Where the checks draw their lines.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// How long a line is without a pack until it stands, in minutes.
    pub stop_minutes: f64,
    /// The warmest that fish may arrive, in °C.
    pub intake_max_c: f64,
    /// The warmest that a vehicle may be, in °C.
    pub vehicle_max_c: f64,
    /// The lowest yield that is not too low for a complete run.
    pub low_yield_pct: f64,
    /// The highest giveaway that is not too high for a run.
    pub giveaway_pct: f64,
    /// A reading below this is the fault of its sensor, in °C.
    pub sensor_min_c: f64,
    /// A reading above this is the fault of its sensor, in °C.
    pub sensor_max_c: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            stop_minutes: 3.0,
            intake_max_c: 4.0,
            vehicle_max_c: 5.0,
            low_yield_pct: 90.0,
            giveaway_pct: 3.0,
            sensor_min_c: -60.0,
            sensor_max_c: 60.0,
        }
    }
}

/// The texts that mean a grade, beside the grade's own name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GradeTexts(pub BTreeMap<Grade, Vec<String>>);

impl GradeTexts {
    /// The grade that a text means. `None` if it means none: then nobody knows whether the fish is Premium or
    /// GG. Case and blanks around do not count.
    pub fn grade(&self, text: &str) -> Option<Grade> {
        let wanted = folded(text);
        let named = |grade: &&Grade| {
            let others = self.0.get(*grade).into_iter().flatten();
            folded(grade.as_str()) == wanted || others.into_iter().any(|other| folded(other) == wanted)
        };
        Grade::ALL.iter().find(named).copied()
    }
}

const MINUTES_OF_A_DAY: i64 = 24 * 60;
const MINUTES_OF_A_WEEK: i64 = 7 * MINUTES_OF_A_DAY;

impl ShiftTimes {
    /// How long it is by the clock, breaks included.
    pub fn minutes(&self) -> i64 {
        minutes_from(self.start, self.end)
    }

    /// When it is on in a week, in minutes since the start of Monday. The last may go on into the next week.
    fn stretches(&self) -> impl Iterator<Item = (i64, i64)> {
        let start = (self.start - NaiveTime::MIN).num_minutes();
        self.days.iter().map(move |day| {
            let begins = i64::from(day.num_days_from_monday()) * MINUTES_OF_A_DAY + start;
            (begins, begins + self.minutes())
        })
    }

    /// The weekday and the time at which both shifts are on, if there is such a moment: the first of the
    /// week.
    pub fn overlap(&self, other: &Self) -> Option<(Weekday, NaiveTime)> {
        let both = self.stretches().flat_map(|(begins, ends)| {
            other.stretches().flat_map(move |(other_begins, other_ends)| {
                [-MINUTES_OF_A_WEEK, 0, MINUTES_OF_A_WEEK].into_iter().filter_map(move |week| {
                    let both_from = begins.max(other_begins + week);
                    (both_from < ends.min(other_ends + week)).then(|| both_from.rem_euclid(MINUTES_OF_A_WEEK))
                })
            })
        });
        let first = both.min()?;
        let days = usize::try_from(first / MINUTES_OF_A_DAY).ok()?;
        let time = NaiveTime::MIN + TimeDelta::minutes(first % MINUTES_OF_A_DAY);
        Some((WEEK[days % WEEK.len()], time))
    }

    /// When a break begins and ends, in minutes since the start of the shift. `None` if it does not lie
    /// within the shift.
    pub fn place_of_break(&self, (from, to): (NaiveTime, NaiveTime)) -> Option<(i64, i64)> {
        let begins = minutes_from(self.start, from) % MINUTES_OF_A_DAY;
        let ends = begins + minutes_from(from, to);
        (ends <= self.minutes()).then_some((begins, ends))
    }
}

/// The days of a week in their order.
pub const WEEK: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

/// How many minutes pass from one time of day until the clock shows another: a day, if it is the same.
fn minutes_from(from: NaiveTime, to: NaiveTime) -> i64 {
    match (to - from).num_minutes().rem_euclid(MINUTES_OF_A_DAY) {
        0 => MINUTES_OF_A_DAY,
        minutes => minutes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(hour: u32, minute: u32) -> NaiveTime {
        NaiveTime::from_hms_opt(hour, minute, 0).unwrap()
    }

    fn shift(start: NaiveTime, end: NaiveTime, days: &[Weekday]) -> ShiftTimes {
        let code = "AM".to_owned();
        ShiftTimes { code, start, end, date: ShiftDate::Start, days: days.to_vec(), breaks: Vec::new() }
    }

    #[test]
    fn a_grade_is_known_by_its_name_or_by_a_text_that_the_factory_says_means_it() {
        let texts = GradeTexts(BTreeMap::from([
            (Grade::Premium, vec!["RSPCA".to_owned(), "RSPCA Assured".to_owned()]),
            (Grade::Gg, vec!["Std".to_owned()]),
        ]));
        for (text, expect) in [
            (" rspca", Some(Grade::Premium)),
            ("RSPCA ASSURED ", Some(Grade::Premium)),
            ("premium", Some(Grade::Premium)),
            ("STD", Some(Grade::Gg)),
            ("gg", Some(Grade::Gg)),
            ("RSPCA assured fish", None),
            ("", None),
        ] {
            assert_eq!(texts.grade(text), expect, "{text:?}");
        }
        assert_eq!(GradeTexts::default().grade("RSPCA"), None, "a factory that says nothing");
    }

    #[test]
    fn shifts_overlap_where_both_are_on_also_over_midnight_and_from_one_week_to_the_next() {
        let (am, night) = (shift(at(6, 0), at(14, 0), &WEEK), shift(at(22, 0), at(6, 0), &WEEK));
        assert_eq!(am.overlap(&night), None, "one may end where the other starts");
        let early = shift(at(5, 30), at(13, 0), &[Weekday::Sat]);
        assert_eq!(night.overlap(&early), Some((Weekday::Sat, at(5, 30))));
        let on_sunday = shift(at(22, 0), at(6, 0), &[Weekday::Sun]);
        let on_monday = shift(at(5, 0), at(9, 0), &[Weekday::Mon]);
        assert_eq!(on_sunday.overlap(&on_monday), Some((Weekday::Mon, at(5, 0))));
        assert_eq!(on_monday.overlap(&on_sunday), Some((Weekday::Mon, at(5, 0))));
        assert_eq!(shift(at(6, 0), at(14, 0), &[Weekday::Tue]).overlap(&on_monday), None, "on other days");
    }

    #[test]
    fn a_break_lies_within_its_shift() {
        let night = shift(at(22, 0), at(6, 0), &WEEK);
        for (from, to, expect) in [
            (at(23, 50), at(0, 10), Some((110, 130))),
            (at(22, 0), at(22, 10), Some((0, 10))),
            (at(5, 50), at(6, 0), Some((470, 480))),
            (at(5, 50), at(6, 10), None),
            (at(21, 50), at(22, 10), None),
            (at(12, 0), at(12, 20), None),
            (at(2, 0), at(2, 0), None),
        ] {
            assert_eq!(night.place_of_break((from, to)), expect, "{from} {to}");
        }
    }

    proptest! {
        /// Another computation: both shifts are on in some minute of the week.
        #[test]
        fn overlaps_are_those_found_minute_by_minute(
            times in proptest::array::uniform4(0_u32..24),
            days in proptest::array::uniform2(proptest::sample::subsequence(WEEK.to_vec(), 0..=7)),
        ) {
            let one = shift(at(times[0], 0), at(times[1], 0), &days[0]);
            let other = shift(at(times[2], 30), at(times[3], 30), &days[1]);
            let is_on = |shift: &ShiftTimes, minute: i64| {
                shift.days.iter().any(|day| {
                    let begins = i64::from(day.num_days_from_monday()) * 1440
                        + (shift.start - NaiveTime::MIN).num_minutes();
                    (minute - begins).rem_euclid(7 * 1440) < shift.minutes()
                })
            };
            let first = (0..7 * 1440).find(|minute| is_on(&one, *minute) && is_on(&other, *minute));
            let found = one.overlap(&other).map(|(day, time)| {
                i64::from(day.num_days_from_monday()) * 1440 + (time - NaiveTime::MIN).num_minutes()
            });
            prop_assert_eq!(found.is_some(), first.is_some());
            if let Some(found) = found {
                prop_assert!(is_on(&one, found) && is_on(&other, found));
            }
        }
    }
}
