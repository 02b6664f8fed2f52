//! Times as the ERP spells them: how text is read as a time, and how a typed time is spelt as the server
//! itself shows it.

use std::fmt;

use chrono::{FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};

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

/// Reads `YYYY-MM-DD`, with or without ` HH:MM[:SS[.fffffff]]`. An offset such as ` +01:00` may follow. It
/// changes nothing, because the time is the factory's.
pub fn parse_time(text: &str) -> Option<NaiveDateTime> {
    let bytes = without_offset(text).as_bytes();
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

fn without_offset(text: &str) -> &str {
    let is_offset = |tail: &str| {
        let bytes = tail.as_bytes();
        bytes.len() == 6
            && matches!(bytes[0], b'+' | b'-')
            && bytes[3] == b':'
            && [1, 2, 4, 5].iter().all(|i| bytes[*i].is_ascii_digit())
    };
    text.rsplit_once(' ')
        .filter(|(time, tail)| time.len() > 10 && is_offset(tail))
        .map_or(text, |(time, _)| time)
}

#[cfg(test)]
mod tests {
    use super::*;

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
