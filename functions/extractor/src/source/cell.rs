//! A value as the ERP gave it.

use std::fmt;

use chrono::NaiveDateTime;
use chrono_tz::Tz;

use super::time::{ErpTime, parse_time, read_time};

/// A value as the ERP gave it.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Null,
    Int(i64),
    Real(f64),
    /// Text. Decimals are text too, with all their digits, and so are the times of a database without time
    /// types.
    Text(String),
    Time(ErpTime),
    /// Bytes that are no text in the column's encoding.
    Blob(Vec<u8>),
}

impl Cell {
    /// The time that the cell holds or spells, on the factory's clock.
    pub fn time_in(&self, factory_tz: Tz) -> Option<NaiveDateTime> {
        match self {
            Self::Text(text) => read_time(text.trim(), factory_tz),
            other => other.time(),
        }
    }

    /// The time that the cell holds or spells, whatever zone follows it.
    pub(super) fn time(&self) -> Option<NaiveDateTime> {
        match self {
            Self::Time(time) => Some(time.at),
            Self::Text(text) => parse_time(text.trim()),
            _ => None,
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Real(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(value),
            Self::Time(value) => write!(f, "{value}"),
            Self::Blob(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
        }
    }
}
