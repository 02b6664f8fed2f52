//! Jobs of the pipeline: what they read, took, rejected and wrote, and the start of a job.
//!
//! Callers know jobs as runs, under `/pipeline/runs`. So the texts for callers, which become the API's
//! description, say run.

use chrono::{DateTime, FixedOffset, SubsecRound, TimeDelta, TimeZone, Utc};
use domain::named::named_enum;

use crate::query::{Days, NoQuery};
use crate::{Endpoint, Lead, endpoints, query, row};

named_enum! {
    /// How far a run has come, or how it ended.
    "run status" JobStatus {
        /// It is at work.
        Running = "running",
        /// It read every table that is there, and the marts follow.
        Ok = "ok",
        /// It read some of the rows, and they are in the marts.
        Partial = "partial",
        /// It failed or died.
        Failed = "failed",
    }
}

named_enum! {
    /// What starts a run.
    "trigger" Trigger {
        /// Its time has come.
        Schedule = "schedule",
        /// A request.
        Api = "api",
        /// The command line.
        Cli = "cli",
    }
}

row! {
    /// What became of one table in a run.
    pub struct JobTable {
        /// The table's name in the ERP.
        table: String,
        /// Rows that were read.
        extracted: i64,
        /// Of these the valid ones.
        accepted: i64,
        /// Of these the rejected ones.
        rejected: i64,
        /// Rows that were new, changed or deleted.
        written: i64,
        /// Rows that the ERP no longer has and that were kept nevertheless, because they were too many at
        /// once. `null` in runs of versions that did not count them.
        withheld: Option<i64>,
        /// Keys that now name another row than before, as after a restore or a reset of numbering. `null` in
        /// runs of versions that did not count them.
        rekeyed: Option<i64>,
        /// How far the table has been read, in the ERP's own time.
        watermark: Option<String>,
        /// How often it was tried.
        attempts: i64,
        /// Why it failed, or what was left undone.
        error: Option<String>,
        /// What somebody should look into, though all was done.
        warning: Option<String>,
    }
}

row! {
    /// A run with its tables.
    pub struct JobRecord {
        /// The run's id; ids are made in the order of time.
        job_id: String,
        /// `incremental`, `reconcile` or `full`.
        mode: String,
        /// `running`, `ok`, `partial` or `failed`.
        #[one_of(JobStatus::NAMES)]
        status: String,
        /// What started it.
        trigger: String,
        /// When it began.
        started_at: DateTime<FixedOffset>,
        /// When it ended.
        finished_at: Option<DateTime<FixedOffset>>,
        /// How long it took, ms.
        duration_ms: Option<i64>,
        /// How often the ERP was connected to.
        attempts: i64,
        /// Rows that were read.
        extracted: i64,
        /// Of these the valid ones.
        accepted: i64,
        /// Of these the rejected ones.
        rejected: i64,
        /// Rows that the ERP no longer has and that were kept nevertheless, because they were too many at
        /// once.
        withheld: Option<i64>,
        /// Keys that now name another row than before.
        rekeyed: Option<i64>,
        /// Why it failed, what else did, or what was left undone.
        error: Option<String>,
        /// What somebody should look into though all was done, such as grades that nobody has explained.
        warning: Option<String>,
        /// What of the lake was damaged and was made again, and how that showed.
        healed: Option<String>,
        /// The tables.
        tables: Vec<JobTable>,
        /// Tables that the ERP does not have; nothing was expected of them.
        skipped: Vec<String>,
    }
}

row! {
    /// A run as the list of runs shows it.
    pub struct JobSummary {
        /// The run's id; ids are made in the order of time.
        job_id: String,
        /// `incremental`, `reconcile` or `full`.
        mode: String,
        /// `running`, `ok`, `partial` or `failed`.
        #[one_of(JobStatus::NAMES)]
        status: String,
        /// What started it: `schedule`, `api`, `cli`.
        trigger: String,
        /// When it began.
        started_at: DateTime<FixedOffset>,
        /// When it ended.
        finished_at: Option<DateTime<FixedOffset>>,
        /// How long it took, ms.
        duration_ms: Option<i64>,
        /// How often the ERP was connected to.
        attempts: i64,
        /// Rows that were read.
        extracted: i64,
        /// Of these the valid ones.
        accepted: i64,
        /// Of these the rejected ones.
        rejected: i64,
        /// Rows that the ERP no longer has and that were kept nevertheless, because they were too many at
        /// once.
        withheld: Option<i64>,
        /// Keys that now name another row than before.
        rekeyed: Option<i64>,
        /// Why it failed, what else did, or what was left undone.
        error: Option<String>,
        /// What somebody should look into though all was done, such as grades that nobody has explained.
        warning: Option<String>,
        /// What of the lake was damaged and was made again, and how that showed.
        healed: Option<String>,
    }
}

row! {
    /// A row that was rejected and that the ERP has not mended yet.
    pub struct RejectedRow {
        /// The table's name in the ERP.
        table: String,
        /// The row's key, its parts divided by `, `; `null` where the key itself cannot be read.
        key: Option<String>,
        /// Why it was rejected.
        reason: String,
        /// Its original values: a JSON object, as text.
        row: String,
        /// The run that found it first.
        job_id: Option<String>,
        /// When that run began.
        rejected_at: Option<DateTime<FixedOffset>>,
    }
}

