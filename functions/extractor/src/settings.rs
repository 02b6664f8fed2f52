//! What the environment says about a job, checked once at the start.

use std::time::Duration;

use chrono_tz::Tz;

use crate::source::{Address, AddressError, Connect, ErpAt};

/// How a factory's ERP is read.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the ERP is.
    pub source_db: Address,
    /// The factory's name, which is the first part of every key in the lake.
    pub factory_id: String,
    /// The factory's time zone.
    pub factory_tz: Tz,
    /// How tables are read.
    pub reading: Reading,
    /// How often a table is tried again after a failure that may pass.
    pub retries: u32,
    /// How long to wait before that.
    pub retry_delay: Duration,
}

/// How tables are read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Rows per page.
    pub batch_size: usize,
    /// How far behind the last watermark a job begins, in minutes.
    pub overlap_minutes: u32,
    /// How many days a reconciliation compares.
    pub reconcile_days: u32,
}

/// A setting that makes no sense.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SettingsError {
    /// It cannot be read.
    #[error("{name} is `{value}`: {expected}")]
    Value {
        /// The variable.
        name: &'static str,
        /// What it says.
        value: String,
        /// What it might say.
        expected: String,
    },
    /// The ERP may not be read as it is addressed.
    #[error("SOURCE_DB is refused: {0}")]
    Source(#[from] AddressError),
}

impl Settings {
    /// The way to the ERP.
    pub fn source(&self) -> impl Connect + use<> {
        ErpAt { address: self.source_db.clone(), factory_tz: self.factory_tz }
    }

    /// Reads the settings from a function that knows the environment.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let text = |name: &'static str, default: &str| {
            get(name).filter(|text| !text.trim().is_empty()).unwrap_or_else(|| default.to_owned())
        };
        let number =
            |name: &'static str, default: u32, least: u32, most: u32| -> Result<u32, SettingsError> {
                let value = text(name, &default.to_string());
                let wrong = || SettingsError::Value {
                    name,
                    value: value.clone(),
                    expected: format!("use a whole number from {least} to {most}"),
                };
                value.trim().parse().ok().filter(|n| (least..=most).contains(n)).ok_or_else(wrong)
            };
        let zone = text("FACTORY_TZ", "Europe/London");
        let factory_id = text("FACTORY_ID", "main");
        let simple = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if !factory_id.chars().all(simple) || factory_id.starts_with('.') {
            let expected = "use letters, digits, `-`, `_` and `.`".to_owned();
            return Err(SettingsError::Value { name: "FACTORY_ID", value: factory_id, expected });
        }
        Ok(Self {
            source_db: text("SOURCE_DB", "sqlite://data/erp.db").parse()?,
            factory_id,
            factory_tz: zone.parse().map_err(|_| SettingsError::Value {
                name: "FACTORY_TZ",
                value: zone,
                expected: "use a zone such as Europe/London".to_owned(),
            })?,
            reading: Reading {
                batch_size: number("BATCH_SIZE", 5000, 1, 100_000)? as usize,
                overlap_minutes: number("OVERLAP_MINUTES", 120, 0, 100_000)?,
                reconcile_days: number("RECONCILE_DAYS", 35, 1, 3660)?,
            },
            retries: number("RETRIES", 2, 0, 20)?,
            retry_delay: Duration::from_secs(number("RETRY_DELAY_SECONDS", 30, 0, 3600)?.into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, String> {
        Settings::read(|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
            .map_err(|e| e.to_string())
    }

    #[test]
    fn nothing_has_to_be_set() {
        let settings = read(&[]).unwrap();
        assert_eq!(
            (settings.reading.batch_size, settings.reading.overlap_minutes, settings.retries),
            (5000, 120, 2)
        );
        assert!(matches!(settings.source_db, Address::Sqlite(path) if path == Path::new("data/erp.db")));
    }

    #[test]
    fn a_setting_that_makes_no_sense_is_named_with_its_value() {
        let check = |name: &str, value: &str, expect: &str| {
            assert_eq!(read(&[(name, value)]).err(), Some(expect.to_owned()))
        };
        check("BATCH_SIZE", "many", "BATCH_SIZE is `many`: use a whole number from 1 to 100000");
        check("BATCH_SIZE", "0", "BATCH_SIZE is `0`: use a whole number from 1 to 100000");
        check("FACTORY_TZ", "Mars/Base", "FACTORY_TZ is `Mars/Base`: use a zone such as Europe/London");
        check(
            "SOURCE_DB",
            "oracle://erp",
            "SOURCE_DB is refused: it begins with neither sqlite:// nor mssql://: use sqlite://path or mssql://user:password@host:1433/database",
        );
        check("FACTORY_ID", "../x", "FACTORY_ID is `../x`: use letters, digits, `-`, `_` and `.`");
    }
}
