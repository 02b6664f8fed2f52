//! Which staging part a row lies in: a pure function of its key, so that a row never has to be looked for.

/// How a table's rows are divided into parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Division {
    /// One part: the table stays small.
    One,
    /// Ranges of so many ids, by a whole-number key column.
    Range(&'static str, i64),
    /// Ranges of so many numbers, by the digits that a text key column ends with. "TR-004711" is 4711, and a
    /// text that ends with no digit is 0.
    Digits(&'static str, i64),
}

impl Division {
    /// The key column that decides.
    pub const fn column(self) -> Option<&'static str> {
        match self {
            Self::One => None,
            Self::Range(column, _) | Self::Digits(column, _) => Some(column),
        }
    }

    /// The part of a row with this whole-number key.
    pub fn part_of_number(self, value: i64) -> String {
        match self {
            Self::One => ONE.to_owned(),
            Self::Range(_, size) | Self::Digits(_, size) => format!("{:012}", value.max(0) / size * size),
        }
    }

    /// The part of a row with this text key.
    pub fn part_of_text(self, value: &str) -> String {
        self.part_of_number(trailing_digits(value))
    }
}

const ONE: &str = "all";

/// The number that a code ends with, at most its last 15 digits.
fn trailing_digits(code: &str) -> i64 {
    let digits = code.bytes().rev().take_while(u8::is_ascii_digit).take(15).count();
    code[code.len() - digits..].parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_fall_into_the_range_of_their_last_digits() {
        let division = Division::Digits("run_number", 1000);
        assert_eq!(division.part_of_text("007208"), "000000007000");
        assert_eq!(division.part_of_text("TR-2026-1999"), "000000001000");
        assert_eq!(division.part_of_text("rework"), "000000000000");
        assert_eq!(division.part_of_text("é9999999999999999999"), "999999999999000");
        assert_eq!(Division::One.part_of_text("x"), "all");
        assert_eq!(Division::Range("id", 50_000).part_of_number(123_456), "000000100000");
    }
}
