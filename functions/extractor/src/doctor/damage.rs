//! Objects that are damaged: what is told of one, and what mends it.

use lake::LakeError;
use process::chain;

/// What mends all that is made of raw.
pub(super) const MADE_AGAIN: &str = "the next run makes it again (`tideline extract --rebuild` makes all)";

/// What was read, or what is wrong with the object. Any other failure is none of the object.
pub(super) fn or_damage<T>(read: lake::Result<T>) -> lake::Result<Result<T, String>> {
    match read {
        Ok(read) => Ok(Ok(read)),
        Err(LakeError::Corrupt { reason, .. }) => Ok(Err(reason)),
        Err(error) if error.is_damage() => Ok(Err(chain(&error))),
        Err(error) => Err(error),
    }
}
