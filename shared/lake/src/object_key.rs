//! What an object is, as its key alone tells: the reverse of [`keys`].
//!
//! Nothing keeps people and other programs from leaving objects in a lake. Such an object has a key that
//! stands for nothing, or the name of a table or a mart that nobody knows. This file knows only the spelling.

use uuid::Uuid;

use crate::{Lake, Result, SegmentNumber, is_job_id, keys};

/// What a key of the lake stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKey {
    /// A raw segment of a table.
    Segment {
        /// The table, by its name in the lake.
        table: String,
        /// Its number.
        number: SegmentNumber,
    },
    /// The rejected rows of a raw segment, for people.
    RejectedRows {
        /// The table.
        table: String,
        /// The number of the segment.
        number: SegmentNumber,
    },
    /// The rejected rows of a table that are still open.
    OpenRejected {
        /// The table.
        table: String,
    },
    /// A staging part of a table.
    StagingPart {
        /// The table.
        table: String,
        /// The part.
        part: String,
    },
    /// A version of a mart part.
    MartVersion {
        /// The mart.
        mart: String,
        /// The part.
        part: String,
    },
    /// The current version of a mart part at its fixed place.
    Published {
        /// The mart.
        mart: String,
        /// The part.
        part: String,
    },
    /// The record of a job.
    JobRecord {
        /// The job.
        job_id: String,
    },
    /// The names of the jobs that may be at work.
    RunningJobs,
    /// What is left of a try whether the lake can be written.
    Probe,
    /// What the factory tells once.
    Settings,
    /// The manifest.
    Manifest,
}

impl ObjectKey {
    /// What a key below the prefix of a factory stands for. `None` if nothing in a lake is spelled so.
    pub fn parse(key: &str) -> Option<Self> {
        let of = |name: &str| name.to_owned();
        match *key.split('/').collect::<Vec<_>>().as_slice() {
            ["raw", table, file] => {
                let number = number_of(file, ".parquet")?;
                (keys::raw(table, number) == key).then(|| Self::Segment { table: of(table), number })
            }
            ["rejected", table, "open.parquet"] => Some(Self::OpenRejected { table: of(table) }),
            ["rejected", table, file] => {
                let number = number_of(file, ".csv")?;
                (keys::rejected(table, number) == key)
                    .then(|| Self::RejectedRows { table: of(table), number })
            }
            ["marts", mart, part, file] => {
                let (generation, unique) = file.strip_suffix(".parquet")?.split_once('-')?;
                let is_version = keys::mart(mart, part, generation.parse().ok()?, unique) == key;
                is_version.then(|| Self::MartVersion { mart: of(mart), part: of(part) })
            }
            ["runs", file] => {
                let job_id = file.strip_suffix(".json").filter(|id| is_job_id(id))?;
                Some(Self::JobRecord { job_id: of(job_id) })
            }
            ["probe", unique] => Uuid::try_parse(unique).is_ok().then_some(Self::Probe),
            _ => match key {
                keys::BEGINNERS => Some(Self::RunningJobs),
                keys::SETTINGS => Some(Self::Settings),
                keys::MANIFEST => Some(Self::Manifest),
                _ => {
                    let staging = keys::staging_part(key)
                        .map(|(table, part)| Self::StagingPart { table: of(table), part: of(part) });
                    let published = || {
                        let (mart, part) = keys::published_part(key)?;
                        Some(Self::Published { mart: of(mart), part: of(part) })
                    };
                    staging.or_else(published)
                }
            },
        }
    }
}

/// The number that a file name spells before its ending. Whether it is spelled as it should be is not looked
/// at.
fn number_of(file: &str, ending: &str) -> Option<SegmentNumber> {
    file.strip_suffix(ending)?.parse().ok()
}

/// An object of the lake, as a listing shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LakeObject {
    /// Its key below the factory's prefix.
    pub key: String,
    /// What it is by its key; `None` if nothing in a lake has such a key.
    pub is: Option<ObjectKey>,
    /// Length of its body in bytes.
    pub size_bytes: u64,
}

impl Lake {
    /// All objects of the factory, in byte order of their keys.
    pub async fn objects(&self) -> Result<Vec<LakeObject>> {
        let listed = self.store().list(&self.prefix, None).await?;
        let objects = listed.into_iter().filter_map(|object| {
            let key = object.key.strip_prefix(&self.prefix)?.to_owned();
            Some(LakeObject { is: ObjectKey::parse(&key), key, size_bytes: object.size_bytes })
        });
        Ok(objects.collect())
    }

    /// The body of an object by its key below the factory's prefix; `None` if there is none.
    pub async fn body(&self, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.store().get(&self.key(key)).await?.map(|object| object.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_that_is_made_is_read_as_what_it_was_made_for() {
        let of = |name: &str| name.to_owned();
        let id = "0193637e-6f80-7c3b-a7a3-8f5b2f3c9d10";
        for (key, is) in [
            (keys::raw("runs", 42), ObjectKey::Segment { table: of("runs"), number: 42 }),
            (keys::raw("runs", 123_456_789), ObjectKey::Segment { table: of("runs"), number: 123_456_789 }),
            (keys::rejected("runs", 7), ObjectKey::RejectedRows { table: of("runs"), number: 7 }),
            (keys::rejected_open("runs"), ObjectKey::OpenRejected { table: of("runs") }),
            (keys::staging("runs", "a=1"), ObjectKey::StagingPart { table: of("runs"), part: of("a=1") }),
            (
                keys::mart("yield", "2026-11", 3, "0f"),
                ObjectKey::MartVersion { mart: of("yield"), part: of("2026-11") },
            ),
            (keys::published("yield", "all"), ObjectKey::Published { mart: of("yield"), part: of("all") }),
            (keys::job_record(id), ObjectKey::JobRecord { job_id: of(id) }),
            (keys::probe(id), ObjectKey::Probe),
            (of(keys::BEGINNERS), ObjectKey::RunningJobs),
            (of(keys::SETTINGS), ObjectKey::Settings),
            (of(keys::MANIFEST), ObjectKey::Manifest),
        ] {
            assert_eq!(ObjectKey::parse(&key), Some(is), "{key}");
        }
    }

    #[test]
    fn a_key_that_is_spelled_otherwise_is_none_of_ours() {
        for key in [
            "",
            "raw/runs/abc.parquet",
            "raw/runs/42.parquet",
            "raw/runs/+0000042.parquet",
            "raw/runs/00000042.parquet.bak",
            "raw/runs/old/00000042.parquet",
            "rejected/runs/00000042.parquet",
            "staging/runs/part.parquet",
            "staging/runs/a/part.parquet~",
            "marts/yield/all/part.parquet",
            "marts/yield/all/1-0f.parquet",
            "published/yield/all/other.parquet",
            "runs/foo",
            "runs/a b.json",
            "running/jobs.json.tmp",
            "probe/x",
            "manifest.json.old",
            "Manifest.json",
            "notes.txt",
        ] {
            assert_eq!(ObjectKey::parse(key), None, "{key}");
        }
    }
}
