//! How many findings of each severity runs have.

use std::collections::BTreeSet;

use api::compliance::{CheckFinding, Severity};

use crate::runs::RunKey;

/// Findings by severity. Those of `INFO` count as no issue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Severities {
    pub(crate) critical: i64,
    pub(crate) major: i64,
    pub(crate) warning: i64,
}

impl Severities {
    /// The findings about these runs.
    pub(crate) fn of(findings: &[CheckFinding], runs: &BTreeSet<RunKey>) -> Self {
        let mut counts = Self::default();
        for finding in findings.iter().filter(|finding| is_about(finding, runs)) {
            match severity(finding) {
                Some(Severity::Critical) => counts.critical += 1,
                Some(Severity::Major) => counts.major += 1,
                Some(Severity::Warning) => counts.warning += 1,
                Some(Severity::Info) | None => {}
            }
        }
        counts
    }
}

/// The severity of a finding.
pub(crate) fn severity(finding: &CheckFinding) -> Option<Severity> {
    finding.severity.parse().ok()
}

/// Whether a finding is about one of these runs.
pub(crate) fn is_about(finding: &CheckFinding, runs: &BTreeSet<RunKey>) -> bool {
    let key = finding.run_number.clone().zip(finding.production_date);
    key.is_some_and(|key| runs.contains(&key))
}
