//! The statement guard: the ERP gets a text only if it is one plain SELECT with explicit columns.
//!
//! Two layers must both agree: [`words`] looks at the text's tokens, [`tree`] at what a SQL parser makes of
//! them. Both say what may be there, and what they do not know is refused. The guard knows neither the tables
//! nor who wrote the text.

mod tree;
mod words;

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;

use sqlparser::dialect::{Dialect, MsSqlDialect, SQLiteDialect};

/// How much of a refused text its error shows.
const SHOWN_CHARS: usize = 200;

/// How the checked text is spelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// As Microsoft SQL Server wants it: names in square brackets, parameters `@P1`.
    SqlServer,
    /// As SQLite wants it: names in double quotes, parameters `?1`.
    Sqlite,
}

/// A text that the ERP must not get.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the statement guard refused `{statement}`: {reason}; the ERP only gets single SELECT statements over named columns"
)]
pub struct Refused {
    statement: String,
    reason: String,
}

impl Spelling {
    fn dialect(self) -> &'static dyn Dialect {
        match self {
            Self::SqlServer => &MsSqlDialect {},
            Self::Sqlite => &SQLiteDialect {},
        }
    }

    /// What stands before and after a name in quotes. One way to quote is enough, and one that the databases
    /// and the parser agree on: to SQL Server double quotes may mean a text, and SQLite ends square brackets
    /// where the parser goes on.
    const fn quotes(self) -> (char, char) {
        match self {
            Self::SqlServer => ('[', ']'),
            Self::Sqlite => ('"', '"'),
        }
    }
}

/// Passes one plain SELECT with explicit columns, and nothing else.
pub fn check(text: &str, spelling: Spelling) -> Result<(), Refused> {
    let verdict = words::check(text, spelling).and_then(|tokens| tree::check(tokens, spelling));
    verdict.map_err(|reason| Refused { statement: shortened(text), reason: shortened(&reason) })
}

/// The beginning of a text, on one line.
fn shortened(text: &str) -> String {
    let mut shown: String =
        text.chars().take(SHOWN_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(SHOWN_CHARS).is_some() {
        shown.push('…');
    }
    shown
}
