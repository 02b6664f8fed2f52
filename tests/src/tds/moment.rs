//! Dates and times as SQL Server keeps them: days since the year 1 and ticks of 100 ns since midnight,
//! rounded to what a type can hold.

use chrono::{Datelike, NaiveDate};

use super::error::ServerError;
use super::types::SqlType;

const TICKS_PER_SECOND: i64 = 10_000_000;
const TICKS_PER_DAY: i64 = 86_400 * TICKS_PER_SECOND;

/// A date and time. The time of a `date` is midnight. The day of a `time` is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    /// The days since 0001-01-01.
    pub(super) days: i32,
    /// The ticks of 100 ns since midnight.
    pub(super) ticks: i64,
    /// How far the clock is ahead of UTC. 0 for all types but `datetimeoffset`.
    pub(super) offset_minutes: i16,
}

impl Moment {
    /// The day 1900-01-01, from which `datetime` counts.
    pub(super) const DAYS_TO_1900: i32 = 693_595;

    /// The ticks of 100 ns since the year 1, in UTC. Moments are ordered by it.
    pub(super) fn instant(self) -> i64 {
        i64::from(self.days) * TICKS_PER_DAY + self.ticks
            - i64::from(self.offset_minutes) * 60 * TICKS_PER_SECOND
    }

    /// An instant as a clock shows it that is `offset_minutes` ahead of UTC.
    pub(super) fn of_instant(instant: i64, offset_minutes: i16) -> Self {
        let local = instant + i64::from(offset_minutes) * 60 * TICKS_PER_SECOND;
        Self {
            days: local.div_euclid(TICKS_PER_DAY) as i32,
            ticks: local.rem_euclid(TICKS_PER_DAY),
            offset_minutes,
        }
    }

    /// From a time of the crate chrono.
    pub(super) fn of(moment: chrono::NaiveDateTime) -> Self {
        use chrono::Timelike;
        let time = moment.time();
        let ticks = i64::from(time.num_seconds_from_midnight()) * TICKS_PER_SECOND
            + i64::from(time.nanosecond()) / 100;
        Self { days: moment.date().num_days_from_ce() - 1, ticks, offset_minutes: 0 }
    }

    /// The ticks of 1/300 s since midnight, in which `datetime` counts.
    pub(super) fn three_hundredths(self) -> i64 {
        (self.ticks * 300 + TICKS_PER_SECOND / 2) / TICKS_PER_SECOND
    }

    /// Rounds the moment to the precision of a type, and checks that it lies in the range of the type.
    pub(super) fn round(self, to: SqlType) -> Result<Self, ServerError> {
        let out_of_range = || {
            let message = "The conversion of a varchar data type to a datetime data type resulted in an out-of-range value.";
            ServerError::new(242, 16, message)
        };
        let rounded = match to {
            SqlType::Date => Self { ticks: 0, offset_minutes: 0, ..self },
            SqlType::Time(scale) => {
                Self { days: 0, ticks: to_scale(self.ticks, scale) % TICKS_PER_DAY, offset_minutes: 0 }
            }
            SqlType::DateTime2(scale) => self.carried(to_scale(self.ticks, scale), 0),
            SqlType::DateTimeOffset(scale) => self.carried(to_scale(self.ticks, scale), self.offset_minutes),
            SqlType::DateTime => self.carried(datetime_ticks(self.three_hundredths()), 0),
            SqlType::SmallDateTime => {
                let minute = 60 * TICKS_PER_SECOND;
                self.carried((datetime_ticks(self.three_hundredths()) + minute / 2) / minute * minute, 0)
            }
            _ => {
                return Err(ServerError::new(
                    529,
                    16,
                    format!("Explicit conversion from a date or time to {to} is not allowed."),
                ));
            }
        };
        let first = match to {
            SqlType::DateTime => days(1753, 1, 1),
            SqlType::SmallDateTime => Self::DAYS_TO_1900,
            _ => 0,
        };
        let last = if to == SqlType::SmallDateTime { days(2079, 6, 6) } else { days(9999, 12, 31) };
        if (first..=last).contains(&rounded.days) { Ok(rounded) } else { Err(out_of_range()) }
    }

    fn carried(self, ticks: i64, offset_minutes: i16) -> Self {
        Self {
            days: self.days + (ticks / TICKS_PER_DAY) as i32,
            ticks: ticks % TICKS_PER_DAY,
            offset_minutes,
        }
    }

