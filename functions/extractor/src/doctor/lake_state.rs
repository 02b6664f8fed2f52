//! The lake, as the doctor sees it: whether it can be read and written, how old it is, when it was last
//! compared with the ERP, and which settings it holds.

use chrono::{DateTime, TimeDelta, Utc};
use lake::{Lake, Manifest, keys};
use process::chain;
use warehouse::settings::{self, State};

use super::damage::MADE_AGAIN;
use super::{Finding, Findings, Severity};

/// How long ago the last good comparison of the ERP with the lake may be without a word about it.
const COMPARED_WITHIN: TimeDelta = TimeDelta::hours(36);

/// Examines the lake: reads what there is, and writes, reads and removes one small object. `now` is the
/// present moment.
pub async fn examine_lake(lake: &Lake, now: DateTime<Utc>) -> Vec<Finding> {
    let mut findings = Findings::default();
    match lake.manifest().await {
        Ok(None) => {
            findings.add(Severity::Ok, "lake", "can be read; there was no run yet");
            findings.settings(lake, &Manifest::default()).await;
        }
        Ok(Some((manifest, _))) => {
            let newest = manifest.tables.values().filter_map(|table| table.as_of).max();
            let since = newest.map_or_else(
                || "no table was read yet".to_owned(),
                |at| format!("last read from the ERP at {}", at.format("%Y-%m-%d %H:%M")),
            );
            findings.add(
                Severity::Ok,
                "lake",
                format!(
                    "can be read; {} tables, {} marts, {since}",
                    manifest.tables.len(),
                    manifest.marts.len()
                ),
            );
            findings.settings(lake, &manifest).await;
            findings.comparison(&manifest, now);
        }
        Err(error) if error.is_damage() => {
            findings.add(Severity::Failure, "lake", format!("{}: {MADE_AGAIN}", chain(&error)));
        }
        Err(error) => findings.add(Severity::Failure, "lake", format!("cannot be read: {}", chain(&error))),
    }
    match lake.probe().await {
        Ok(()) => findings.add(Severity::Ok, "lake", "can be written"),
        Err(error) => {
            findings.add(
                Severity::Failure,
                "lake",
                format!(
                    "cannot be written: {}; check the rights on it, and that there is space",
                    chain(&error)
                ),
            );
        }
    }
    findings.all
}

impl Findings {
    /// Whether the file of the factory's settings can be taken, and what it leaves open.
    async fn settings(&mut self, lake: &Lake, manifest: &Manifest) {
        const ABOUT: &str = "settings";
        let name = keys::SETTINGS;
        match settings::look_at(lake, manifest).await {
            Err(error) => self.add(Severity::Failure, ABOUT, format!("cannot be read: {}", chain(&error))),
            Ok(None) => self.add(Severity::Ok, ABOUT, format!("there is no `{name}`: the defaults hold")),
            Ok(Some(Err(bad))) => self.add(Severity::Warning, ABOUT, settings::told_bad(&bad)),
            Ok(Some(Ok(State::InForce))) => self.add(Severity::Ok, ABOUT, format!("`{name}` is in force")),
            Ok(Some(Ok(State::Waiting))) => {
                self.add(Severity::Ok, ABOUT, format!("`{name}` is new: the next run takes it"));
            }
        }
        let unknown = settings::in_force(manifest)
            .map(|in_force| settings::unknown_grades(manifest, &in_force))
            .unwrap_or_default();
        if let Some(warning) = settings::told_unknown_grades(&unknown) {
            self.add(Severity::Warning, "grades", warning);
        }
    }

    /// When the ERP was last compared with the lake. What was deleted or committed late is found by nothing
    /// else.
    fn comparison(&mut self, manifest: &Manifest, now: DateTime<Utc>) {
        let (good, ended) = (manifest.reconciled_at, manifest.compared_at);
        let is_recent = |at: DateTime<_>| now - at.to_utc() <= COMPARED_WITHIN;
        let shown = |at: DateTime<chrono::FixedOffset>| at.format("%Y-%m-%d %H:%M").to_string();
        match good {
            Some(at) if is_recent(at) => {
                self.add(Severity::Ok, "lake", format!("last compared with the ERP at {}", shown(at)));
            }
            None if ended.is_some_and(is_recent) => {
                self.add(Severity::Ok, "lake", "not compared with the ERP yet: that is done at night");
            }
            good => {
                let last = good.map_or_else(|| "never".to_owned(), |at| format!("at {}", shown(at)));
                let advice = "rows that were deleted or committed late are missed until that is done: \
                    see why the runs of mode reconcile fail, or run `tideline extract --reconcile`";
                let found = format!("last compared with the ERP without trouble: {last}; {advice}");
                self.add(Severity::Warning, "lake", found);
            }
        }
    }
}
