//! The way past the stamps of earlier years, on which only what is no such stamp is read. Pure.
//!
//! Stamps that can be read begin with their year, so in the order of texts those of a year lie together. A
//! stamp of another form may lie between any two years: `05/11/2026` before all of them, seconds since 1970
//! among those of 1795, `2025/11/28` behind 2025. Whoever meets a stamp of an earlier year therefore goes on
//! behind that year. To know where that is, the order must be known: some collations put a dash where its
//! character code belongs, others overlook it. Both places are tried.

use crate::source::Cell;

/// How far the way past the years has come.
#[derive(Clone, Debug)]
pub(super) struct Years {
    /// The year at which the way ends: from there on its stamps are in order.
    until: i32,
    /// The year that was last passed over, and by which of the places.
    passed: Option<(i32, usize)>,
}

/// What is to be done where a stamp of an earlier year comes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Past {
    /// Its row is read like any other.
    Read,
    /// The way goes on at this stamp.
    From(Cell),
    /// The way has come to its end.
    End,
}

impl Years {
    /// The way past all years before this one.
    pub(super) const fn before(until: i32) -> Self {
        Self { until, passed: None }
    }

    /// What is to be done where a stamp of this year comes.
    pub(super) fn past(&mut self, year: i32) -> Past {
        if year >= self.until {
            return Past::End;
        }
        let place = match self.passed {
            Some((passed, place)) if passed == year => place + 1,
            // The order is none of those that are known, and no place would lead on.
            Some((passed, _)) if passed > year => return Past::Read,
            _ => 0,
        };
        // No number, because a column of numbers would take its text for one.
        let from = match place {
            // Where the code of a character decides, the colon follows all digits.
            0 => format!("{year:04}-:"),
            // Where the dash is overlooked, no month follows this. Other dates of the year that have no signs
            // lie among its stamps, and are as old.
            1 => format!("{year:04}-99"),
            _ => return Past::Read,
        };
        self.passed = Some((year, place));
        Past::From(Cell::Text(from))
    }
}

/// The year of a stamp that begins as those do that can be read: `2026-1`.
pub(super) fn year_of(stamp: &Cell) -> Option<i32> {
    let Cell::Text(text) = stamp else { return None };
    let [year @ .., b'-', b'0'..=b'9'] = text.as_bytes().get(..6)? else { return None };
    let year =
        year.iter().try_fold(0, |n, digit| digit.is_ascii_digit().then(|| n * 10 + i32::from(digit - b'0')));
    // What is written where there is no date, `0000-00-00`, belongs to no year.
    year.filter(|year| *year > 0)
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// How texts are ordered: by their characters, or first without the dashes and with other signs before
    /// all digits.
    fn order(overlooks_dash: bool, a: &str, b: &str) -> Ordering {
        let weights = |text: &str| -> Vec<(bool, char)> {
            text.chars().filter(|c| *c != '-').map(|c| (c.is_ascii_alphanumeric(), c)).collect()
        };
        if overlooks_dash { weights(a).cmp(&weights(b)).then_with(|| a.cmp(b)) } else { a.cmp(b) }
    }

    /// The texts below `bound` that the way reads, and how often it was asked for the next one.
    fn read_of(
        texts: &BTreeSet<String>,
        bound: &str,
        until: i32,
        overlooks_dash: bool,
    ) -> (Vec<String>, usize) {
        let mut sorted: Vec<&String> =
            texts.iter().filter(|text| order(overlooks_dash, text, bound).is_lt()).collect();
        sorted.sort_by(|a, b| order(overlooks_dash, a, b));
        let (mut years, mut read, mut looks, mut at) = (Years::before(until), Vec::new(), 0, 0);
        while let Some(text) = sorted.get(at) {
            looks += 1;
            match year_of(&Cell::Text((*text).clone())).map_or(Past::Read, |year| years.past(year)) {
                Past::Read => (read, at) = ([read, vec![(*text).clone()]].concat(), at + 1),
                Past::End => break,
                Past::From(Cell::Text(from)) => {
                    at = sorted
                        .iter()
                        .position(|text| order(overlooks_dash, text, &from).is_ge())
                        .unwrap_or(sorted.len());
                }
                Past::From(other) => panic!("{other:?}"),
            }
            assert!(looks <= 4 * sorted.len() + 9, "the way turns in a circle");
        }
        (read, looks)
    }

    /// Stamps that cannot be read, and that sort before the bound in both orders.
    const FOREIGN: [&str; 13] = [
        "",
        " ",
        "05/11/2026 13:04:00",
        "1/2/2026",
        "12.11.2026",
        "1795870800",
        "1906500000",
        "2/11/2026",
        "20.11.2026",
        "2025/12/31 10:00",
        "2025.12.31",
        "2025 12 31",
        " 2025-11-20 10:00:00",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn all_that_is_no_stamp_is_read_and_no_year_is_walked_through(years in prop::collection::btree_set(1996..2027_i32, 0..8), overlooks_dash in any::<bool>(), count in 1..20_usize) {
            let stamps = years.iter().flat_map(|year| (0..count).map(move |n| format!("{year}-{:02}-{:02} 10:00:00", n % 12 + 1, n % 28 + 1)));
            let texts: BTreeSet<String> = stamps.chain(FOREIGN.map(str::to_owned)).collect();
            let (mut read, looks) = read_of(&texts, "2026-11-20 12:00:00", 2026, overlooks_dash);
            read.sort();
            let foreign: BTreeSet<String> = FOREIGN.map(str::to_owned).into();
            prop_assert_eq!(read, foreign.into_iter().collect::<Vec<_>>());
            prop_assert!(looks <= FOREIGN.len() + 2 * years.len() + 1, "{} looks for {} years", looks, years.len());
        }
    }

    #[test]
    fn a_stamp_is_known_by_its_year_and_the_first_digit_of_its_month() {
        let year = |text: &str| year_of(&Cell::Text(text.to_owned()));
        assert_eq!(
            ["2026-11-20", "0001-01-01 00:00:00", "2026-1"].map(year),
            [Some(2026), Some(1), Some(2026)]
        );
        for text in [
            "",
            "2026",
            "2026-",
            "2026-Nov",
            "2026/11/20",
            "20261120",
            " 2026-11-20",
            "26-11-2026",
            "２０２６-1",
            "0000-00-00 00:00:00",
        ] {
            assert_eq!(year(text), None, "{text}");
        }
        assert_eq!(year_of(&Cell::Int(2026)), None);
    }

    #[test]
    fn an_order_that_nobody_knows_leads_through_all_rows_and_not_in_a_circle() {
        let mut years = Years::before(2026);
        let from = |text: &str| Past::From(Cell::Text(text.to_owned()));
        assert_eq!(
            [2024, 2024, 2024, 2023, 2025].map(|year| years.past(year)),
            [from("2024-:"), from("2024-99"), Past::Read, Past::Read, from("2025-:")]
        );
        assert_eq!(years.past(2026), Past::End);
    }
}