row! {
    /// A run that was started.
    pub struct JobStarted {
        /// The run's id, by which its record is found.
        job_id: String,
        /// `started`.
        status: String,
        /// `incremental`, `reconcile` or `full`.
        mode: String,
    }
}

query! {
    /// Which rejected rows.
    pub struct RejectedQuery {
        /// Those found in so many days up to today.
        days: Days<7>,
    }
}

query! {
    /// What a job is to do; new rows are fetched unless more is asked for.
    pub struct StartQuery {
        /// Read everything again and mirror deletions.
        full: bool,
        /// Compare keys and watermarks of the last weeks, fetch what was missed and remove what was deleted.
        /// Not together with `full`.
        reconcile: bool,
        /// Remove what the ERP no longer has, however much it is. Without it a run that would remove over 20
        /// % and over 100 rows of a table removes none of them. Asks for a comparison unless `full` is asked
        /// for.
        accept_deletes: bool,
        /// First make everything again from what was read before, whatever state it is in.
        rebuild: bool,
    }
}

endpoints! {
    /// The runs, newest first.
    pub const JOBS: Endpoint<NoQuery, Vec<JobSummary>> =
        Endpoint::get("/pipeline/runs", "The runs of the pipeline").leads_to(&[TO_A_JOB]).undated();

    /// One run with its tables.
    pub const JOB: Endpoint<NoQuery, JobRecord> =
        Endpoint::get("/pipeline/runs/{job_id}", "What a run of the pipeline did to each table").undated();

    /// The rejected rows that are open, newest first.
    pub const REJECTED: Endpoint<RejectedQuery, Vec<RejectedRow>> =
        Endpoint::get("/pipeline/rejected", "Rows that were rejected and are not mended yet").undated();

    /// Answers before the run is done: `Location` says where its record is. One run at a time is at work.
    pub const START: Endpoint<StartQuery, JobStarted> =
        Endpoint::post("/pipeline/run", "Start a run of the pipeline")
        .refuses(&[
            (403, "The request comes from the page of another site"),
            (409, "A run is at work already"),
            (429, "A full run is asked for within 10 minutes after the last one began"),
        ]);
}

const TO_A_JOB: Lead = Lead { path: JOB.path(), value: "job_id", pointer: "/0/job_id" };

/// How much later than a full job another one may begin that is asked for here: it reads the whole ERP.
pub const BETWEEN_FULL_JOBS: TimeDelta = TimeDelta::minutes(10);

/// The error that is shown for a job that died.
pub const DIED: &str =
    "the run ended without saying so: it was killed or ran out of time; nothing that it committed is lost";

/// A moment as the record of a job has it: on the factory's clock, to the millisecond.
pub fn job_time(moment: DateTime<Utc>, factory_tz: &impl TimeZone) -> DateTime<FixedOffset> {
    moment.with_timezone(factory_tz).fixed_offset().trunc_subsecs(3)
}

impl JobRecord {
    /// The record of a job that has just begun.
    pub fn begun(job_id: &str, mode: &str, trigger: &str, started_at: DateTime<FixedOffset>) -> Self {
        Self {
            job_id: job_id.to_owned(),
            mode: mode.to_owned(),
            status: JobStatus::Running.as_str().to_owned(),
            trigger: trigger.to_owned(),
            started_at,
            finished_at: None,
            duration_ms: None,
            attempts: 0,
            extracted: 0,
            accepted: 0,
            rejected: 0,
            withheld: Some(0),
            rekeyed: Some(0),
            error: None,
            warning: None,
            healed: None,
            tables: Vec::new(),
            skipped: Vec::new(),
        }
    }

    /// Whether the record says that its job is at work.
    pub fn is_running(&self) -> bool {
        self.status == JobStatus::Running.as_str()
    }

    /// The record as it is true at `now`. The job was sure to live until `lives_until`. If that has passed
    /// and the job has not ended, it has died, at `lives_until` at the latest.
    pub fn seen_at(self, now: DateTime<Utc>, lives_until: Option<DateTime<Utc>>) -> Self {
        if !self.is_running() || lives_until > Some(now) {
            return self;
        }
        let finished_at = lives_until.map(|died_by| died_by.with_timezone(self.started_at.offset()));
        Self {
            status: JobStatus::Failed.as_str().to_owned(),
            finished_at,
            duration_ms: finished_at.map(|finished_at| (finished_at - self.started_at).num_milliseconds()),
            error: Some(DIED.to_owned()),
            ..self
        }
    }
}

impl From<JobRecord> for JobSummary {
    fn from(record: JobRecord) -> Self {
        let JobRecord {
            job_id,
            mode,
            status,
            trigger,
            started_at,
            finished_at,
            duration_ms,
            attempts,
            extracted,
            accepted,
            rejected,
            withheld,
            rekeyed,
            error,
            warning,
            healed,
            ..
        } = record;
        Self {
            job_id,
            mode,
            status,
            trigger,
            started_at,
            finished_at,
            duration_ms,
            attempts,
            extracted,
            accepted,
            rejected,
            withheld,
            rekeyed,
            error,
            warning,
            healed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_job_is_the_factory_s_to_the_millisecond() {
        let moment = "2026-06-20T13:00:00.123987Z".parse().unwrap();
        let factory_tz = FixedOffset::east_opt(3600).unwrap();
        assert_eq!(job_time(moment, &factory_tz).to_rfc3339(), "2026-06-20T14:00:00.123+01:00");
    }
}
