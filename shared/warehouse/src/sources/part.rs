//! Which staging object a row lies in: a pure function of its key, so that a row never has to be looked for.

/// How a table's rows are divided into objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// One object: a table that stays small.
    One,
    /// Ranges of so many ids of a whole-number key column.
    Range(&'static str, i64),
    /// Ranges of so many numbers of a text key column, by the digits that it ends with ("TR-004711" is 4711;
    /// none is 0).
    Digits(&'static str, i64),
}

impl Part {
    /// The key column that decides.
    pub const fn column(self) -> Option<&'static str> {
        match self {
            Self::One => None,
            Self::Range(column, _) | Self::Digits(column, _) => Some(column),
        }
    }

    /// The part of a whole-number key.
    pub fn of_number(self, value: i64) -> String {
        match self {
            Self::One => ONE.to_owned(),
            Self::Range(_, size) | Self::Digits(_, size) => format!("{:012}", value.max(0) / size * size),
        }
    }

    /// The part of a text key.
    pub fn of_text(self, value: &str) -> String {
        self.of_number(trailing_digits(value))
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
        let part = Part::Digits("run_number", 1000);
        assert_eq!(part.of_text("007208"), "000000007000");
        assert_eq!(part.of_text("TR-2026-1999"), "000000001000");
        assert_eq!(part.of_text("rework"), "000000000000");
        assert_eq!(part.of_text("é9999999999999999999"), "999999999999000");
        assert_eq!(Part::One.of_text("x"), "all");
        assert_eq!(Part::Range("id", 50_000).of_number(123_456), "000000100000");
    }
}
