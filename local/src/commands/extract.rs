//! `tideline extract`: one job.

use std::path::Path;

use anyhow::bail;
use api::pipeline::{JobRecord, JobStatus, JobTable, Trigger};
use chrono::Utc;
use clap::Args;
use extractor_function::{JobRequest, run_job};
use lake::{Lake, Mode};
use serde_json::{Map, json};
use warehouse::sources::ALL;

use super::count;
use crate::place;

/// Options of a job.
#[derive(Debug, Args)]
pub struct Extract {
    #[command(flatten)]
    asked: Asked,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// What a job is to do.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
struct Asked {
    /// Read everything again and mirror deletions
    #[arg(long, conflicts_with = "reconcile")]
    full: bool,
    /// Compare keys and watermarks of the last weeks, fetch what was missed and remove what was deleted
    #[arg(long)]
    reconcile: bool,
    /// Remove what the ERP no longer has, however much it is; compares unless --full is given
    #[arg(long)]
    accept_deletes: bool,
    /// First make everything again from what was read before, whatever state it is in
    #[arg(long)]
    rebuild: bool,
}

impl Extract {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let settings = super::settings()?;
        let address = super::ENVIRONMENT.lake();
        let open = place::open(&address, &settings.factory_id).await?;
        let trigger = Trigger::Cli.as_str().to_owned();
        let Asked { full, reconcile, accept_deletes, rebuild } = self.asked;
        let mode = Mode::asked(full, reconcile || accept_deletes);
        let request = JobRequest { mode, accept_deletes, rebuild, trigger, deadline: None };
        let record = run_job(&open.lake, &settings, &request, Utc::now).await;
        if self.json {
            print_json(&record);
        } else {
            print_text(&record, &open.lake, &address);
        }
        match record.status.parse::<JobStatus>() {
            Ok(JobStatus::Ok) => Ok(()),
            Ok(JobStatus::Partial) if record.withheld > Some(0) => {
                bail!("something was left undone: {}", record.error.unwrap_or_default())
            }
            Ok(JobStatus::Partial) if record.tables.iter().any(|table| table.error.is_some()) => {
                bail!("some tables failed: {}", record.error.unwrap_or_default())
            }
            Ok(JobStatus::Partial) => bail!("not all went well: {}", record.error.unwrap_or_default()),
            _ => bail!("the run failed: {}", record.error.unwrap_or_default()),
        }
    }
}

fn print_json(record: &JobRecord) {
    let tables: Map<_, _> = record
        .tables
        .iter()
        .map(|table| {
            let counts = json!({
                "extracted": table.extracted, "accepted": table.accepted, "rejected": table.rejected, "written": table.written,
                "withheld": table.withheld, "rekeyed": table.rekeyed, "watermark": table.watermark, "error": table.error,
                "warning": table.warning,
            });
            (table.table.clone(), counts)
        })
        .collect();
    let answer = json!({
        "job_id": record.job_id, "mode": record.mode, "status": record.status, "duration_ms": record.duration_ms,
        "withheld": record.withheld, "rekeyed": record.rekeyed, "error": record.error, "warning": record.warning,
        "healed": record.healed, "tables": tables, "skipped": record.skipped,
    });
    println!("{answer:#}");
}

fn print_text(record: &JobRecord, lake: &Lake, address: &str) {
    println!(
        "{:<20} {:>12} {:>12} {:>10} {:>12}  watermark",
        "table", "read", "valid", "rejected", "written"
    );
    for table in &record.tables {
        let counts = [table.extracted, table.accepted, table.rejected, table.written].map(count);
        let note = table
            .error
            .as_ref()
            .map_or_else(|| table.watermark.clone().unwrap_or_default(), |error| told(table, error));
        println!(
            "{:<20} {:>12} {:>12} {:>10} {:>12}  {note}",
            table.table, counts[0], counts[1], counts[2], counts[3]
        );
    }
    for table in record.tables.iter().filter(|table| table.rejected > 0) {
        let folder = rejected_folder(lake, address, &table.table);
        println!(
            "rejected rows of {}, with the reasons: {folder} ({} in what this run read)",
            table.table,
            count(table.rejected)
        );
    }
    if !record.skipped.is_empty() {
        println!("not in this ERP: {}", record.skipped.join(", "));
    }
    if let Some(healed) = &record.healed {
        println!("made again: {healed}");
    }
    if let Some(warning) = &record.warning {
        println!("warning: {warning}");
    }
    println!("{} in {} ms (run {})", record.status, count(record.duration_ms.unwrap_or(0)), record.job_id);
}

/// What is said of a table that was not read, or of which something was left undone.
fn told(table: &JobTable, error: &str) -> String {
    let word = if table.withheld > Some(0) { "LEFT UNDONE" } else { "FAILED" };
    format!("{word}: {error}")
}

/// Where the rejected rows of a table lie, a CSV for each segment that brought some.
fn rejected_folder(lake: &Lake, address: &str, table: &str) -> String {
    let staging = ALL.iter().find(|source| source.table == table).map_or(table, |source| source.staging);
    let key = lake.rejected_folder(staging);
    match address.strip_prefix("s3://") {
        Some(place) => format!("s3://{}/{key}", place.split('/').next().unwrap_or_default()),
        None => Path::new(address).join(key).display().to_string(),
    }
}
