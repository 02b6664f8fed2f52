//! `tideline doctor`: what stands in the way of good jobs, a line each.

use std::path::Path;

use anyhow::bail;
use chrono::Utc;
use clap::Args;
use extractor_function::doctor::{Finding, Severity, examine_erp, examine_lake};

use crate::place;

/// Options of the examination.
#[derive(Debug, Args)]
pub struct Doctor {}

impl Doctor {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let settings = super::settings()?;
        let mut worst = Severity::Ok;
        let mut tell = |findings: Vec<Finding>| {
            for Finding { severity, about, found } in findings {
                println!("{severity:<5} {about:<20} {found}");
                worst = worst.max(severity);
            }
        };
        tell(examine_erp(&settings, Utc::now).await);
        let lake = super::ENVIRONMENT.lake();
        if !lake.contains("://") && !Path::new(&lake).exists() {
            // To open the folder would make it.
            let found = format!("the folder `{lake}` is not there yet: the first run makes it");
            tell(vec![Finding { severity: Severity::Ok, about: "lake".to_owned(), found }]);
            return finish(worst);
        }
        match place::open(&lake, &settings.factory_id).await {
            Ok(open) => tell(examine_lake(&open.lake).await),
            Err(error) => tell(vec![Finding {
                severity: Severity::Failure,
                about: "lake".to_owned(),
                found: process::chain(&error),
            }]),
        }
        finish(worst)
    }
}

fn finish(worst: Severity) -> anyhow::Result<()> {
    if worst == Severity::Failure {
        bail!("something must be mended: see the lines that begin with FAIL");
    }
    Ok(())
}
