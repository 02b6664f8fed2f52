//! How long a job may go on. The platform may end it at some moment. Before that, what the job has read must
//! be in the marts, and its record must say so.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// Why a table is not tried, or not tried again.
pub(crate) const NEARLY_UP: &str = "the function's time is nearly up";

/// A job stops reading at least so long before its deadline. A job that has little time stops after half of
/// it.
const MARGIN_MIN: TimeDelta = TimeDelta::seconds(20);
/// A job that is still at work is cut off so long before its deadline, so that it can close its record. If
/// there is little time, a quarter of what follows the reading is left instead.
const LAST_WORDS: TimeDelta = TimeDelta::seconds(5);

/// The time that a job has.
pub(crate) struct TimeLeft<'a> {
    clock: &'a (dyn Fn() -> DateTime<Utc> + Sync),
    limits: Option<Limits>,
}

/// The moments that a job with a deadline keeps to.
#[derive(Clone, Copy, Debug)]
struct Limits {
    deadline: DateTime<Utc>,
    /// From here on no page is read. What has been committed goes into the marts.
    stop_reading: DateTime<Utc>,
    /// What is still going on is left as it is, and the job's record is closed.
    cut_off: DateTime<Utc>,
}

impl<'a> TimeLeft<'a> {
    /// The time of a job that begins now. A fifth of it is for the marts: they are made after the reading,
    /// and take less time than the reading did.
    pub(crate) fn new(
        clock: &'a (dyn Fn() -> DateTime<Utc> + Sync),
        deadline: Option<DateTime<Utc>>,
    ) -> Self {
        let limits = deadline.map(|deadline| {
            let whole = (deadline - clock()).max(TimeDelta::zero());
            let margin = (whole / 5).max(MARGIN_MIN).min(whole / 2);
            Limits {
                deadline,
                stop_reading: deadline - margin,
                cut_off: deadline - LAST_WORDS.min(margin / 4),
            }
        });
        Self { clock, limits }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    /// When the platform ends the job.
    pub(crate) fn deadline(&self) -> Option<DateTime<Utc>> {
        self.limits.map(|limits| limits.deadline)
    }

    /// Whether reading must stop.
    pub(crate) fn is_up(&self) -> bool {
        self.limits.is_some_and(|limits| self.now() >= limits.stop_reading)
    }

    /// Whether there is time to wait so long and to read on after it.
    pub(crate) fn allows(&self, wait: Duration) -> bool {
        let Some(limits) = self.limits else { return true };
        TimeDelta::from_std(wait).is_ok_and(|wait| limits.stop_reading - self.now() > wait)
    }

    /// How long it is until the job is cut off.
    pub(crate) fn until_cut_off(&self) -> Option<Duration> {
        self.limits.map(|limits| (limits.cut_off - self.now()).to_std().unwrap_or_default())
    }
}

impl fmt::Debug for TimeLeft<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TimeLeft").field(&self.limits).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_margin_follows_the_time_that_there_is() {
        // How many seconds the job has, how many of them are for reading, and after how many ms it is cut
        // off.
        let check = |whole: i64, reading: i64, cut_off: u64| {
            let start = "2026-11-20T14:00:00Z".parse::<DateTime<Utc>>().unwrap();
            let time = |passed_ms: i64| start + TimeDelta::milliseconds(passed_ms);
            let clock = std::sync::Mutex::new(start);
            let read = || *clock.lock().unwrap();
            let left = TimeLeft::new(&read, Some(time(whole * 1000)));
            assert_eq!(left.until_cut_off(), Some(Duration::from_millis(cut_off)), "{whole} s");
            if reading > 0 {
                *clock.lock().unwrap() = time(reading * 1000 - 1);
                assert!(!left.is_up() && !left.allows(Duration::from_millis(1)), "{whole} s");
            }
            *clock.lock().unwrap() = time(reading * 1000);
            assert!(left.is_up() && !left.allows(Duration::ZERO), "{whole} s");
        };
        check(900, 720, 895_000);
        check(60, 40, 55_000);
        check(30, 15, 26_250);
        check(0, 0, 0);
        check(-10, -10, 0);
    }

    #[test]
    fn without_a_deadline_there_is_no_end() {
        let left = TimeLeft::new(&Utc::now, None);
        assert!(!left.is_up() && left.allows(Duration::MAX) && left.until_cut_off().is_none());
    }
}
