//! Yes and no, in the spellings that twenty years of ERP screens have stored. This module does not know what
//! NULL means, which differs from column to column.

use thiserror::Error;

/// A text that says neither yes nor no.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no flag: use 0/1, Y/N, T/F, on/off, true/false or yes/no")]
pub struct NotAFlag(pub String);

/// Reads what old systems store, in upper or lower case and with blanks around: -1 is the true of Access and
/// Visual Basic, J/N the German and Scandinavian yes and no, and `x` a ticked box.
pub fn parse_flag(text: &str) -> Result<bool, NotAFlag> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "-1" | "y" | "j" | "yes" | "t" | "true" | "on" | "x" => Ok(true),
        "0" | "n" | "no" | "f" | "false" | "off" => Ok(false),
        _ => Err(NotAFlag(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_legacy_spelling_is_read() {
        for text in
            ["1", "-1", "y", " Y ", "J", "YES", "Yes", "T", "true", "TRUE\t", "True", "on", "On ", "x", "X"]
        {
            assert_eq!(parse_flag(text), Ok(true), "{text:?}");
        }
        for text in ["0", "n", "N", " no", "NO", "F", "f", "false", "False ", "off", "OFF"] {
            assert_eq!(parse_flag(text), Ok(false), "{text:?}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_its_value() {
        for text in ["", " ", "2", "-2", "01", "1.0", "maybe", "ja", "yes no", "xx", "null", "o"] {
            assert_eq!(parse_flag(text), Err(NotAFlag(text.to_owned())), "{text:?}");
        }
        assert_eq!(
            parse_flag("maybe").unwrap_err().to_string(),
            "`maybe` is no flag: use 0/1, Y/N, T/F, on/off, true/false or yes/no"
        );
    }
}
