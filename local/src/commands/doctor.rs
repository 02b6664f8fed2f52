//! `tideline doctor`: what stands in the way of good jobs, a line each.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::bail;
use chrono::Utc;
use clap::Args;
use extractor_function::doctor::{
    Finding, Severity, examine_deep, examine_erp, examine_lake, examine_objects, tables_with_rows,
};
use process::may_hold_password;

use crate::place;

/// Options of the examination.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Read every object of the lake, and compare what it holds with raw
    #[arg(long)]
    deep: bool,
}

impl Doctor {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let settings = super::settings()?;
        let (mut worst, mut told) = (Severity::Ok, BTreeSet::new());
        let mut tell = |findings: Vec<Finding>| {
            for Finding { severity, about, found } in findings {
                worst = worst.max(severity);
                // Who reads all objects finds again what their keys show.
                if told.insert((about.clone(), found.clone())) {
                    println!("{severity:<5} {about:<20} {found}");
                }
            }
        };
        let about_lake = |severity, found| Finding { severity, about: "lake".to_owned(), found };
        let lake = super::ENVIRONMENT.lake();
        // To open a folder would make it.
        let is_there = lake.contains("://") || may_hold_password(&lake) || Path::new(&lake).exists();
        let open = if is_there { Some(place::open(&lake, &settings.factory_id).await) } else { None };
        let held = match &open {
            Some(Ok(open)) => tables_with_rows(&open.lake).await,
            _ => BTreeSet::new(),
        };
        tell(examine_erp(&settings, held, Utc::now).await);
        match open {
            Some(Ok(open)) => {
                tell(examine_lake(&open.lake, Utc::now()).await);
                tell(examine_objects(&open.lake).await);
                if self.deep {
                    tell(examine_deep(&open.lake, Utc::now()).await);
                }
            }
            Some(Err(error)) => tell(vec![about_lake(Severity::Failure, process::chain(&error))]),
            None => {
                let found = format!("the folder `{lake}` is not there yet: the first run makes it");
                tell(vec![about_lake(Severity::Ok, found)]);
            }
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
