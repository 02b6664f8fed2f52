//! Jobs on one machine: started by the schedule and by the API, one at a time, in this process.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use api::pipeline::{JobRecord, Trigger};
use async_trait::async_trait;
use chrono::Utc;
use extractor_function::{JobRequest, Occasion, Settings, trigger};
use lake::{Lake, Mode, new_job_id};
use pipeline_function::{PromisedJob, StartJob};
use tokio::runtime::Handle;

/// The jobs of this process, which all clones share.
#[derive(Clone, Debug)]
pub struct Jobs {
    lake: Lake,
    settings: Settings,
    at_work: Arc<Mutex<BTreeSet<String>>>,
}

impl Jobs {
    /// Jobs from the ERP of these settings into this lake.
    pub fn new(lake: Lake, settings: Settings) -> Self {
        Self { lake, settings, at_work: Arc::default() }
    }

    /// Does a job for new rows, unless another job is at work. Then there is no record.
    pub async fn on_schedule(&self) -> Option<JobRecord> {
        self.run(&new_job_id(), Mode::Incremental, Trigger::Schedule.as_str(), Occasion::Scheduled).await
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

    async fn run(&self, job_id: &str, mode: Mode, by: &str, occasion: Occasion) -> Option<JobRecord> {
        let request = JobRequest { mode, trigger: by.to_owned(), deadline: None };
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
            runtime.block_on(jobs.run(&job.job_id, job.mode, &job.trigger, Occasion::Promised))
        })?;
        Ok(())
    }
}
