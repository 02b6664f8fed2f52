//! Starts the extractor on AWS Lambda: one job per invocation, unless one is at work.

use std::process::ExitCode;
use std::time::Duration;

use api::pipeline::{JobRecord, JobStatus, Trigger};
use chrono::{DateTime, Utc};
use extractor_function::{JobRequest, Nightly, Occasion, Settings, secret, trigger};
use lake::{Lake, Mode, new_job_id};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use process::Environment;
use serde::Deserialize;

/// What an invocation asks for. A schedule's event has none of these fields: it asks for an incremental job.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Event {
    #[serde(flatten)]
    asked: Asked,
    /// Whether this is the comparison of the night, which is left out if it is done already.
    nightly: bool,
    trigger: Option<String>,
    /// The id under which the job was promised.
    job_id: Option<String>,
}

/// What a job is to do.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
struct Asked {
    full: bool,
    reconcile: bool,
    accept_deletes: bool,
    rebuild: bool,
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
        let Event { asked, nightly, trigger: by, job_id } = event.payload;
        let Asked { full, reconcile, accept_deletes, rebuild } = asked;
        // An emulator of the platform names a deadline that has long passed.
        let deadline =
            Some(DateTime::from(event.context.deadline())).filter(|deadline| *deadline > Utc::now());
        let by = by.unwrap_or_else(|| Trigger::Schedule.as_str().to_owned());
        let mode = Mode::asked(full, reconcile || nightly || accept_deletes);
        let request = JobRequest { mode, accept_deletes, rebuild, trigger: by, deadline };
        // Read for each invocation: the password in the secret may have been changed.
        let settings = settings().await?;
        let done = match job_id {
            Some(promised) => {
                trigger(&lake, &settings, &request, &promised, Occasion::Promised, Utc::now).await
            }
            None if nightly => compare_if_due(&lake, &settings, &request).await?,
            None => trigger(&lake, &settings, &request, &new_job_id(), Occasion::Scheduled, Utc::now).await,
        };
        let Some(record) = done else { return Ok(None) };
        // A job that failed fails its invocation, so that the platform's retries, alarms and failure
        // destination see it.
        match &record.error {
            Some(error) if record.status == JobStatus::Failed.as_str() => Err(Error::from(error.clone())),
            _ => Ok(Some(record)),
        }
    }))
    .await
}

/// Carries out the comparison of the night, unless it is done. The jobs that fetch new rows are short, so a
/// job that is at work is waited for. If that is a long one, the comparison is asked for again later.
async fn compare_if_due(
    lake: &Lake,
    settings: &Settings,
    request: &JobRequest,
) -> Result<Option<JobRecord>, Error> {
    const TRIES: usize = 24;
    const PAUSE: Duration = Duration::from_secs(5);
    let nightly = Nightly::read(&Environment(process::variable), settings.factory_tz)?;
    for _ in 0..TRIES {
        // The job that was waited for may have been this comparison.
        if !nightly.is_due(lake, Utc::now()).await? {
            return Ok(None);
        }
        let job_id = new_job_id();
        let done = trigger(lake, settings, request, &job_id, Occasion::Nightly, Utc::now).await;
        if done.is_some() {
            return Ok(done);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(None)
}

async fn settings() -> Result<Settings, Error> {
    let source_db = secret::source_db(process::variable("SOURCE_DB")).await?;
    let variable = |name: &str| if name == "SOURCE_DB" { source_db.clone() } else { process::variable(name) };
    Ok(Settings::read(&Environment(variable))?)
}
