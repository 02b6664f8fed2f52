//! Runs on one machine: started by the schedule and by the API, one at a time, in this process.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use api::pipeline::RunRecord;
use async_trait::async_trait;
use chrono::Utc;
use extractor_function::{Occasion, RunRequest, Settings, new_job_id, trigger};
use lake::{Lake, Mode, RunningMark};
use pipeline_function::{PromisedRun, StartRun};
use tokio::runtime::Handle;

/// The runs of this process. Its clones are of the same runs.
#[derive(Clone, Debug)]
pub struct Runs {
    lake: Lake,
    settings: Settings,
    at_work: Arc<Mutex<BTreeSet<String>>>,
}

impl Runs {
    /// Runs from the ERP of these settings into this lake.
    pub fn new(lake: Lake, settings: Settings) -> Self {
        Self { lake, settings, at_work: Arc::default() }
    }

    /// A run for new rows, unless one is at work: then there is no record.
    pub async fn on_schedule(&self) -> Option<RunRecord> {
        self.run(&new_job_id(), Mode::Incremental, "schedule", Occasion::Scheduled).await
    }

    /// Says of the runs that are at work that they are not any longer: the process ends, and nobody has to
    /// wait for their marks to expire.
    pub async fn abandon(&self) {
        let at_work = std::mem::take(&mut *self.at_work.lock().unwrap_or_else(PoisonError::into_inner));
        for job_id in at_work {
            if let Ok(Some(mark)) = self.lake.running_mark(&job_id).await {
                let mark = RunningMark { expires_at: Utc::now(), ..mark };
                if let Err(error) = self.lake.put_running_mark(&mark).await {
                    tracing::warn!(%error, job_id, "the mark of a run that is given up stays until it expires");
                }
            }
        }
    }

    async fn run(&self, job_id: &str, mode: Mode, by: &str, occasion: Occasion) -> Option<RunRecord> {
        let request = RunRequest { mode, trigger: by.to_owned(), deadline: None };
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
impl StartRun for Runs {
    async fn start(&self, run: PromisedRun) -> Result<(), Box<dyn Error + Send + Sync>> {
        let runs = self.clone();
        let runtime = Handle::current();
        // On a thread of its own: a run is not made to move between the threads that answer requests.
        let thread = thread::Builder::new().name("run".to_owned());
        thread.spawn(move || {
            runtime.block_on(runs.run(&run.job_id, run.mode, &run.trigger, Occasion::Promised))
        })?;
        Ok(())
    }
}
