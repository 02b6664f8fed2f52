//! Which models this program makes marts with.

/// The version of the models. Marts that another version made are made again from nothing. The version is a
/// fingerprint of the sources that marts follow from, since people would forget to raise a number.
pub(super) const MODELS: &str = env!("MODELS");
