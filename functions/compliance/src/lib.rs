//! `/compliance/checks`: what the compliance checks found; `/quality/summary`: what people raised.

mod quality;

use std::cmp::Reverse;

use api::compliance::{CHECKS, Check, CheckFinding, CheckQuery, DAYS, Severity};
use api::quality::SUMMARY;
use serve::{Answer, Ask, Result, Routes, State, is_asked_for, work};
use warehouse::marts::{FCT_COMPLIANCE_CHECKS, FindingRow, rows};

pub fn routes() -> Routes {
    Routes::new().get(&CHECKS, checks).get(&SUMMARY, quality::summary)
}

async fn checks(state: State, ask: Ask<CheckQuery, Vec<CheckFinding>>) -> Result<Answer> {
    let dates = state.dates(&ask.query, DAYS)?;
    let snapshot = state.snapshot().await?;
    let frame = snapshot.mart(&FCT_COMPLIANCE_CHECKS, dates).await?;
    let today = state.today();
    let is_today_asked = dates.from.is_none_or(|from| from <= today) && dates.to.is_none_or(|to| today <= to);
    let judged_now = live::findings(&state, &snapshot, dates, is_today_asked).await?;
    work(move || {
        let (check, severity) =
            (ask.query.check.map(Check::as_str), ask.query.severity.map(Severity::as_str));
        let run = ask.query.run.as_deref();
        let findings = rows::<FindingRow>(&frame)?.into_iter().chain(judged_now);
        let findings = findings.filter(|FindingRow { finding, .. }| {
            check.is_none_or(|check| finding.check == check)
                && severity.is_none_or(|severity| finding.severity == severity)
                && is_asked_for(finding.run_number.as_deref(), run)
        });
        let newest_first = findings.map(|FindingRow { finding, reading_id, .. }| {
            let place = (
                finding.check.clone(),
                finding.run_number.clone(),
                finding.production_date,
                reading_id,
                finding.location.clone(),
            );
            ((Reverse(finding.detected_at), place, finding.finding_id.clone()), finding)
        });
        ask.list(newest_first.collect(), &snapshot)
    })
    .await
}

#[cfg(test)]
mod tests {
    use api::query::{Parameter, ParameterKind};
    use domain::checks::Check;

    #[test]
    fn every_check_can_be_asked_for_by_its_name() {
        let names: Vec<_> = Check::ALL.iter().map(|check| check.as_str()).collect();
        let ParameterKind::OneOf(words) = Check::KIND else { panic!("it is a choice") };
        assert_eq!(words, names);
    }
}
