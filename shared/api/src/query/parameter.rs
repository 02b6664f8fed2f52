//! A parameter: the values that it takes, how its text is read, and what an error says of it.

use chrono::NaiveDate;

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// A whole number in a range.
    Whole {
        /// The least value.
        min: u32,
        /// The greatest value.
        max: u32,
        /// The value that is meant when the parameter is absent. `None` where its absence means "all".
        default: Option<u32>,
    },
    /// `YYYY-MM-DD`.
    Date,
    /// Any text up to [`TEXT_MAX`] characters, without control characters.
    Text,
    /// `true` or `false`.
    Flag,
    /// Where the page before ended.
    After,
    /// One of these words.
    OneOf(&'static [&'static str]),
}

/// The longest text that a parameter takes, in characters.
pub const TEXT_MAX: usize = 200;

/// A value that can be a parameter.
pub trait Parameter: Sized {
    /// The values that it takes.
    const KIND: ParameterKind;

    /// Reads the text of a parameter. `None` is an absent parameter. The error says what would be right.
    fn read(text: Option<&str>) -> Result<Self, String>;

    /// The text that reads back as this value. `None` if the parameter is absent.
    fn write(&self) -> Option<String>;
}

/// A whole number from `MIN` to `MAX`, which is `DEFAULT` when absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole<const MIN: u32, const MAX: u32, const DEFAULT: u32>(pub u32);

impl<const MIN: u32, const MAX: u32, const DEFAULT: u32> Default for Whole<MIN, MAX, DEFAULT> {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

impl<const MIN: u32, const MAX: u32, const DEFAULT: u32> Parameter for Whole<MIN, MAX, DEFAULT> {
    const KIND: ParameterKind = ParameterKind::Whole { min: MIN, max: MAX, default: Some(DEFAULT) };

    fn read(text: Option<&str>) -> Result<Self, String> {
        let Some(text) = text else { return Ok(Self(DEFAULT)) };
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse() {
            Ok(n) if digits && (MIN..=MAX).contains(&n) => Ok(Self(n)),
            _ => Err(format!("is not a whole number from {MIN} to {MAX}")),
        }
    }

    fn write(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

/// So many days up to today.
pub type Days<const DEFAULT: u32> = Whole<1, 365, DEFAULT>;
/// How many rows a list holds at most.
pub type Limit = Whole<1, 10_000, 1000>;

impl<T: Parameter> Parameter for Option<T> {
    const KIND: ParameterKind = match T::KIND {
        ParameterKind::Whole { min, max, .. } => ParameterKind::Whole { min, max, default: None },
        kind => kind,
    };

    fn read(text: Option<&str>) -> Result<Self, String> {
        text.map(|text| T::read(Some(text))).transpose()
    }

    fn write(&self) -> Option<String> {
        self.as_ref().and_then(Parameter::write)
    }
}

impl Parameter for NaiveDate {
    const KIND: ParameterKind = ParameterKind::Date;

    fn read(text: Option<&str>) -> Result<Self, String> {
        let text = text.unwrap_or_default();
        // Programs that know no dates send their midnight.
        let text = text.split_once('T').filter(|(_, time)| is_midnight(time)).map_or(text, |(date, _)| date);
        // chrono also takes "2026-1-5", "+2026-01-05" and years of more digits: one spelling is enough.
        text.parse::<NaiveDate>()
            .ok()
            .filter(|date| text.len() == 10 && date.to_string() == text)
            .ok_or_else(|| "is not a date such as 2026-11-23".to_owned())
    }

    fn write(&self) -> Option<String> {
        Some(self.to_string())
    }
}

/// Whether a time of day is `00:00:00`, with or without a fraction.
fn is_midnight(time: &str) -> bool {
    let (seconds, fraction) = time.split_once('.').unwrap_or((time, "0"));
    seconds == "00:00:00" && !fraction.is_empty() && fraction.bytes().all(|digit| digit == b'0')
}

impl Parameter for bool {
    const KIND: ParameterKind = ParameterKind::Flag;

    fn read(text: Option<&str>) -> Result<Self, String> {
        match text {
            Some("true") => Ok(true),
            Some("false") | None => Ok(false),
            Some(_) => Err("is neither true nor false".to_owned()),
        }
    }

    fn write(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Parameter for String {
    const KIND: ParameterKind = ParameterKind::Text;

    fn read(text: Option<&str>) -> Result<Self, String> {
        let text = text.unwrap_or_default();
        match text.trim() {
            "" => Err("is empty".to_owned()),
            _ if text.chars().count() > TEXT_MAX => Err(format!("is longer than {TEXT_MAX} characters")),
            // No text of the ERP has a control character. A filter with one is a mistake, or worse.
            _ if text.contains(char::is_control) => Err("holds a control character".to_owned()),
            text => Ok(text.to_owned()),
        }
    }

    fn write(&self) -> Option<String> {
        Some(self.clone())
    }
}

/// Where the page before ended, as its `Link` header says. Only the endpoint that wrote it understands it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After(pub String);

/// The longest [`After`] that is taken, in characters. It holds texts of the ERP, whose length nobody
/// promised.
pub const AFTER_MAX: usize = 4000;

impl Parameter for After {
    const KIND: ParameterKind = ParameterKind::After;

    fn read(text: Option<&str>) -> Result<Self, String> {
        let text = text.unwrap_or_default();
        if text.chars().count() > AFTER_MAX {
            return Err(format!("is longer than {AFTER_MAX} characters"));
        }
        Ok(Self(text.to_owned()))
    }

    fn write(&self) -> Option<String> {
        Some(self.0.clone())
    }
}

/// Declares a parameter that is one of several words: an enum whose variants each have a word.
#[macro_export]
macro_rules! choice {
    ($(#[doc = $doc:literal])+ pub enum $name:ident { $($(#[doc = $variant_doc:literal])+ $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[doc = $variant_doc])+ $variant),+ }

        impl $name {
            /// The word that asks for this variant.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl $crate::query::Parameter for $name {
            const KIND: $crate::query::ParameterKind = $crate::query::ParameterKind::OneOf(&[$($word),+]);

            fn read(text: Option<&str>) -> Result<Self, String> {
                match text {
                    $(Some($word) => Ok(Self::$variant),)+
                    _ => Err(concat!("is none of" $(, " ", $word)+).to_owned()),
                }
            }

            fn write(&self) -> Option<String> {
                Some(self.word().to_owned())
            }
        }
    };
}

choice! {
    /// In which form a list is wanted; absent, the `Accept` header decides.
    pub enum Format {
        /// A JSON array.
        Json = "json",
        /// CSV as RFC 4180 has it, UTF-8.
        Csv = "csv",
        /// An Excel workbook.
        Xlsx = "xlsx",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_may_be_written_as_its_midnight_alone() {
        let date = |text: &str| <NaiveDate as Parameter>::read(Some(text)).ok().map(|date| date.to_string());
        for text in ["2026-11-23", "2026-11-23T00:00:00", "2026-11-23T00:00:00.0000000"] {
            assert_eq!(date(text).as_deref(), Some("2026-11-23"), "{text}");
        }
        let wrong = [
            "2026-11-23T",
            "2026-11-23T00:00",
            "2026-11-23T06:00:00",
            "2026-11-23T00:00:01",
            "2026-11-23T00:00:00.",
            "2026-11-23T00:00:00.1",
            "2026-11-23T00:00:00Z",
            "T00:00:00",
        ];
        for text in wrong {
            assert_eq!(date(text), None, "{text}");
        }
    }
}
