//! Passwords. They come from the environment or the address, go to the server, and are never printed.

use std::fmt;

#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The password itself, for the server alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The password of the login that Tideline reads with.
///
/// It becomes part of a `CREATE LOGIN`, which takes no parameters, and people paste it into `SOURCE_DB`. So
/// it may only have characters that mean nothing special in either.
#[derive(Clone, Debug)]
pub struct ReaderPassword(Secret);

/// The reader cannot have this password. The error does not contain the password.
#[derive(Debug, thiserror::Error)]
#[error(
    "READER_PASSWORD must have 12 to 128 letters, digits, `-`, `.`, `_` and `~`, with a capital, a small letter and a digit among them"
)]
pub struct UnfitPassword;

impl ReaderPassword {
    /// Accepts a password of such characters that also meets SQL Server's password policy.
    pub fn new(text: &str) -> Result<Self, UnfitPassword> {
        let simple = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        let has = |kind: fn(&char) -> bool| text.chars().any(|c| kind(&c));
        let strong =
            has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase) && has(char::is_ascii_digit);
        if (12..=128).contains(&text.len()) && text.chars().all(simple) && strong {
            Ok(Self(Secret::new(text)))
        } else {
            Err(UnfitPassword)
        }
    }

    /// The password itself, for the server alone.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readers_password_holds_nothing_that_means_something_in_sql_or_in_an_address() {
        for fit in ["Correct-horse-1", "aB3456789012", "x.Y_z~00000000"] {
            assert_eq!(
                ReaderPassword::new(fit).map(|password| password.expose().to_owned()).ok().as_deref(),
                Some(fit)
            );
        }
        for unfit in [
            "",
            "Short-1",
            "no-capital-here-1",
            "NO-SMALL-HERE-1",
            "No-digit-in-here",
            "Quote'-in-here-1",
            "At@in-the-word-1",
            "Slash/in-here-1",
            "Percent%in-here-1",
            "Blank in-here-1",
            "Line\nin-here-1",
            "Dollar$(X)here-1",
            "Ümlaut-in-here-1",
        ] {
            let refused = ReaderPassword::new(unfit).map(|_| ()).unwrap_err().to_string();
            assert!(unfit.is_empty() || !refused.contains(unfit), "{refused}");
        }
        assert!(ReaderPassword::new(&"aB3".repeat(43)).is_err());
    }

    #[test]
    fn a_password_is_not_debugged() {
        let told = format!(
            "{:?} {:?}",
            Secret::new("Correct-horse-1"),
            ReaderPassword::new("Correct-horse-1").unwrap()
        );
        assert_eq!(told, "*** ReaderPassword(***)");
    }
}
