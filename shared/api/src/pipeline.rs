//! Runs of the pipeline: what was read, taken, rejected and written.

use chrono::{DateTime, FixedOffset};

use crate::row;

row! {
    /// What became of one table in a run.
    pub struct TableRun {
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
        /// How far the table has been read, in the ERP's own time.
        watermark: Option<String>,
        /// How often it was tried.
        attempts: i64,
        /// Why it failed.
        error: Option<String>,
    }
}

row! {
    /// A run with its tables.
    pub struct RunRecord {
        /// The run's id; ids are made in the order of time.
        job_id: String,
        /// `incremental`, `reconcile` or `full`.
        mode: String,
        /// `running`, `ok`, `partial` or `failed`.
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
        /// Why it failed, or which tables did.
        error: Option<String>,
        /// The tables.
        tables: Vec<TableRun>,
        /// Tables that the ERP does not have; nothing was expected of them.
        skipped: Vec<String>,
    }
}
