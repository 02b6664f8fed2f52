//! What raw segments bring to a part of staging.

use polars::prelude::DataFrame;

/// The rows of one segment that fall into one part.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The rows, as [`segment::schema`](crate::segment::schema) has them.
    pub rows: DataFrame,
    /// Whether the ERP was compared with the lake. Then these rows hold even where their watermark is older.
    pub authoritative: bool,
}
