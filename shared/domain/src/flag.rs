//! Yes and no, in the spellings that twenty years of ERP screens have stored. This module does not know what
//! NULL means, which differs from column to column.

use thiserror::Error;

/// A text that says neither yes nor no.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no flag: use 0/1, Y/N, true/false or yes/no")]
pub struct NotAFlag(pub String);

/// Reads 0/1, Y/N, true/false and yes/no, in upper or lower case and with blanks around.
pub fn parse_flag(text: &str) -> Result<bool, NotAFlag> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "y" | "yes" | "true" => Ok(true),
        "0" | "n" | "no" | "false" => Ok(false),
        _ => Err(NotAFlag(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_legacy_spelling_is_read() {
        for text in ["1", "y", " Y ", "YES", "Yes", "true", "TRUE\t", "True"] {
            assert_eq!(parse_flag(text), Ok(true), "{text:?}");
        }
        for text in ["0", "n", "N", " no", "NO", "false", "False "] {
            assert_eq!(parse_flag(text), Ok(false), "{text:?}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_its_value() {
        for text in ["", " ", "2", "-1", "01", "1.0", "t", "ja", "yes no", "null"] {
            assert_eq!(parse_flag(text), Err(NotAFlag(text.to_owned())), "{text:?}");
        }
        assert_eq!(
            parse_flag("maybe").unwrap_err().to_string(),
            "`maybe` is no flag: use 0/1, Y/N, true/false or yes/no"
        );
    }
}
