//! The variables of the environment. Blanks around a value do not count. A variable with an empty value is
//! not set.
//!
//! Variables that several crates use are read here. Each of the others is read in the settings of the crate
//! that uses it.

use std::ops::RangeInclusive;

use chrono_tz::Tz;

use crate::shown;

/// The value of a variable of this process.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A variable that is missing or makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// There is no default for it.
    #[error("{name} is not set: {expected}")]
    Missing {
        name: &'static str,
        /// What the variable might say.
        expected: &'static str,
    },
    /// Its value is not understood.
    #[error("{name} is `{}`: {expected}", shown(value))]
    Wrong {
        name: &'static str,
        /// The error does not show it if it may hold a password.
        value: String,
        /// What the variable might say.
        expected: String,
    },
}

/// Variables with their values.
#[derive(Clone, Copy, Debug)]
pub struct Environment<F>(pub F);

impl<F: Fn(&str) -> Option<String>> Environment<F> {
    /// The value of a variable that is set.
    pub fn given(&self, name: &str) -> Option<String> {
        (self.0)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// What a variable says, or its default.
    pub fn parsed<T>(
        &self,
        name: &'static str,
        default: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, SettingsError> {
        let value = self.given(name).unwrap_or_else(|| default.to_owned());
        parse(&value).ok_or_else(|| SettingsError::Wrong { name, value, expected: expected.to_owned() })
    }

    /// A whole number within bounds.
    pub fn number(
        &self,
        name: &'static str,
        default: u32,
        bounds: RangeInclusive<u32>,
    ) -> Result<u32, SettingsError> {
        let expected = format!("use a whole number from {} to {}", bounds.start(), bounds.end());
        let parse = |text: &str| text.parse().ok().filter(|number| bounds.contains(number));
        self.parsed(name, &default.to_string(), &expected, parse)
    }

    /// `FACTORY_ID`: the factory's name, which stands in every key in the lake.
    pub fn factory_id(&self) -> Result<String, SettingsError> {
        let simple = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        self.parsed("FACTORY_ID", "main", "use letters, digits, `-`, `_` and `.`", |text| {
            (text.chars().all(simple) && !text.starts_with('.')).then(|| text.to_owned())
        })
    }

    /// `FACTORY_TZ`: the zone of the factory's clock.
    pub fn factory_tz(&self) -> Result<Tz, SettingsError> {
        let expected = "use the name of a zone such as Europe/London";
        self.parsed("FACTORY_TZ", "Europe/London", expected, |text| text.parse().ok())
    }

    /// `LAKE`: a folder or a bucket.
    pub fn lake(&self) -> String {
        self.given("LAKE").unwrap_or_else(|| "data/lake".to_owned())
    }

    /// `LAKE` where there are no folders: `s3://bucket/prefix`.
    pub fn bucket(&self) -> Result<String, SettingsError> {
        let expected = "use s3://bucket/prefix";
        let value = self.given("LAKE").ok_or(SettingsError::Missing { name: "LAKE", expected })?;
        if value.starts_with("s3://") {
            Ok(value)
        } else {
            Err(SettingsError::Wrong { name: "LAKE", value, expected: expected.to_owned() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_a_bucket_has_to_be_set() {
        for text in [None, Some(""), Some(" ")] {
            let environment = Environment(|_: &str| text.map(str::to_owned));
            assert_eq!(environment.factory_id().as_deref(), Ok("main"));
            assert_eq!(environment.factory_tz(), Ok(Tz::Europe__London));
            assert_eq!(environment.lake(), "data/lake");
            assert_eq!(environment.number("N", 7, 1..=9), Ok(7));
            assert_eq!(
                environment.bucket().unwrap_err().to_string(),
                "LAKE is not set: use s3://bucket/prefix"
            );
        }
    }

    #[test]
    fn a_variable_that_makes_no_sense_is_named_with_what_to_do() {
        type Given<'a> = Environment<&'a dyn Fn(&str) -> Option<String>>;
        let said = |value: &str, read: fn(&Given<'_>) -> SettingsError| {
            read(&Environment(&|_: &str| Some(value.to_owned()))).to_string()
        };
        assert_eq!(
            said("data/lake", |all| all.bucket().unwrap_err()),
            "LAKE is `data/lake`: use s3://bucket/prefix"
        );
        assert_eq!(
            said("Grimsby", |all| all.factory_tz().unwrap_err()),
            "FACTORY_TZ is `Grimsby`: use the name of a zone such as Europe/London"
        );
        let secret = said("ann:s3cret@erp", |all| all.factory_id().unwrap_err());
        assert_eq!(secret, "FACTORY_ID is `…`: use letters, digits, `-`, `_` and `.`");
        for value in ["a/b", "../x", ".hidden"] {
            assert_eq!(
                said(value, |all| all.factory_id().unwrap_err()),
                format!("FACTORY_ID is `{value}`: use letters, digits, `-`, `_` and `.`")
            );
        }
        for value in ["many", "0", "10", "-1"] {
            assert_eq!(
                said(value, |all| all.number("N", 7, 1..=9).unwrap_err()),
                format!("N is `{value}`: use a whole number from 1 to 9")
            );
        }
    }
}
