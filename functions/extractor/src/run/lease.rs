//! A run's sign of life: a mark in the lake that expires. The record of a run that died stays `running`; its mark tells the next run that it is not.

use std::time::Duration;

use api::pipeline::RunRecord;
use chrono::{DateTime, TimeDelta, Utc};
use lake::{Lake, Put, RunningMark};

use super::running;
use crate::time_left::TimeLeft;

/// How long a mark holds unless it is renewed.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// How often a mark is renewed.
pub(super) const RENEWED_EVERY: Duration = Duration::from_mins(1);
/// How long past its deadline a run is given before it is taken for dead: clocks differ.
const GRACE: TimeDelta = TimeDelta::minutes(1);

const DIED: &str = "the run ended without saying so: it was killed or ran out of time; nothing that it committed is lost";
const CUT_OFF: &str = "the function's time ran out before the run came to its end: what was committed is kept and the next run goes on";

/// The mark of one run.
pub(super) struct Lease<'a> {
    lake: &'a Lake,
    time: &'a TimeLeft<'a>,
    mark: RunningMark,
}

impl<'a> Lease<'a> {
    pub(super) fn new(lake: &'a Lake, time: &'a TimeLeft<'a>, record: &RunRecord) -> Self {
        let RunRecord { job_id, mode, trigger, started_at, .. } = record.clone();
        Self { lake, time, mark: RunningMark { job_id, mode, trigger, started_at, expires_at: expiry(time) } }
    }

    /// Puts the mark, then the record: so no record is without a mark while its run lives.
    pub(super) async fn begin(&self, record: &RunRecord) -> lake::Result<()> {
        self.lake.put_running_mark(&self.mark).await?;
        // If there is a record already, this run was so slow that it was taken for dead; its end will tell.
        self.lake.replace_run_record(&record.job_id, record, None).await.map(|_| ())
    }

    /// Renews the mark for as long as this is awaited. Where the run has a deadline the mark lasts until then, and this ends shortly before it with what is
    /// to be said of the run.
    pub(super) async fn keep(&self, every: Duration) -> String {
        if let Some(rest) = self.time.until_cut_off() {
            tokio::time::sleep(rest).await;
            return CUT_OFF.to_owned();
        }
        loop {
            tokio::time::sleep(every).await;
            let mark = RunningMark { expires_at: expiry(self.time), ..self.mark.clone() };
            if let Err(error) = self.lake.put_running_mark(&mark).await {
                tracing::warn!(%error, "the run's mark could not be renewed");
            }
        }
    }

    /// Removes the mark. One that stays does no harm: the next run finds the record closed.
    pub(super) async fn end(&self) {
        if let Err(error) = self.lake.remove_running_mark(&self.mark.job_id).await {
            tracing::warn!(%error, "the run's mark could not be removed");
        }
    }

    /// Closes the records of runs whose marks have expired. No failure of this is one of the run's.
    pub(super) async fn close_crashed(&self) {
        let marked = match self.lake.marked_running().await {
            Ok(marked) => marked,
            Err(error) => return tracing::warn!(%error, "runs that died could not be looked for"),
        };
        for job_id in marked.iter().filter(|job_id| **job_id != self.mark.job_id) {
            if let Err(error) = self.close(job_id).await {
                tracing::warn!(%error, job_id, "a run that may have died could not be closed");
            }
        }
    }

    async fn close(&self, job_id: &str) -> lake::Result<()> {
        let Some(mark) = self.lake.running_mark(job_id).await?.filter(|mark| mark.expires_at <= self.time.now()) else { return Ok(()) };
        let (record, known) = match self.lake.run_record::<RunRecord>(job_id).await? {
            Some((record, etag)) => (record, Some(etag)),
            None => (running(job_id, &mark.mode, &mark.trigger, mark.started_at), None),
        };
        if record.status == "running" {
            match self.lake.replace_run_record(job_id, &died(record, mark.expires_at), known).await? {
                Put::Stored(_) => tracing::warn!(job_id, "closed the record of a run that ended without saying so"),
                // Another run closed it, or it has come to its end after all; whoever that was removes the mark.
                Put::Refused => return Ok(()),
            }
        }
        self.lake.remove_running_mark(job_id).await
    }
}

fn expiry(time: &TimeLeft<'_>) -> DateTime<Utc> {
    time.deadline().map_or_else(|| time.now() + LEASE, |deadline| deadline + GRACE)
}

/// The record of a run that died: at the latest when its mark expired. All who close it write the same.
fn died(record: RunRecord, expired_at: DateTime<Utc>) -> RunRecord {
    let finished_at = expired_at.with_timezone(record.started_at.offset());
    RunRecord {
        status: "failed".to_owned(),
        finished_at: Some(finished_at),
        duration_ms: Some((finished_at - record.started_at).num_milliseconds()),
        error: Some(DIED.to_owned()),
        ..record
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lake::MemoryStore;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    #[tokio::test]
    async fn a_mark_is_renewed_while_its_run_lives_and_lasts_to_the_deadline_where_there_is_one() {
        let lake = Lake::new(Arc::new(MemoryStore::new()), "", "test");
        let at = |seconds: i64| DateTime::from_timestamp(1_795_183_200 + seconds, 0).unwrap();
        let passed = AtomicI64::new(0);
        let clock = || at(passed.load(Ordering::SeqCst));
        let expires_at = async || lake.running_mark("1").await.unwrap().unwrap().expires_at;
        let record = running("1", "full", "test", at(0).fixed_offset());

        let time = TimeLeft::new(&clock, None);
        let lease = Lease::new(&lake, &time, &record);
        lease.begin(&record).await.unwrap();
        assert_eq!(expires_at().await, at(300));
        passed.store(60, Ordering::SeqCst);
        let renewed = async {
            while expires_at().await == at(300) {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            cut_off = lease.keep(Duration::from_millis(1)) => panic!("{cut_off}"),
            () = renewed => {}
        }
        assert_eq!(expires_at().await, at(360));

        let time = TimeLeft::new(&clock, Some(at(960)));
        Lease::new(&lake, &time, &record).begin(&record).await.unwrap();
        assert_eq!(expires_at().await, at(1020));
    }
}
