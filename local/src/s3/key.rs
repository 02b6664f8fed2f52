//! Object keys that can be plain files below a folder.
//!
//! S3 takes any text as a key. Here a key is a relative path: a key that is no path, or that would leave the
//! folder, is refused.

use std::path::{Path, PathBuf};

/// The folder inside the root that belongs to the server alone.
pub(crate) const HIDDEN: &str = ".tideline-s3";

/// The longest file name that the usual file systems take.
const NAME_LIMIT_BYTES: usize = 255;

/// A key that is a safe relative path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key(String);

/// Why a key is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("the key `{0}` cannot be a file: `/` must stand between names other than `.` and `..`")]
    NotAPath(String),
    /// Neither XML nor a listing can carry such characters.
    #[error("the key {0:?} has control characters")]
    ControlCharacter(String),
    #[error("the key `{0}` has a name of more than {NAME_LIMIT_BYTES} bytes between two `/`")]
    TooLong(String),
    /// Such files belong to this server or to other programs.
    #[error("the key `{0}` has a name that begins with `.`, and such files are none of the lake's")]
    Hidden(String),
}

/// Whether a file of this name is never an object.
pub(super) fn is_hidden(name: &str) -> bool {
    name.starts_with('.')
}

impl Key {
    /// Accepts a key that can be a file.
    pub(super) fn parse(key: &str) -> Result<Self, KeyError> {
        if key.chars().any(char::is_control) {
            return Err(KeyError::ControlCharacter(key.to_owned()));
        }
        if key.split('/').any(|name| matches!(name, "" | "." | "..")) {
            return Err(KeyError::NotAPath(key.to_owned()));
        }
        if key.split('/').any(|name| name.len() > NAME_LIMIT_BYTES) {
            return Err(KeyError::TooLong(key.to_owned()));
        }
        if key.split('/').any(is_hidden) {
            return Err(KeyError::Hidden(key.to_owned()));
        }
        Ok(Self(key.to_owned()))
    }

    /// The path of the key's file below `folder`.
    pub(super) fn below(&self, folder: &Path) -> PathBuf {
        folder.join(&self.0)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_a_relative_path_lies_below_the_folder() {
        for key in [
            "a",
            "factory=x/raw/plu/00000001.parquet",
            "ä ö/é+%20 &.csv",
            "a/b...",
            "a/b..b/c.",
            "x/tideline-s3",
        ] {
            let path = Key::parse(key).unwrap().below(Path::new("/lake"));
            assert_eq!(path, PathBuf::from(format!("/lake/{key}")));
        }
    }

    #[test]
    fn a_key_that_would_leave_the_folder_or_is_no_path_is_refused() {
        for key in ["", "/etc/passwd", "..", "../a", "a/../b", "a/..", "a//b", "a/", "./a", "a/./b"] {
            assert_eq!(Key::parse(key), Err(KeyError::NotAPath(key.to_owned())), "{key}");
        }
    }

    #[test]
    fn keys_that_no_file_can_have_or_that_are_the_servers_own_are_refused() {
        assert_eq!(Key::parse("a\0b"), Err(KeyError::ControlCharacter("a\0b".into())));
        assert_eq!(Key::parse("a\nb"), Err(KeyError::ControlCharacter("a\nb".into())));
        assert!(matches!(Key::parse(&"x".repeat(256)), Err(KeyError::TooLong(_))));
        assert!(Key::parse(&format!("{0}/{0}", "x".repeat(255))).is_ok());
        for key in [".tideline-s3", ".tideline-s3/lock", ".Tideline-S3/tmp/a", "a/.b", "a/.b/c", "..."] {
            assert_eq!(Key::parse(key), Err(KeyError::Hidden(key.to_owned())), "{key}");
        }
    }
}
