//! What a server lets its clients do.

use std::time::Duration;

/// What a server lets its clients do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many connections may be open at once.
    pub connections: usize,
    /// How long the head of a request may take, and how long a connection may lie idle before it.
    pub head: Duration,
    /// How long a client may send nothing of a body that is read.
    pub body_pause: Duration,
    /// How long a client may take nothing of its answer.
    pub answer_pause: Duration,
    /// How long a request may take in all, from its head to the last byte of its answer.
    pub request: Duration,
}

impl Limits {
    /// For the page with the API, whose answers are small.
    pub fn of_page() -> Self {
        let request = Duration::from_mins(2);
        Self { request, ..Self::of_storage() }
    }

    /// For the embedded S3, whose objects may be large.
    pub fn of_storage() -> Self {
        let pause = Duration::from_secs(15);
        Self {
            connections: connections(open_files()),
            head: pause,
            body_pause: pause,
            answer_pause: pause,
            request: Duration::from_mins(15),
        }
    }
}

/// More connections than the screens of a factory need, and few enough that they take little memory.
const MOST_CONNECTIONS: u64 = 512;

/// The page and the embedded S3 may each have a quarter of the files that this process may open. The other
/// half is for the jobs: their ends of connections to the S3, the ERP, the lake.
fn connections(open_files: u64) -> usize {
    (open_files / 4).clamp(4, MOST_CONNECTIONS) as usize
}

/// Lets this process have as many files open as the system allows it.
pub fn raise_open_files() {
    // It works with fewer too, down to fewer connections.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
}

#[cfg(unix)]
fn open_files() -> u64 {
    rlimit::Resource::NOFILE.get_soft().unwrap_or(0)
}

#[cfg(not(unix))]
fn open_files() -> u64 {
    4 * MOST_CONNECTIONS
}

#[cfg(test)]
mod tests {
    use super::connections;

    #[test]
    fn half_of_the_files_stay_for_the_jobs() {
        for (open_files, expect) in [(0, 4), (256, 64), (1024, 256), (4096, 512), (u64::MAX, 512)] {
            assert_eq!(connections(open_files), expect, "{open_files}");
        }
    }
}
