//! A column of a source table: its name in the ERP, its type, and the range that its values must keep.

use polars::prelude::{DataType, TimeUnit};

/// The type of a column, which decides what a legacy value may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text, kept without the blanks around it.
    Text,
    /// A whole number of at least 0.
    Whole,
    /// A finite number of at least 0.
    Number,
    /// A finite number.
    Signed,
    /// Yes or no, in any of the legacy spellings.
    Flag,
    /// A date.
    Date,
    /// A date and time on the factory's clock; a date alone means its midnight.
    Time,
}

impl Kind {
    /// How the lake stores it.
    pub fn dtype(self) -> DataType {
        match self {
            Self::Text => DataType::String,
            Self::Whole => DataType::Int64,
            Self::Number | Self::Signed => DataType::Float64,
            Self::Flag => DataType::Boolean,
            Self::Date => DataType::Date,
            Self::Time => DataType::Datetime(TimeUnit::Microseconds, None),
        }
    }

    /// What people call it: "a whole number", "a date".
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Whole => "a whole number",
            Self::Number => "a number of at least 0",
            Self::Signed => "a number",
            Self::Flag => "a yes/no flag",
            Self::Date => "a date",
            Self::Time => "a date and time",
        }
    }
}

/// A column as it is declared.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The name in the ERP.
    pub source: &'static str,
    pub kind: Kind,
    /// The inclusive range of a whole number, where it is narrower than the type.
    pub range: Option<(i64, i64)>,
    /// What NULL means, for a flag that has a meaning without a value.
    pub when_null: Option<bool>,
    /// Whether text is kept in upper case.
    pub upper_case: bool,
}

impl Column {
    const fn new(source: &'static str, kind: Kind) -> Self {
        Self { source, kind, range: None, when_null: None, upper_case: false }
    }

    /// Narrows a whole number to `low..=high`.
    pub const fn within(mut self, low: i64, high: i64) -> Self {
        self.range = Some((low, high));
        self
    }

    /// Says what NULL means.
    pub const fn when_null(mut self, value: bool) -> Self {
        self.when_null = Some(value);
        self
    }

    /// Keeps the text in upper case.
    pub const fn upper_case(mut self) -> Self {
        self.upper_case = true;
        self
    }

    /// The name in the lake: `PLUNumber` is `plu_number`.
    pub fn name(&self) -> String {
        let chars: Vec<char> = self.source.chars().collect();
        let mut name = String::with_capacity(chars.len() + 4);
        for (i, c) in chars.iter().enumerate() {
            let after_lower = i > 0 && chars[i - 1].is_ascii_lowercase();
            let starts_word = i > 0
                && chars[i - 1].is_ascii_uppercase()
                && chars.get(i + 1).is_some_and(char::is_ascii_lowercase);
            if c.is_ascii_uppercase() && (after_lower || starts_word) {
                name.push('_');
            }
            name.push(c.to_ascii_lowercase());
        }
        name
    }
}

pub const fn text(source: &'static str) -> Column {
    Column::new(source, Kind::Text)
}

pub const fn whole(source: &'static str) -> Column {
    Column::new(source, Kind::Whole)
}

/// A column of numbers of at least 0.
pub const fn number(source: &'static str) -> Column {
    Column::new(source, Kind::Number)
}

/// A column of numbers of either sign.
pub const fn signed(source: &'static str) -> Column {
    Column::new(source, Kind::Signed)
}

/// A yes/no column.
pub const fn flag(source: &'static str) -> Column {
    Column::new(source, Kind::Flag)
}

pub const fn date(source: &'static str) -> Column {
    Column::new(source, Kind::Date)
}

/// A date-and-time column.
pub const fn time(source: &'static str) -> Column {
    Column::new(source, Kind::Time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn erp_names_become_snake_case() {
        let check = |source, name: &str| assert_eq!(text(source).name(), name);
        check("RunNumber", "run_number");
        check("PLUNumber", "plu_number");
        check("OperatorID", "operator_id");
        check("TransNo", "trans_no");
        check("GiveawayPct", "giveaway_pct");
        check("max_capacity_kg", "max_capacity_kg");
    }
}
