//! How the storage is read.

/// How many reads of the storage go on at once.
pub(super) const READS_AT_ONCE: usize = 8;
