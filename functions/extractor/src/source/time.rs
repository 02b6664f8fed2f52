//! Times as the ERP spells them: how text is read as a time, and how a typed time is spelt as the server
//! itself shows it.

use std::fmt;

use chrono::offset::LocalResult;
use chrono::{FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;

/// A value of a column with a time type, on the factory's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErpTime {
    pub at: NaiveDateTime,
    /// How its type spells it.
    pub spelling: TimeSpelling,
}

/// How a type spells its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeSpelling {
    /// `2026-11-20`.
    Date,
    /// `2026-11-20 14:00:00.003`, with so many digits behind the seconds.
    Digits(u8),
    /// The same with the offset of the factory's clock behind it.
    DigitsAndOffset(u8, FixedOffset),
}

impl fmt::Display for ErpTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (digits, offset) = match self.spelling {
            TimeSpelling::Date => return write!(f, "{}", self.at.date()),
            TimeSpelling::Digits(digits) => (digits, None),
            TimeSpelling::DigitsAndOffset(digits, offset) => (digits, Some(offset)),
        };
        write!(f, "{}", self.at.format("%Y-%m-%d %H:%M:%S"))?;
        if digits > 0 {
            let nanos = self.at.format("%f").to_string();
            write!(f, ".{}", nanos.get(..digits.into()).unwrap_or(&nanos))?;
        }
        offset.map_or(Ok(()), |offset| write!(f, " {offset}"))
    }
}

/// Reads a time of the ERP. A zone may follow it, as in `2026-11-20T13:00:00Z` or `2026-11-20 14:00 +0100`:
/// the text then names a moment, which is put on the factory's clock. Without a zone it is on that clock
/// already.
pub fn read_time(text: &str, factory_tz: Tz) -> Option<NaiveDateTime> {
    let (time, Some(offset)) = without_offset(text) else { return parse_time(text) };
    let moment = parse_time(time)?.checked_sub_offset(offset)?;
    Some(factory_tz.from_utc_datetime(&moment).naive_local())
}

