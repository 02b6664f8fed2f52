//! A value as the ERP gave it.

use std::fmt;

use chrono::NaiveDateTime;

use super::time::{ErpTime, parse_time};

/// A value as the ERP gave it.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// NULL.
    Null,
    /// A whole number.
    Int(i64),
    /// A number.
    Real(f64),
    /// Text; also decimals with all their digits, and the times of a database without time types.
    Text(String),
    /// A time.
    Time(ErpTime),
    /// Bytes that are no text in the column's encoding.
    Blob(Vec<u8>),
}

impl Cell {
    /// The time that it is or spells.
    pub fn time(&self) -> Option<NaiveDateTime> {
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
