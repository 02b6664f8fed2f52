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
    /// The column begins with this text, compared as text without the blanks around it. Where `whole`, it is
    /// just this text.
    Reads {
        column: &'static str,
        text: String,
        /// Whether the column has nothing after this text.
        whole: bool,
    },
    /// One of these holds.
    Any(Vec<Condition>),
    /// All of these hold.
    All(Vec<Condition>),
}

impl Condition {
    /// "Comes after `values` in the order of `columns`", with the first column bounded on its own so that an
    /// index on it serves.
    pub(super) fn after(columns: &[&'static str], values: &[Cell]) -> Self {
        let (Some((column, rest)), Some((value, values))) = (columns.split_first(), values.split_first())
        else {
            return Self::Any(Vec::new());
        };
        if *value == Cell::Null {
            // NULL comes first in both databases.
            let tie = if rest.is_empty() {
                Vec::new()
            } else {
                vec![Self::All(vec![Self::IsNull(column), Self::after(rest, values)])]
            };
            return Self::Any(std::iter::once(Self::NotNull(column)).chain(tie).collect());
        }
        let beyond = Self::Above(column, value.clone());
        if rest.is_empty() {
            return beyond;
        }
        let tie = Self::All(vec![Self::Is(column, value.clone()), Self::after(rest, values)]);
        Self::All(vec![Self::AtLeast(column, value.clone()), Self::Any(vec![beyond, tie])])
    }
}
