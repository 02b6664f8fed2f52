//! What rows must meet: conditions on single columns.

use super::Cell;

/// A condition on a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// The column is NULL.
    IsNull(&'static str),
    /// The column is not NULL.
    NotNull(&'static str),
    /// The column is at least this.
    AtLeast(&'static str, Cell),
    /// The column is more than this.
    Above(&'static str, Cell),
    /// The column is less than this.
    Below(&'static str, Cell),
    /// The column is this; NULL equals NULL.
    Is(&'static str, Cell),
    /// The column is no text that begins with a year of four digits and a dash.
    Undated(&'static str),
    /// One of these holds.
    Any(Vec<Condition>),
    /// All of these hold.
    All(Vec<Condition>),
}
