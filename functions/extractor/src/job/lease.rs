//! A job's sign of life. While a job works, it says again and again until when it is sure to live. If that
//! moment passes and the job has not said so again, it has died.

use std::convert::Infallible;
use std::time::Duration;

use api::pipeline::JobRecord;
use chrono::{DateTime, TimeDelta, Utc};
use lake::{JOB_LEASE, Lake};

use crate::time_left::TimeLeft;

/// How often a job says that it lives.
pub(super) const RENEWED_EVERY: Duration = Duration::from_secs(30);
/// How long after its deadline a job is taken for dead at the latest. It is not taken for dead at once,
/// because clocks differ.
const GRACE: TimeDelta = TimeDelta::minutes(1);

const CUT_OFF: &str = "the function's time ran out before the run came to its end: what was committed is kept and the next run goes on";

/// Writes the job's first record unless one is there, then takes the turn.
pub(super) async fn begin(lake: &Lake, time: &TimeLeft<'_>, record: &JobRecord) -> lake::Result<()> {
    lake.begin_job(&record.job_id, record, expiry(time)).await?;
    lake.share_turn(&record.job_id, time.now()).await
}

/// Says again and again that the job lives, for as long as this is awaited. Where the job has a deadline,
/// this ends shortly before it and returns what the job's record then says.
pub(super) async fn keep(lake: &Lake, time: &TimeLeft<'_>, job_id: &str, every: Duration) -> String {
    let cut_off = async {
        match time.until_cut_off() {
            Some(rest) => tokio::time::sleep(rest).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = cut_off => CUT_OFF.to_owned(),
        never = renew(lake, time, job_id, every) => match never {},
    }
}

async fn renew(lake: &Lake, time: &TimeLeft<'_>, job_id: &str, every: Duration) -> Infallible {
    loop {
        tokio::time::sleep(every).await;
        if let Err(error) = lake.renew_job(job_id, expiry(time)).await {
            tracing::warn!(%error, "it could not be said that the job lives");
        }
    }
}

fn expiry(time: &TimeLeft<'_>) -> DateTime<Utc> {
    let lease = time.now() + JOB_LEASE;
    time.deadline().map_or(lease, |deadline| lease.min(deadline + GRACE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lake::MemoryStore;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    #[tokio::test]
    async fn a_lease_is_renewed_while_its_run_lives_and_outlasts_a_deadline_by_a_minute_at_most() {
        let at = |seconds: i64| DateTime::from_timestamp(1_795_183_200 + seconds, 0).unwrap();
        for (deadline, expiries) in [(None, [120, 180, 1050]), (Some(at(960)), [120, 180, 1020])] {
            let lake = Lake::new(Arc::new(MemoryStore::new()), "", "test");
            let passed = AtomicI64::new(0);
            let clock = || at(passed.load(Ordering::SeqCst));
            let expires_at =
                async || lake.job::<JobRecord>("1").await.unwrap().unwrap().lease.unwrap().expires_at;
            let record = JobRecord::begun("1", "full", "test", at(0).fixed_offset());
            let time = TimeLeft::new(&clock, deadline);
            begin(&lake, &time, &record).await.unwrap();
            assert_eq!(expires_at().await, at(expiries[0]));
            for (seconds, expiry) in [(60, expiries[1]), (930, expiries[2])] {
                passed.store(seconds, Ordering::SeqCst);
                let renewed = async {
                    while expires_at().await != at(expiry) {
                        tokio::task::yield_now().await;
                    }
                };
                tokio::select! {
                    cut_off = keep(&lake, &time, "1", Duration::from_millis(1)) => panic!("{cut_off}"),
                    () = renewed => {}
                }
            }
        }
    }
}
