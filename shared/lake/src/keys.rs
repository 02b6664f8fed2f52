//! Where everything lies: the only place that spells object keys.

/// The number of a raw segment: 1, 2, 3, … per table.
pub type SegmentNumber = u64;

/// The metadata that says under which key an object was written, below the lake's prefix.
pub(crate) const OBJECT: &str = "object";

/// The folder of a table's raw segments.
pub(crate) fn raw_folder(staging: &str) -> String {
    format!("raw/{staging}/")
}

/// A raw segment.
pub fn raw(staging: &str, number: SegmentNumber) -> String {
    format!("raw/{staging}/{number:08}.parquet")
}

/// The folder of a table's rejected rows.
pub fn rejected_folder(staging: &str) -> String {
    format!("rejected/{staging}/")
}

/// The rejected rows of a raw segment, for people.
pub fn rejected(staging: &str, number: SegmentNumber) -> String {
    format!("rejected/{staging}/{number:08}.csv")
}

/// The rejected rows of a table that are still open.
pub fn rejected_open(staging: &str) -> String {
    format!("rejected/{staging}/open.parquet")
}

/// The folder of all staging parts.
pub(crate) const STAGING: &str = "staging/";

/// The folder of all mart parts.
pub(crate) const MARTS: &str = "marts/";

/// The folder of all published copies.
pub(crate) const PUBLISHED: &str = "published/";

/// The table and the part of a staging part's key.
pub fn staging_part(key: &str) -> Option<(&str, &str)> {
    part_below(STAGING, key)
}

/// The mart and the part of a published copy's key.
pub fn published_part(key: &str) -> Option<(&str, &str)> {
    part_below(PUBLISHED, key)
}

fn part_below<'k>(folder: &str, key: &'k str) -> Option<(&'k str, &'k str)> {
    let (name, part) = key.strip_prefix(folder)?.strip_suffix("/part.parquet")?.split_once('/')?;
    (!part.contains('/')).then_some((name, part))
}

/// The folder of a table's staging parts.
pub(crate) fn staging_folder(staging: &str) -> String {
    format!("staging/{staging}/")
}

/// A staging part.
pub fn staging(staging: &str, part: &str) -> String {
    format!("staging/{staging}/{part}/part.parquet")
}

/// The folder of a mart part's versions.
pub(crate) fn mart_folder(mart: &str, part: &str) -> String {
    format!("marts/{mart}/{part}/")
}

/// A version of a mart part.
pub(crate) fn mart(mart: &str, part: &str, generation: u64, unique: &str) -> String {
    format!("marts/{mart}/{part}/{generation:08}-{unique}.parquet")
}

/// The current version of a mart part at a fixed place.
pub fn published(mart: &str, part: &str) -> String {
    format!("published/{mart}/{part}/part.parquet")
}

/// The folder of job records.
pub(crate) const JOB_RECORDS: &str = "runs/";

/// The record of a job.
pub(crate) fn job_record(job_id: &str) -> String {
    format!("runs/{job_id}.json")
}

/// The object that names the jobs that may be at work.
pub(crate) const BEGINNERS: &str = "running/jobs.json";

/// An object that is put to try whether the lake can be written.
pub(crate) fn probe(unique: &str) -> String {
    format!("probe/{unique}")
}

/// What the factory tells us once. People write it, and jobs only read it.
pub const SETTINGS: &str = "settings/factory.toml";

/// The manifest, which says what readers may see.
pub const MANIFEST: &str = "manifest.json";
