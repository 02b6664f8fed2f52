//! What the compliance checks found: the latest first.

use api::compliance::{CheckFinding, Severity};
use chrono::NaiveDate;
use yew::prelude::*;

use super::figure::{first_known, run_number};
use crate::format;
use crate::level::Level;

/// How many findings somebody has to do something about.
pub(crate) fn issues(findings: &[CheckFinding]) -> usize {
    let is_issue = |finding: &&CheckFinding| finding.severity.parse().is_ok_and(Severity::is_issue);
    findings.iter().filter(is_issue).count()
}

/// The same, with how many others are listed: "2", "2 · 1 info".
pub(crate) fn counted(findings: &[CheckFinding]) -> String {
    let issues = issues(findings);
    match findings.len() - issues {
        0 => issues.to_string(),
        others => format!("{issues} · {others} {}", Severity::Info.as_str().to_lowercase()),
    }
}

/// A list of findings.
pub(crate) fn list(findings: &[CheckFinding], today: Option<NaiveDate>) -> Html {
    html! { <ul class="events">{ for findings.iter().map(|finding| item(finding, today)) }</ul> }
}

fn item(finding: &CheckFinding, today: Option<NaiveDate>) -> Html {
    let when = finding
        .detected_at
        .map(|at| format::time(at, today))
        .or_else(|| finding.production_date.map(format::day));
    html! {
        <li>
            <span class="head">
                <span class={classes!("badge", Level::of(finding).class())}>{ format::words(&finding.severity.to_lowercase()) }</span>
                <strong>{ format::words(&finding.check) }</strong>
                if let Some(number) = &finding.run_number { <span>{ "run " }{ run_number(number, finding.production_date) }</span> }
                if let Some(place) = first_known([finding.location.as_ref(), finding.prod_line.as_ref()]) { <span>{ place }</span> }
                if let Some(when) = when { <span class="when">{ when }</span> }
            </span>
            <span class="detail">{ finding.detail.clone() }</span>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_only_worth_knowing_is_no_issue() {
        let found = |severities: &[Severity]| {
            let of = |severity: &Severity| CheckFinding {
                severity: severity.as_str().to_owned(),
                ..CheckFinding::default()
            };
            counted(&severities.iter().map(of).collect::<Vec<_>>())
        };
        assert_eq!(found(&[Severity::Critical, Severity::Info, Severity::Warning]), "2 · 1 info");
        assert_eq!(found(&[Severity::Info]), "0 · 1 info");
        assert_eq!(found(&[Severity::Major]), "1");
        assert_eq!(found(&[]), "0");
    }
}
