//! What follows from the declarations, in files that people and other programs read: the API's description,
//! the gateway's routes, the functions' rights, the README's table, and what the SQL of the lake has to know.
//!
//! `cargo xtask generate` writes these files. A test fails while one of them is stale.

mod deployment;
mod description;
mod json;
mod marked;
mod readme;
mod sql;

use std::fs;

use anyhow::{Context, Result};

use crate::place;

/// A file, as the declarations would have it.
#[derive(Debug)]
pub struct Generated {
    /// Its path in the repository.
    pub path: &'static str,
    /// All of its text.
    pub text: String,
}

impl Generated {
    /// The text that the file has now. Empty if there is no file.
    pub fn kept(&self) -> String {
        fs::read_to_string(place::root().join(self.path)).unwrap_or_default()
    }

    /// Writes the file, if it is stale. Says whether it was.
    pub fn renew(&self) -> Result<bool> {
        let is_stale = self.kept() != self.text;
        if is_stale {
            fs::write(place::root().join(self.path), &self.text)
                .with_context(|| format!("`{}` cannot be written", self.path))?;
        }
        Ok(is_stale)
    }
}

/// All files that are generated, or have a generated section.
pub async fn files() -> Result<Vec<Generated>> {
    let examples = description::examples().await?;
    Ok(vec![
        deployment::watch_routes()?,
        deployment::template()?,
        readme::endpoints()?,
        sql::staging_tables()?,
        sql::grains()?,
        description::openapi(&examples)?,
        examples,
    ])
}
