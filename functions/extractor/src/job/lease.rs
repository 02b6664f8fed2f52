//! A job's sign of life: a mark in the lake that expires. The record of a job that died stays `running`; its
//! mark tells the next job that it is not.

use std::convert::Infallible;
use std::time::Duration;

use api::pipeline::JobRecord;
use chrono::{DateTime, TimeDelta, Utc};
use lake::{JobMark, Lake, Put};

use crate::time_left::TimeLeft;

/// How often a mark is renewed.
pub(super) const RENEWED_EVERY: Duration = Duration::from_secs(30);
/// How long past its deadline a job is given before it is taken for dead: clocks differ.
const GRACE: TimeDelta = TimeDelta::minutes(1);

const CUT_OFF: &str = "the function's time ran out before the run came to its end: what was committed is kept and the next run goes on";

/// The mark of one job.
pub(super) struct Lease<'a> {
    lake: &'a Lake,
    time: &'a TimeLeft<'a>,
    mark: JobMark,
}

impl<'a> Lease<'a> {
    pub(super) fn new(lake: &'a Lake, time: &'a TimeLeft<'a>, record: &JobRecord) -> Self {
        let JobRecord { job_id, mode, trigger, started_at, .. } = record.clone();
        Self { lake, time, mark: JobMark { job_id, mode, trigger, started_at, expires_at: expiry(time) } }
    }

    /// Puts the mark, then the record: so no record is without a mark while its job lives.
    pub(super) async fn begin(&self, record: &JobRecord) -> lake::Result<()> {
        self.lake.put_job_mark(&self.mark).await?;
        // If there is a record already, this job was so slow that it was taken for dead; its end will tell.
        self.lake.replace_job_record(&record.job_id, record, None).await.map(|_| ())
    }

    /// Renews the mark for as long as this is awaited. Where the job has a deadline, this ends shortly before
    /// it with what is to be said of the job.
    pub(super) async fn keep(&self, every: Duration) -> String {
        let cut_off = async {
            match self.time.until_cut_off() {
                Some(rest) => tokio::time::sleep(rest).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = cut_off => CUT_OFF.to_owned(),
            never = self.renew(every) => match never {},
        }
    }

    async fn renew(&self, every: Duration) -> Infallible {
        loop {
            tokio::time::sleep(every).await;
            let mark = JobMark { expires_at: expiry(self.time), ..self.mark.clone() };
            if let Err(error) = self.lake.put_job_mark(&mark).await {
                tracing::warn!(%error, "the job's mark could not be renewed");
            }
        }
    }

    /// Removes the mark. One that stays does no harm: the next job finds the record closed.
    pub(super) async fn end(&self) {
        if let Err(error) = self.lake.remove_job_mark(&self.mark.job_id).await {
            tracing::warn!(%error, "the job's mark could not be removed");
        }
    }

    /// Closes the records of jobs whose marks have expired. No failure of this is one of the job's.
    pub(super) async fn close_crashed(&self) {
        let marked = match self.lake.marked_jobs().await {
            Ok(marked) => marked,
            Err(error) => return tracing::warn!(%error, "jobs that died could not be looked for"),
        };
        for job_id in marked.iter().filter(|job_id| **job_id != self.mark.job_id) {
            if let Err(error) = self.close(job_id).await {
                tracing::warn!(%error, job_id, "a job that may have died could not be closed");
            }
        }
    }

    async fn close(&self, job_id: &str) -> lake::Result<()> {
        let Some(mark) = self.lake.job_mark(job_id).await?.filter(|mark| mark.expires_at <= self.time.now())
        else {
            return Ok(());
        };
        let (record, known) = match self.lake.job_record::<JobRecord>(job_id).await? {
            Some((record, etag)) => (record, Some(etag)),
            None => (JobRecord::begun(job_id, &mark.mode, &mark.trigger, mark.started_at), None),
        };
        if record.is_running() {
            // All who close it write the same: it ended at the latest when its mark expired.
            let died_by = mark.expires_at.with_timezone(record.started_at.offset());
            match self.lake.replace_job_record(job_id, &record.died(Some(died_by)), known).await? {
                Put::Stored(_) => {
                    tracing::warn!(job_id, "closed the record of a job that ended without saying so")
                }
                // Another job closed it, or it has come to its end after all; whoever that was removes the
                // mark.
                Put::Refused => return Ok(()),
            }
        }
        self.lake.remove_job_mark(job_id).await
    }
}

fn expiry(time: &TimeLeft<'_>) -> DateTime<Utc> {
    let lease = time.now() + JobMark::LEASE;
    time.deadline().map_or(lease, |deadline| lease.min(deadline + GRACE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lake::MemoryStore;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    #[tokio::test]
    async fn a_mark_is_renewed_while_its_run_lives_and_outlasts_a_deadline_by_a_minute_at_most() {
        let lake = Lake::new(Arc::new(MemoryStore::new()), "", "test");
        let at = |seconds: i64| DateTime::from_timestamp(1_795_183_200 + seconds, 0).unwrap();
        for (deadline, expiries) in [(None, [120, 180, 1050]), (Some(at(960)), [120, 180, 1020])] {
            let passed = AtomicI64::new(0);
            let clock = || at(passed.load(Ordering::SeqCst));
            let expires_at = async || lake.job_mark("1").await.unwrap().unwrap().expires_at;
            let record = JobRecord::begun("1", "full", "test", at(0).fixed_offset());
            let time = TimeLeft::new(&clock, deadline);
            let lease = Lease::new(&lake, &time, &record);
            lease.begin(&record).await.unwrap();
            assert_eq!(expires_at().await, at(expiries[0]));
            for (seconds, expiry) in [(60, expiries[1]), (930, expiries[2])] {
                passed.store(seconds, Ordering::SeqCst);
                let renewed = async {
                    while expires_at().await != at(expiry) {
                        tokio::task::yield_now().await;
                    }
                };
                tokio::select! {
                    cut_off = lease.keep(Duration::from_millis(1)) => panic!("{cut_off}"),
                    () = renewed => {}
                }
            }
        }
    }
}
