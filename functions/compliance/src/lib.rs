//! `/compliance/checks`: what the compliance checks found; `/quality/summary`: what people raised.

mod quality;

use std::cmp::Reverse;

use api::ParameterError;
use api::compliance::{CHECKS, CheckFinding, CheckQuery};
use api::quality::SUMMARY;
use axum::Router;
use axum::extract::State as Extract;
use axum::routing::get;
use domain::checks::Check;
use serve::{Answer, Ask, Result, State, rows, work};
use warehouse::marts::FCT_COMPLIANCE_CHECKS;

/// The endpoints, bare.
pub fn routes() -> Router<State> {
    Router::new().route(CHECKS.path, get(checks)).route(SUMMARY.path, get(quality::summary))
}

/// The endpoints as an app.
pub fn router(state: State) -> Router {
    serve::finish(routes(), state)
}

/// What tells findings apart that are alike in all else.
#[derive(serde::Deserialize)]
struct Found {
    reading_id: Option<i64>,
}

async fn checks(Extract(state): Extract<State>, ask: Ask<CheckQuery>) -> Result<Answer> {
    let check = ask.query.check.as_deref().map(known).transpose()?;
    let snapshot = state.snapshot().await?;
    let frame = snapshot.mart(&FCT_COMPLIANCE_CHECKS, state.last_days(ask.query.days.0)).await?;
    work(move || {
        let (severity, run) = (ask.query.severity.map(api::compliance::Severity::word), ask.query.run.as_deref());
        let findings = rows::<Found>(&frame)?.into_iter().zip(rows::<CheckFinding>(&frame)?).filter(|(_, finding)| {
            check.is_none_or(|check| finding.check == check.as_str())
                && severity.is_none_or(|severity| finding.severity == severity)
                && run.is_none_or(|run| finding.run_number.as_deref() == Some(run))
        });
        let newest_first = findings.map(|(found, finding)| {
            let place = (finding.check.clone(), finding.run_number.clone(), finding.production_date, found.reading_id);
            ((Reverse(finding.detected_at), place), finding)
        });
        ask.list(newest_first.collect(), &snapshot)
    })
    .await
}

fn known(name: &str) -> std::result::Result<Check, ParameterError> {
    let names: Vec<_> = Check::ALL.iter().map(|check| check.as_str()).collect();
    let expected = || format!("is none of {}", names.join(" "));
    name.parse().map_err(|_| ParameterError { name: "check".to_owned(), value: name.to_owned(), expected: expected() })
}