/// Reads `YYYY-MM-DD`, with or without ` HH:MM[:SS[.fffffff]]`, on the factory's clock. A zone that follows
/// changes nothing.
pub fn parse_time(text: &str) -> Option<NaiveDateTime> {
    let bytes = without_offset(text).0.as_bytes();
    let digits = |from: usize, to: usize| -> Option<u32> {
        let part = bytes.get(from..to)?;
        part.iter().try_fold(0u32, |n, b| b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0')))
    };
    if bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(digits(0, 4)?.try_into().ok()?, digits(5, 7)?, digits(8, 10)?)?;
    if bytes.len() == 10 {
        return Some(date.and_time(NaiveTime::MIN));
    }
    if !matches!(bytes[10], b' ' | b'T') || bytes.get(13) != Some(&b':') {
        return None;
    }
    let (hour, minute) = (digits(11, 13)?, digits(14, 16)?);
    let second = match bytes.get(16) {
        None => 0,
        Some(b':') => digits(17, 19)?,
        Some(_) => return None,
    };
    let nanos = match bytes.get(19) {
        None => 0,
        Some(b'.') if (21..=29).contains(&bytes.len()) => {
            digits(20, bytes.len())? * 10u32.pow(29 - bytes.len() as u32)
        }
        Some(_) => return None,
    };
    Some(date.and_time(NaiveTime::from_hms_nano_opt(hour, minute, second, nanos)?))
}

/// A time as it is noted, with all its digits.
pub(crate) fn note_time(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.f").to_string()
}

/// Whether the factory's clock shows this time twice, because it is put back.
pub(crate) fn is_shown_twice(at: NaiveDateTime, factory_tz: Tz) -> bool {
    matches!(factory_tz.from_local_datetime(&at), LocalResult::Ambiguous(..))
}

/// How far the factory's clock is ahead of UTC around this time, if it is. Texts of times in UTC sort so much
/// before those on the factory's clock.
pub(super) fn ahead_of_utc(at: NaiveDateTime, factory_tz: Tz) -> TimeDelta {
    // On the day of a change both offsets count.
    let offset = |days: i64| {
        let near = at.checked_add_signed(TimeDelta::days(days))?;
        Some(factory_tz.offset_from_utc_datetime(&near).fix().local_minus_utc())
    };
    let seconds = [offset(-1), offset(1)].into_iter().flatten().max().unwrap_or(0);
    TimeDelta::seconds(seconds.max(0).into())
}

/// A time and the offset that follows it: `Z`, `+01`, `+0100` or `+01:00`, with a blank before it or not.
fn without_offset(text: &str) -> (&str, Option<FixedOffset>) {
    // A date without a time of day has no zone, but signs of its own.
    let Some(clock) = text.get(11..).filter(|clock| clock.contains(':')) else { return (text, None) };
    let Some(at) = clock.find(['Z', 'z', '+', '-']) else { return (text, None) };
    let Some(offset) = offset_of(&clock[at..]) else { return (text, None) };
    let time = &text[..11 + at];
    (time.strip_suffix(' ').unwrap_or(time), Some(offset))
}

fn offset_of(text: &str) -> Option<FixedOffset> {
    if text.eq_ignore_ascii_case("z") {
        return FixedOffset::east_opt(0);
    }
    let (sign, digits) = text.split_at_checked(1).filter(|_| text.is_ascii())?;
    let (hours, minutes) = match digits.as_bytes() {
        [_, _] => (digits, "0"),
        [_, _, b':', _, _] => (&digits[..2], &digits[3..]),
        [_, _, _, _] => (&digits[..2], &digits[2..]),
        _ => return None,
    };
    let number = |text: &str, most: i32| {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i32>().ok().filter(|number| is_plain && *number <= most)
    };
    let seconds = number(hours, 14)? * 3600 + number(minutes, 59)? * 60;
    FixedOffset::east_opt(if sign == "-" { -seconds } else { seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_with_a_zone_is_put_on_the_factory_s_clock() {
        let check = |text: &str, zone: Tz, expect: &str| {
            let read = read_time(text, zone).map(|time| time.to_string());
            assert_eq!(read, Some(expect.to_owned()), "{text} in {zone}");
        };
        let (london, new_york) = (Tz::Europe__London, Tz::America__New_York);
        check("2026-11-27T15:00:00Z", london, "2026-11-27 15:00:00");
        check("2026-07-01T15:00:00z", london, "2026-07-01 16:00:00");
        check("2026-07-01 23:00:00+00:00", london, "2026-07-02 00:00:00");
        check("2026-07-01 23:00 +0000", london, "2026-07-02 00:00:00");
        check("2026-07-01 23:00:00.1234567 -05", london, "2026-07-02 05:00:00.123456700");
        check("2026-11-27T15:00:00+05:30", london, "2026-11-27 09:30:00");
        check("2026-11-27T02:00:00Z", new_york, "2026-11-26 21:00:00");
        check("2026-11-27 15:00:00", new_york, "2026-11-27 15:00:00");
        // Both of the moments that this clock shows as half past one.
        check("2026-10-25T00:30:00Z", london, "2026-10-25 01:30:00");
        check("2026-10-25T01:30:00Z", london, "2026-10-25 01:30:00");
        check("0000-01-01 00:00:00+14:00", london, "-0001-12-31 09:58:45");
        for wrong in [
            "2026-11-27Z",
            "2026-11-27T15:00:00 UTC",
            "2026-11-27T15:00:00+1:00",
            "2026-11-27T15:00:00+15:00",
            "2026-11-27T15:00:00+00:60",
            "2026-11-27T15:00:00ZZ",
            "2026-11-27T15:00:00  Z",
            "2026-11-27T15:00:00+é0",
            "2026-11-27T15:00:00+0é0",
            "2026-11-27T25:00:00Z",
        ] {
            assert_eq!(read_time(wrong, london), None, "{wrong}");
        }
    }

    #[test]
    fn an_hour_is_shown_twice_in_autumn_alone() {
        let is_twice = |text: &str| is_shown_twice(parse_time(text).unwrap(), Tz::Europe__London);
        assert!(is_twice("2026-10-25 01:00:00") && is_twice("2026-10-25 01:59:59.999999"));
        assert!(!is_twice("2026-10-25 00:59:59") && !is_twice("2026-10-25 02:00:00"));
        assert!(!is_twice("2026-03-29 01:30:00"));
    }

    #[test]
    fn times_keep_all_their_digits() {
        let check = |text: &str, expect: &str| {
            assert_eq!(parse_time(text).map(|time| time.to_string()), Some(expect.to_owned()), "{text}");
        };
        check("2026-11-13", "2026-11-13 00:00:00");
        check("2026-11-13 04:05:06", "2026-11-13 04:05:06");
        check("2026-11-13 04:05:06.003", "2026-11-13 04:05:06.003");
        check("2026-11-13T04:05:06.1234567", "2026-11-13 04:05:06.123456700");
        check("2026-07-01 11:00:00.50 +01:00", "2026-07-01 11:00:00.500");
        check("0001-01-01", "0001-01-01 00:00:00");
        check("9999-12-31 23:59:59.9999999", "9999-12-31 23:59:59.999999900");
        for wrong in [
            "",
            "2026",
            "2026-11-13 ",
            "2026-11-13 4:05",
            "2026-11-13 24:00:00",
            "2026-11-13 04:05:06.",
            "13/11/2026",
            "2026-1a-13",
            "2026-11-13é",
        ] {
            assert_eq!(parse_time(wrong), None, "{wrong}");
        }
    }
}
