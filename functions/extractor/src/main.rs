//! Starts the extractor on AWS Lambda: one job per invocation, unless one is at work.

use std::process::ExitCode;

use api::pipeline::{JobStatus, Trigger};
use chrono::{DateTime, Utc};
use extractor_function::{JobRequest, Occasion, Settings, secret, trigger};
use lake::{Lake, Mode, new_job_id};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use process::Environment;
use serde::Deserialize;

/// What an invocation asks for. A schedule's event has none of these fields: it asks for an incremental job.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Event {
    full: bool,
    reconcile: bool,
    trigger: Option<String>,
    /// The id under which the job was promised.
    job_id: Option<String>,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> ExitCode {
    process::logs::init();
    match answer().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{}", process::chain(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn answer() -> Result<(), Error> {
    let factory_id = settings().await?.factory_id;
    let lake = Lake::connect(&Environment(process::variable).bucket()?, &factory_id).await?;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Event>| {
        let Event { full, reconcile, trigger: by, job_id } = event.payload;
        // An emulator of the platform names a deadline that has long passed.
        let deadline =
            Some(DateTime::from(event.context.deadline())).filter(|deadline| *deadline > Utc::now());
        let by = by.unwrap_or_else(|| Trigger::Schedule.as_str().to_owned());
        let request = JobRequest { mode: Mode::asked(full, reconcile), trigger: by, deadline };
        // Read for each invocation: the password in the secret may have been changed.
        let settings = settings().await?;
        let (job_id, occasion) = match job_id {
            Some(promised) => (promised, Occasion::Promised),
            None => (new_job_id(), Occasion::Scheduled),
        };
        let Some(record) = trigger(&lake, &settings, &request, &job_id, occasion, Utc::now).await else {
            return Ok(None);
        };
        // A job that failed fails its invocation, so that the platform's retries, alarms and failure
        // destination see it.
        match &record.error {
            Some(error) if record.status == JobStatus::Failed.as_str() => Err(Error::from(error.clone())),
            _ => Ok(Some(record)),
        }
    }))
    .await
}

async fn settings() -> Result<Settings, Error> {
    let source_db = secret::source_db(process::variable("SOURCE_DB")).await?;
    let variable = |name: &str| if name == "SOURCE_DB" { source_db.clone() } else { process::variable(name) };
    Ok(Settings::read(&Environment(variable))?)
}
