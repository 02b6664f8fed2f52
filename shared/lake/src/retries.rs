//! How often something is tried again, and how long to wait before that.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// What may be tried again when it has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// How often it is tried again after the first time.
    pub most: u32,
    /// How long to wait before it is tried again.
    pub pause: Pause,
}

/// How long to wait before something is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// The same each time.
    Even(Duration),
    /// Longer by this each time, up to eight times as long. Chance shortens each pause, so that of several
    /// callers that are in each other's way one gets through.
    Growing(Duration),
}

impl Retries {
    /// How long to wait before the next try, when `failed` tries have failed; `None` if there is no next try.
    pub fn pause_after(self, failed: u32) -> Option<Duration> {
        (failed <= self.most).then(|| match self.pause {
            Pause::Even(pause) => pause,
            Pause::Growing(step) => {
                let quarters = 1 + RandomState::new().hash_one(failed) % 4;
                step * failed.min(8) * quarters as u32 / 4
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(100);

    #[test]
    fn it_ends_after_the_last_try() {
        let retries = Retries { most: 2, pause: Pause::Even(STEP) };
        assert_eq!([1, 2, 3].map(|failed| retries.pause_after(failed)), [Some(STEP), Some(STEP), None]);
        assert_eq!(Retries { most: 0, ..retries }.pause_after(1), None);
    }

    #[test]
    fn a_growing_pause_has_an_end_to_its_growth() {
        let retries = Retries { most: 60, pause: Pause::Growing(STEP) };
        for (failed, longest) in [(1, STEP), (3, STEP * 3), (8, STEP * 8), (60, STEP * 8)] {
            let pause = retries.pause_after(failed).unwrap();
            assert!(longest / 4 <= pause && pause <= longest, "{pause:?} after {failed}");
        }
    }
}
