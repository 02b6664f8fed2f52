//! Jobs on one machine: started by the schedule and by the API, one at a time, in this process.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use api::pipeline::{JobRecord, Trigger};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use extractor_function::{JobRequest, Nightly, Occasion, Settings, trigger};
use lake::{Lake, Mode, new_job_id};
use pipeline_function::{PromisedJob, StartJob};
use tokio::runtime::Handle;

/// The jobs of this process, which all clones share.
#[derive(Clone, Debug)]
pub struct Jobs {
    lake: Lake,
    settings: Settings,
    nightly: Option<Nightly>,
    /// When a comparison was last tried.
    compared_at: Arc<Mutex<Option<DateTime<Utc>>>>,
    at_work: Arc<Mutex<BTreeSet<String>>>,
}

/// A comparison that came to nothing is tried again after so long.
const COMPARE_AGAIN: TimeDelta = TimeDelta::hours(1);

impl Jobs {
    /// Jobs from the ERP of these settings into this lake.
    pub fn new(lake: Lake, settings: Settings) -> Self {
        Self { lake, settings, nightly: None, compared_at: Arc::default(), at_work: Arc::default() }
    }

    /// The same jobs, but on schedule the ERP is also compared with the lake when it is time for that.
    pub fn with_comparisons(self, nightly: Nightly) -> Self {
        Self { nightly: Some(nightly), ..self }
    }

    /// Does the job whose time has come, unless another job is at work. Then there is no record. The job
    /// fetches new rows, or is the comparison of the night, which finds new rows too.
    pub async fn on_schedule(&self) -> Option<JobRecord> {
        let by = Trigger::Schedule.as_str();
        let (mode, occasion) = if self.is_comparison_due().await {
            (Mode::Reconcile, Occasion::Nightly)
        } else {
            (Mode::Incremental, Occasion::Scheduled)
        };
        let record = self.run(&new_job_id(), request(mode, by), occasion).await;
        if record.is_some() && mode == Mode::Reconcile {
            *self.compared_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Utc::now());
        }
        record
    }

    async fn is_comparison_due(&self) -> bool {
        let Some(nightly) = self.nightly else { return false };
        let now = Utc::now();
        let last = *self.compared_at.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|last| now - last < COMPARE_AGAIN) {
            return false;
        }
        nightly.is_due(&self.lake, now).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the lake cannot tell when the ERP was last compared with it");
            false
        })
    }

    /// Gives up the jobs that are at work, because the process ends. Nobody then has to wait until they are
    /// taken for dead.
    pub async fn abandon(&self) {
        let at_work = std::mem::take(&mut *self.at_work.lock().unwrap_or_else(PoisonError::into_inner));
        for job_id in at_work {
            let said = async {
                self.lake.give_turn_back(&job_id).await?;
                self.lake.renew_job(&job_id, Utc::now()).await
            };
            if let Err(error) = said.await {
                tracing::warn!(%error, job_id, "a job that is given up is only later taken for dead");
            }
        }
    }

    async fn run(&self, job_id: &str, request: JobRequest, occasion: Occasion) -> Option<JobRecord> {
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner).insert(job_id.to_owned());
        let record = trigger(&self.lake, &self.settings, &request, job_id, occasion, Utc::now).await;
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner).remove(job_id);
        if let Some(error) = record.as_ref().and_then(|record| record.error.as_deref()) {
            tracing::error!("{error}");
        }
        record
    }
}

#[async_trait]
impl StartJob for Jobs {
    async fn start(&self, job: PromisedJob) -> Result<(), Box<dyn Error + Send + Sync>> {
        let jobs = self.clone();
        let runtime = Handle::current();
        // A job has a thread of its own: it is not made to move between the threads that answer requests.
        let thread = thread::Builder::new().name("run".to_owned());
        thread.spawn(move || {
            let PromisedJob { mode, accept_deletes, rebuild, .. } = job;
            let request = JobRequest { accept_deletes, rebuild, ..request(mode, &job.trigger) };
            runtime.block_on(jobs.run(&job.job_id, request, Occasion::Promised))
        })?;
        Ok(())
    }
}

fn request(mode: Mode, by: &str) -> JobRequest {
    JobRequest { mode, accept_deletes: false, rebuild: false, trigger: by.to_owned(), deadline: None }
}
