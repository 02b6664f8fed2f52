//! What the environment says about a job, checked once at the start.

use std::time::Duration;

use chrono_tz::Tz;
use lake::{Pause, Retries};
use process::Environment;

use crate::source::{Address, AddressError, Connect, ErpAt};

/// How a factory's ERP is read.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the ERP is.
    pub source_db: Address,
    /// The factory's name, which stands in every key in the lake.
    pub factory_id: String,
    /// The zone of the factory's clock, which the ERP shows too.
    pub factory_tz: Tz,
    /// How tables are read.
    pub reading: Reading,
    /// How often a table is tried again after a failure that may pass.
    pub retries: u32,
    /// How long to wait before a table is tried again.
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
    /// A variable is missing or cannot be read.
    #[error(transparent)]
    Variable(#[from] process::SettingsError),
    /// The ERP may not be read as it is addressed.
    #[error("SOURCE_DB is refused: {0}")]
    Source(#[from] AddressError),
}

impl Settings {
    /// Reads the settings from variables.
    pub fn read(environment: &Environment<impl Fn(&str) -> Option<String>>) -> Result<Self, SettingsError> {
        let source_db = environment.given("SOURCE_DB");
        Ok(Self {
            source_db: source_db.as_deref().unwrap_or("sqlite://data/erp.db").parse()?,
            factory_id: environment.factory_id()?,
            factory_tz: environment.factory_tz()?,
            reading: Reading {
                batch_size: environment.number("BATCH_SIZE", 5000, 1..=100_000)? as usize,
                overlap_minutes: environment.number("OVERLAP_MINUTES", 120, 0..=100_000)?,
                reconcile_days: environment.number("RECONCILE_DAYS", 35, 1..=3660)?,
            },
            retries: environment.number("RETRIES", 2, 0..=20)?,
            retry_delay: Duration::from_secs(environment.number("RETRY_DELAY_SECONDS", 30, 0..=3600)?.into()),
        })
    }

    /// How often reading a table is tried again, and connecting.
    pub const fn again(&self) -> Retries {
        Retries { most: self.retries, pause: Pause::Even(self.retry_delay) }
    }

    /// The way to the ERP.
    pub fn source(&self) -> impl Connect + use<> {
        ErpAt { address: self.source_db.clone(), factory_tz: self.factory_tz }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, String> {
        let find = |name: &str| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        Settings::read(&Environment(find)).map_err(|e| e.to_string())
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
            assert_eq!(read(&[(name, value)]).err(), Some(expect.to_owned()));
        };
        check("BATCH_SIZE", "many", "BATCH_SIZE is `many`: use a whole number from 1 to 100000");
        check("BATCH_SIZE", "0", "BATCH_SIZE is `0`: use a whole number from 1 to 100000");
        check(
            "FACTORY_TZ",
            "Mars/Base",
            "FACTORY_TZ is `Mars/Base`: use the name of a zone such as Europe/London",
        );
        check(
            "SOURCE_DB",
            "oracle://erp",
            "SOURCE_DB is refused: it begins with neither sqlite:// nor mssql://: use sqlite://path or mssql://user:password@host:1433/database",
        );
        check("FACTORY_ID", "../x", "FACTORY_ID is `../x`: use letters, digits, `-`, `_` and `.`");
    }
}
