//! Numbers, times and ages as people read them: `1,234.5 kg`, `92.4 %`, `14:32`, `2 min ago`.

use chrono::{NaiveDate, NaiveDateTime};
pub(crate) use domain::spelled::number;

/// A whole number with thousands separators.
pub(crate) fn count(value: i64) -> String {
    number(value as f64, 0)
}

/// How many rows of a list of `listed` are of a kind. If the list was cut off at `limit`, there are at least so
/// many: `1,000+`.
pub(crate) fn rows(of_kind: usize, listed: usize, limit: usize) -> String {
    let more = if listed >= limit { "+" } else { "" };
    format!("{}{more}", number(of_kind as f64, 0))
}

pub(crate) fn kg(value: f64) -> String {
    format!("{} kg", number(value, 1))
}

pub(crate) fn grams(value: f64) -> String {
    format!("{} g", number(value, 1))
}

pub(crate) fn pct(value: f64) -> String {
    format!("{} %", number(value, 1))
}

pub(crate) fn celsius(value: f64) -> String {
    format!("{} °C", number(value, 1))
}

/// A date: `23 Nov 2026`.
pub(crate) fn date(date: NaiveDate) -> String {
    date.format("%-d %b %Y").to_string()
}

/// A date without its year: `23 Nov`.
pub(crate) fn day(date: NaiveDate) -> String {
    date.format("%-d %b").to_string()
}

/// A time on the factory's clock: `14:32`, with its date unless that is `today`.
pub(crate) fn time(time: NaiveDateTime, today: Option<NaiveDate>) -> String {
    let form = if today == Some(time.date()) { "%H:%M" } else { "%-d %b %H:%M" };
    time.format(form).to_string()
}

/// How long ago something was.
pub(crate) fn age(milliseconds: f64) -> String {
    // The clocks of servers differ a little, but no age is shown as negative.
    let seconds = (milliseconds / 1000.0).max(0.0) as u64;
    match seconds {
        0..60 => format!("{seconds} s ago"),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..172_800 => format!("{} h ago", seconds / 3600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

/// A code of the API in words: `low_yield` is `Low yield`, `gg_in_premium` is `GG in premium`.
pub(crate) fn words(code: &str) -> String {
    let words: Vec<_> = code
        .split('_')
        .map(|word| if ["gg", "plu"].contains(&word) { word.to_uppercase() } else { word.to_owned() })
        .collect();
    let mut words = words.join(" ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_thousands_separators_and_one_form_of_zero() {
        assert_eq!(number(0.0, 1), "0.0");
        assert_eq!(number(-0.04, 1), "0.0");
        assert_eq!(number(999.96, 1), "1,000.0");
        assert_eq!(number(-1234.56, 1), "-1,234.6");
        assert_eq!(number(1_234_567.0, 0), "1,234,567");
        assert_eq!(count(-100), "-100");
        assert_eq!(
            (kg(1234.5), pct(92.44), celsius(-18.0), grams(500.0)),
            ("1,234.5 kg".into(), "92.4 %".into(), "-18.0 °C".into(), "500.0 g".into())
        );
    }

    #[test]
    fn a_list_that_was_cut_off_is_never_shown_as_a_whole_count() {
        assert_eq!(rows(999, 999, 1000), "999");
        assert_eq!(rows(1000, 1000, 1000), "1,000+");
        assert_eq!(rows(0, 0, 1000), "0");
        assert_eq!(rows(700, 1000, 1000), "700+", "others were cut off");
    }

    #[test]
    fn ages_count_in_the_unit_that_a_reader_thinks_in() {
        let check = |seconds: f64, expect: &str| assert_eq!(age(seconds * 1000.0), expect);
        check(-5.0, "0 s ago");
        check(59.9, "59 s ago");
        check(60.0, "1 min ago");
        check(3599.0, "59 min ago");
        check(3600.0, "1 h ago");
        check(172_800.0, "2 days ago");
    }

    #[test]
    fn a_time_of_another_day_says_which() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 3).unwrap();
        let evening = day.and_hms_opt(22, 5, 59).unwrap();
        assert_eq!(time(evening, Some(day)), "22:05");
        assert_eq!(time(evening, day.succ_opt()), "3 Nov 22:05");
        assert_eq!(time(evening, None), "3 Nov 22:05");
        assert_eq!((date(day), super::day(day)), ("3 Nov 2026".into(), "3 Nov".into()));
    }

    #[test]
    fn codes_read_as_words() {
        assert_eq!(
            (words("low_yield"), words("gg_in_premium"), words("plu_mismatch")),
            ("Low yield".into(), "GG in premium".into(), "PLU mismatch".into())
        );
        assert_eq!(words(""), "");
        assert_eq!(words("été"), "été");
    }
}
