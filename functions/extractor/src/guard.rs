//! The statement guard: a text is sent to the ERP only if it is one plain SELECT with explicit columns.
//!
//! Two layers must agree: [`words`] looks at the tokens of the text, [`tree`] at the tree that a SQL parser
//! makes of them. Both list what is allowed and refuse everything else. The guard knows neither the tables
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

/// The spelling of the checked text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// For Microsoft SQL Server: names in square brackets, parameters such as `@P1`.
    SqlServer,
    /// For SQLite: names in double quotes, parameters such as `?1`.
    Sqlite,
}

/// Why a text must not be sent to the ERP.
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

    /// The only characters that may stand before and after a name in quotes. The database and the parser must
    /// agree where a name ends. But to SQL Server double quotes may mean a text, and SQLite ends a name in
    /// square brackets where the parser goes on.
    const fn quotes(self) -> (char, char) {
        match self {
            Self::SqlServer => ('[', ']'),
            Self::Sqlite => ('"', '"'),
        }
    }
}

/// Accepts one plain SELECT with explicit columns, and refuses everything else.
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
