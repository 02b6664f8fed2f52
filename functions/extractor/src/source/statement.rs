//! A statement that may be sent: the guard has passed it.

use super::{Cell, Dialect, ErpError};
use crate::guard::{self, Spelling};

/// A statement that the guard has passed, with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    text: String,
    parameters: Vec<Cell>,
}

impl Statement {
    /// Takes a text if it is one plain SELECT.
    pub fn new(dialect: Dialect, text: impl Into<String>, parameters: Vec<Cell>) -> Result<Self, ErpError> {
        let text = text.into();
        let spelling = match dialect {
            Dialect::Sqlite => Spelling::Sqlite,
            Dialect::SqlServer => Spelling::SqlServer,
        };
        guard::check(&text, spelling)?;
        Ok(Self { text, parameters })
    }

    /// The text. Its values stand in it as parameters only.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The values of the parameters, in their order.
    pub fn parameters(&self) -> &[Cell] {
        &self.parameters
    }
}
