//! `tideline extract`: one run.

use anyhow::bail;
use chrono::Utc;
use clap::Args;
use extractor_function::{RunRequest, run};
use lake::Mode;
use serde_json::{Map, json};

use super::count;
use crate::place;

/// Options of a run.
#[derive(Debug, Args)]
pub struct Extract {
    /// Read everything again and mirror deletions
    #[arg(long, conflicts_with = "reconcile")]
    full: bool,
    /// Compare keys and watermarks of the last weeks, fetch what was missed and remove what was deleted
    #[arg(long)]
    reconcile: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Extract {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let settings = super::settings()?;
        let open = place::open(&super::lake_address(), &settings.factory_id).await?;
        let mode = match (self.full, self.reconcile) {
            (true, _) => Mode::Full,
            (_, true) => Mode::Reconcile,
            _ => Mode::Incremental,
        };
        let record = run(&open.lake, &settings, &RunRequest { mode, trigger: "cli".to_owned() }, Utc::now).await;
        if self.json {
            let tables: Map<_, _> = record
                .tables
                .iter()
                .map(|table| {
                    let counts = json!({
                        "extracted": table.extracted, "accepted": table.accepted, "rejected": table.rejected, "written": table.written,
                        "watermark": table.watermark, "error": table.error,
                    });
                    (table.table.clone(), counts)
                })
                .collect();
            let answer = json!({
                "job_id": record.job_id, "mode": record.mode, "status": record.status, "duration_ms": record.duration_ms,
                "tables": tables, "skipped": record.skipped,
            });
            println!("{answer:#}");
        } else {
            println!("{:<20} {:>12} {:>12} {:>10} {:>12}  watermark", "table", "read", "valid", "rejected", "written");
            for table in &record.tables {
                let counts = [table.extracted, table.accepted, table.rejected, table.written].map(count);
                let note = table.error.as_ref().map_or_else(|| table.watermark.clone().unwrap_or_default(), |error| format!("FAILED: {error}"));
                println!("{:<20} {:>12} {:>12} {:>10} {:>12}  {note}", table.table, counts[0], counts[1], counts[2], counts[3]);
            }
            if !record.skipped.is_empty() {
                println!("not in this ERP: {}", record.skipped.join(", "));
            }
            println!("{} in {} ms (run {})", record.status, count(record.duration_ms.unwrap_or(0)), record.job_id);
        }
        match record.status.as_str() {
            "ok" => Ok(()),
            "partial" => bail!("some tables failed: {}", record.error.unwrap_or_default()),
            _ => bail!("the run failed: {}", record.error.unwrap_or_default()),
        }
    }
}
