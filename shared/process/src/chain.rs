//! Errors for people.

use std::error::Error;

use crate::masked;

/// An error and the errors below it, in one line. A message that the line contains already is left out, and so
/// is what may be a password.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(error) = below {
        let message = error.to_string();
        if !text.contains(&message) {
            text = format!("{text}: {message}");
        }
        below = error.source();
    }
    masked(&text).into_owned()
}