    /// The text that CAST gives for the newer types, such as `2026-11-23 14:00:00.1230000`.
    pub(super) fn text(self, ty: SqlType) -> String {
        let date = NaiveDate::from_num_days_from_ce_opt(self.days + 1)
            .map_or_else(String::new, |date| date.to_string());
        let seconds = self.ticks / TICKS_PER_SECOND;
        let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        let fraction = |scale: u8| {
            let digits = format!("{:07}", self.ticks % TICKS_PER_SECOND);
            if scale == 0 { String::new() } else { format!(".{}", &digits[..usize::from(scale)]) }
        };
        let sign = if self.offset_minutes < 0 { '-' } else { '+' };
        let ahead = self.offset_minutes.abs();
        match ty {
            SqlType::Date => date,
            SqlType::Time(scale) => format!("{clock}{}", fraction(scale)),
            SqlType::DateTimeOffset(scale) => {
                format!("{date} {clock}{} {sign}{:02}:{:02}", fraction(scale), ahead / 60, ahead % 60)
            }
            SqlType::DateTime2(scale) => format!("{date} {clock}{}", fraction(scale)),
            _ => NaiveDate::from_num_days_from_ce_opt(self.days + 1).map_or_else(String::new, |date| {
                let hour = seconds / 3600;
                let half = if hour < 12 { "AM" } else { "PM" };
                format!(
                    "{} {:>2} {} {:>2}:{:02}{half}",
                    date.format("%b"),
                    date.day(),
                    date.year(),
                    (hour + 11) % 12 + 1,
                    seconds / 60 % 60
                )
            }),
        }
    }
}

fn days(year: i32, month: u32, day: u32) -> i32 {
    NaiveDate::from_ymd_opt(year, month, day).map_or(0, |date| date.num_days_from_ce() - 1)
}

fn to_scale(ticks: i64, scale: u8) -> i64 {
    let unit = 10_i64.pow(7 - u32::from(scale.min(7)));
    (ticks + unit / 2) / unit * unit
}

fn datetime_ticks(three_hundredths: i64) -> i64 {
    (three_hundredths * TICKS_PER_SECOND + 150) / 300
}

/// The parts of a text such as `2026-11-23T14:00:00.123+01:00`. It may be a date or a time alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parsed {
    pub(super) moment: Moment,
    /// How many digits the fraction of the second has.
    pub(super) fraction_digits: usize,
    pub(super) has_date: bool,
    pub(super) has_time: bool,
    /// Whether the language of the login decides the order of the date's numbers. It does if a blank follows
    /// the date, or nothing.
    pub(super) by_language: bool,
    /// The three numbers of the date, in the order of the text.
    numbers: (i32, u32, u32),
}

impl Parsed {
    /// Takes a text apart. `None` if it is no date or time.
    pub(super) fn of(text: &str) -> Option<Self> {
        let (date, rest) = match text.split_once(['T', ' ']) {
            Some((date, time)) => (Some(date), Some(time)),
            None if text.contains(':') => (None, Some(text)),
            None => (Some(text), None),
        };
        let with_t = text.contains('T');
        let numbers = date.map_or(Some((1, 1, 1)), date_numbers)?;
        let days = NaiveDate::from_ymd_opt(numbers.0, numbers.1, numbers.2)?.num_days_from_ce() - 1;
        let (ticks, fraction_digits, offset_minutes) = rest.map_or(Some((0, 0, 0)), clock)?;
        let moment = Moment { days: if date.is_some() { days } else { 0 }, ticks, offset_minutes };
        let compact = date.is_some_and(|date| !date.contains('-'));
        let by_language = date.is_some() && !with_t && !compact;
        Some(Self {
            moment,
            fraction_digits,
            has_date: date.is_some(),
            has_time: rest.is_some(),
            by_language,
            numbers,
        })
    }

    /// The moment with its date read as year-day-month. Under a British login `datetime` reads `2026-11-23`
    /// so.
    pub(super) fn as_year_day_month(self) -> Option<Moment> {
        let (year, day, month) = self.numbers;
        let date = NaiveDate::from_ymd_opt(year, month, day)?;
        Some(Moment { days: date.num_days_from_ce() - 1, ..self.moment })
    }
}

fn number<T: std::str::FromStr>(text: &str, digits: usize) -> Option<T> {
    if text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    }
}

fn date_numbers(text: &str) -> Option<(i32, u32, u32)> {
    if text.len() == 8 && text.is_ascii() {
        return Some((number(&text[..4], 4)?, number(&text[4..6], 2)?, number(&text[6..], 2)?));
    }
    let mut parts = text.split('-');
    let numbers = (number(parts.next()?, 4)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    if parts.next().is_some() { None } else { Some(numbers) }
}

fn clock(text: &str) -> Option<(i64, usize, i16)> {
    let (clock, offset_minutes) = match text.find(['+', '-', 'Z']) {
        None => (text, 0),
        Some(at) if &text[at..] == "Z" => (&text[..at], 0),
        Some(at) => {
            let (hours, minutes) = text[at + 1..].split_once(':')?;
            let ahead = number::<i16>(hours, 2)? * 60 + number::<i16>(minutes, 2)?;
            (text[..at].trim_end(), if text.as_bytes()[at] == b'-' { -ahead } else { ahead })
        }
    };
    let (whole, fraction) =
        clock.split_once('.').map_or((clock, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut parts = whole.split(':');
    let hours: i64 = number(parts.next()?, 2).filter(|hours| *hours < 24)?;
    let minutes: i64 = number(parts.next()?, 2).filter(|minutes| *minutes < 60)?;
    let seconds: i64 =
        parts.next().map_or(Some(0), |seconds| number(seconds, 2)).filter(|seconds| *seconds < 60)?;
    if parts.next().is_some() || offset_minutes.abs() > 14 * 60 {
        return None;
    }
    let digits = fraction.map_or(0, str::len);
    let ticks = match fraction {
        None => 0,
        Some(fraction) if (1..=7).contains(&digits) => {
            number::<i64>(fraction, digits)? * 10_i64.pow(7 - digits as u32)
        }
        Some(_) => return None,
    };
    Some((((hours * 60 + minutes) * 60 + seconds) * TICKS_PER_SECOND + ticks, digits, offset_minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Moment {
        Parsed::of(text).unwrap_or_else(|| panic!("{text} is no moment")).moment
    }

    #[test]
    fn a_type_rounds_as_sql_server_does() {
        let check = |text: &str, ty, expect: &str| {
            assert_eq!(at(text).round(ty).unwrap().text(SqlType::DateTime2(7)), expect, "{text} {ty}");
        };
        check("2026-11-23T14:00:00.123", SqlType::DateTime, "2026-11-23 14:00:00.1233333");
        check("2026-11-23T14:00:00.001", SqlType::DateTime, "2026-11-23 14:00:00.0000000");
        check("2026-11-23T14:00:00.002", SqlType::DateTime, "2026-11-23 14:00:00.0033333");
        check("2026-11-23T23:59:59.999", SqlType::DateTime, "2026-11-24 00:00:00.0000000");
        check("2026-11-23T14:00:29.998", SqlType::SmallDateTime, "2026-11-23 14:00:00.0000000");
        check("2026-11-23T14:00:29.999", SqlType::SmallDateTime, "2026-11-23 14:01:00.0000000");
        check("2026-11-23T23:59:59.9999999", SqlType::DateTime2(3), "2026-11-24 00:00:00.0000000");
        check("9999-12-31T14:00:00", SqlType::Date, "9999-12-31 00:00:00.0000000");
    }

    #[test]
    fn what_a_type_cannot_hold_is_refused() {
        for (text, ty) in [
            ("1752-12-31", SqlType::DateTime),
            ("1899-12-31", SqlType::SmallDateTime),
            ("2079-06-07", SqlType::SmallDateTime),
            ("9999-12-31T23:59:59.999", SqlType::DateTime),
        ] {
            assert_eq!(at(text).round(ty).unwrap_err().number, 242, "{text} {ty}");
        }
        for text in [
            "2026-02-30",
            "2026-11-23T24:00",
            "2026-11-23T14:00:60",
            "N/A",
            "23/11/2026",
            "2026-11-23T14:00:00.12345678",
            "",
        ] {
            assert!(Parsed::of(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_moment_with_an_offset_orders_by_its_instant() {
        assert_eq!(at("2026-07-01T15:00:00+01:00").instant(), at("2026-07-01T14:00:00Z").instant());
        assert_eq!(
            Moment::of_instant(at("2026-07-01T14:00:00").instant(), 60),
            at("2026-07-01T15:00:00+01:00")
        );
    }
}
