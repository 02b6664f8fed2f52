//! The factory now: the shift that is on, four cards, where each line lands, what to act on first, the yield of
//! each day, the runs that are on, what needs a look, and what has to be sold or frozen.

use std::rc::Rc;

use api::compliance::{Check, CheckFinding, Severity};
use api::runs::ActiveRun;
use api::shelf_life::ExpiringRun;
use api::shift_now::{AllLines, ShiftFigures};
use api::temperature::Breach;
use api::yields::YieldTotal;
use chrono::NaiveDate;
use domain::yields::{RunKg, YieldSum};
use yew::prelude::*;

use crate::ask::{DAYS, HOURS, MOST_URGENT, list_limit};
use crate::charts::bars::{Bar, BarChart};
use crate::components::active_runs::ActiveRuns;
use crate::components::figure::figure;
use crate::components::kpi_card::KpiCard;
use crate::components::section::{Section, instead_of_a_list};
use crate::components::{self, attention, breaches, expiring, findings, lines};
use crate::format;
use crate::level::Level;
use crate::state::Board;

/// How many findings and breaches are shown.
const LATEST: usize = 10;

/// What the page shows.
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) board: Board,
}

#[component]
pub(crate) fn Dashboard(props: &Props) -> Html {
    let Board { shift, yields, active, breaches, checks, expiring, fresh } = &props.board;
    let today = fresh.today;
    let totals = shift.answer.as_deref().and_then(|now| now.totals.as_ref());
    let worked_on = active.answer.as_deref().map(|runs| Rc::new(without_idle(runs)));
    let listed = active.answer.as_deref().map_or(0, Vec::len);
    html! {
        <>
            <h1 class="hidden">{ "The factory now" }</h1>
            { components::shift::shift(shift.answer.as_deref(), today) }
            <div class="kpis">
                { yield_card(yields.answer.as_deref()) }
                { active_card(worked_on.as_deref().map(Vec::as_slice), listed) }
                { breach_card(breaches.answer.as_deref().map(Vec::as_slice), today) }
                { compliance_card(checks.answer.as_deref().map(Vec::as_slice), totals) }
            </div>
            <div class="act">
                { shift.answer.as_deref().map_or_else(Html::default, |now| lines::lines(now, today)) }
                { attention::attention(shift.answer.as_deref(), today) }
            </div>
            <div class="now">
                <Section id="daily-yield" title="Daily yield" note={format!("output of input, all lines, {DAYS} days to today")}>
                    if let Some(total) = &yields.answer {
                        <BarChart label={format!("Yield per production date over the last {DAYS} days, in percent of input")} bars={bars(total)} />
                    } else {
                        { instead_of_a_list(false, "") }
                    }
                </Section>
                <ActiveRuns runs={worked_on.clone()} note={worked_on.as_ref().map(|runs| how_many(runs.len(), listed)).unwrap_or_default()} {today} />
            </div>
            <div class="three">
                <Section id="compliance" title="Compliance findings" note={latest(checks.answer.as_ref().map(|rows| rows.len()), &format!("{DAYS} days"))}>
                    { latest_findings(checks.answer.as_deref().map(Vec::as_slice), today) }
                </Section>
                <Section id="temperatures" title="Temperature breaches" note={latest(breaches.answer.as_ref().map(|rows| rows.len()), &format!("{HOURS} hours"))}>
                    { latest_breaches(breaches.answer.as_deref().map(Vec::as_slice), today) }
                </Section>
                <Section id="expiring" title="Sell or freeze first" note={expiring.answer.as_ref().map(|runs| urgent(runs.len())).unwrap_or_default()}>
                    { most_urgent(expiring.answer.as_deref().map(Vec::as_slice)) }
                </Section>
            </div>
        </>
    }
}

fn yield_card(total: Option<&YieldTotal>) -> Html {
    let (level, verdict, note) = match total {
        None => (Level::Plain, String::new(), String::new()),
        Some(total) => {
            let limit_pct = total.low_yield_pct;
            let (level, verdict) = match total.is_low {
                None => (Level::Plain, "No yield to tell".to_owned()),
                Some(true) => {
                    (Level::of_severity(Check::LowYield.severity()), format!("Below {limit_pct} %"))
                }
                Some(false) => (Level::Ok, format!("{limit_pct} % or more")),
            };
            (level, verdict, made(total.runs, total.total_kg))
        }
    };
    let value = total.map(|total| {
        figure(
            total.yield_pct.map(format::pct),
            "no complete run whose input and output are known in these days",
        )
    });
    html! { <KpiCard id="kpi-yield" label="Total yield" window={format!("{DAYS} days to today")} {value} {level} {verdict} {note} href="#daily-yield" /> }
}

/// The runs that somebody works on. The others were most likely never completed.
fn without_idle(runs: &[ActiveRun]) -> Vec<ActiveRun> {
    runs.iter().filter(|run| !run.idle).cloned().collect()
}

/// Counts the runs that somebody works on, `worked_on`, of the `listed` ones that the ERP calls active.
fn active_card(worked_on: Option<&[ActiveRun]>, listed: usize) -> Html {
    let value = worked_on.map(|runs| html! { { how_many(runs.len(), listed) } });
    let runs = worked_on.unwrap_or_default();
    let idle = listed - runs.len();
    let made_so_far = made_so_far_kg(runs, listed).map(|kg| format!("{} made so far", format::kg(kg)));
    let never_completed = (idle > 0).then(|| format!("{} idle", how_many(idle, listed)));
    let note = made_so_far.into_iter().chain(never_completed).collect::<Vec<_>>().join(" · ");
    let verdict = if runs.is_empty() { "No run is on" } else { "In production" };
    html! { <KpiCard id="kpi-active-runs" label="Active runs" window="now" {value} level={Level::Plain} {verdict} {note} href="#active-runs" /> }
}

/// What these runs of a list have made together. The sum of a list that was cut off would be too small. So
/// would that of a run without a weight.
fn made_so_far_kg(runs: &[ActiveRun], listed: usize) -> Option<f64> {
    let mut made = YieldSum::default();
    for run in runs {
        let is_output_unknown = run.actual_kg.is_none() && run.outputs_without_weight > 0;
        made.add(&RunKg { actual_kg: run.actual_kg, is_output_unknown, ..RunKg::default() });
    }
    made.total_kg().filter(|_| listed < list_limit())
}

fn breach_card(rows: Option<&[Breach]>, today: Option<NaiveDate>) -> Html {
    let value = rows.map(|rows| html! { { how_many(rows.len(), rows.len()) } });
    let (level, verdict, note) = match rows.and_then(<[_]>::first) {
        None => (Level::Ok, "All within limits", String::new()),
        Some(last) => {
            let place = last.location.as_ref().map(|place| format!(" · {place}")).unwrap_or_default();
            (
                Level::of_severity(Check::TemperatureBreach.severity()),
                "Outside limits",
                format!("latest {}{place}", format::time(last.reading_time, today)),
            )
        }
    };
    html! { <KpiCard id="kpi-breaches" label="Temperature breaches" window={format!("{HOURS} hours")} {value} {level} {verdict} {note} href="#temperatures" /> }
}

/// What is new in the shift that is on, beside what was found in these days. A card that counts days alone is always
/// red, and says nothing.
fn compliance_card(rows: Option<&[CheckFinding]>, shift: Option<&AllLines>) -> Html {
    let found = rows.map(|rows| how_many(findings::issues(rows), rows.len()));
    if let Some((found, AllLines { figures, .. })) = found.as_ref().zip(shift) {
        let new = figures.critical + figures.major + figures.warning;
        let (level, verdict) = match figures {
            _ if new == 0 => (Level::Ok, "Nothing new".to_owned()),
            ShiftFigures { critical: 0, .. } => (Level::Warn, "To be looked into".to_owned()),
            ShiftFigures { critical, .. } => (Level::Bad, format!("{} critical", format::count(*critical))),
        };
        let note = format!("{found} found in {DAYS} days");
        let value = Some(html! { { format::count(new) } });
        return html! { <KpiCard id="kpi-compliance" label="Compliance issues" window="new in this shift" {value} {level} {verdict} {note} href="#compliance" /> };
    }
    let value = found.map(|found| html! { {found} });
    let rows = rows.unwrap_or_default();
    let count = |severity: Severity| {
        (severity, rows.iter().filter(|finding| finding.severity == severity.as_str()).count())
    };
    let severities = Severity::ALL.iter().copied().filter(|severity| severity.is_issue());
    let counts: Vec<(Severity, usize)> = severities.map(count).collect();
    let (level, verdict) = match counts.iter().find(|(_, count)| *count > 0) {
        None => (Level::Ok, "Nothing found"),
        Some((Severity::Critical, _)) => (Level::of_severity(Severity::Critical), "Critical findings"),
        Some((severity, _)) => (Level::of_severity(*severity), "To be looked into"),
    };
    let notes = counts.iter().map(|(severity, count)| {
        format!("{} {}", how_many(*count, rows.len()), severity.as_str().to_lowercase())
    });
    let note = notes.collect::<Vec<_>>().join(" · ");
    html! { <KpiCard id="kpi-compliance" label="Compliance issues" window={format!("{DAYS} days to today")} {value} {level} {verdict} {note} href="#compliance" /> }
}

/// A bar for each date that was asked for. A date without complete runs is a gap.
fn bars(total: &YieldTotal) -> Vec<Bar> {
    let (Some(from), Some(to)) = (total.from, total.to) else { return Vec::new() };
    let bar = |date| {
        let day = total.dates.iter().find(|day| day.production_date == date);
        Bar {
            date,
            pct: day.and_then(|day| day.yield_pct),
            low: day.and_then(|day| day.is_low).unwrap_or_default(),
            detail: day.map_or_else(|| made(0, None), |day| made(day.runs, day.total_kg)),
        }
    };
    from.iter_days().take_while(|date| *date <= to).map(bar).collect()
}

fn made(runs: i64, total_kg: Option<f64>) -> String {
    match (runs, total_kg) {
        (0, _) => "no complete run".to_owned(),
        (1, Some(kg)) => format!("{} made in 1 complete run", format::kg(kg)),
        (runs, Some(kg)) => format!("{} made in {} complete runs", format::kg(kg), format::count(runs)),
        (runs, None) => format!("{} complete, not all weighed", format::count(runs)),
    }
}

fn latest_findings(rows: Option<&[CheckFinding]>, today: Option<NaiveDate>) -> Html {
    match rows.unwrap_or_default() {
        [] => instead_of_a_list(rows.is_some(), "Nothing found."),
        some => findings::list(&some[..some.len().min(LATEST)], today),
    }
}

fn latest_breaches(rows: Option<&[Breach]>, today: Option<NaiveDate>) -> Html {
    match rows.unwrap_or_default() {
        [] => instead_of_a_list(rows.is_some(), "All readings are within their limits."),
        some => breaches::list(&some[..some.len().min(LATEST)], today),
    }
}

fn most_urgent(runs: Option<&[ExpiringRun]>) -> Html {
    match runs.unwrap_or_default() {
        [] => instead_of_a_list(runs.is_some(), "Nothing has to be sold or frozen."),
        some => expiring::list(some),
    }
}

/// How much stock is listed. Of a list that was cut off, there may be more.
fn urgent(listed: usize) -> String {
    format::rows(listed, listed, MOST_URGENT as usize)
}

/// How many rows of a list of `listed` are of a kind.
fn how_many(rows: usize, listed: usize) -> String {
    format::rows(rows, listed, list_limit())
}

fn latest(rows: Option<usize>, window: &str) -> String {
    match rows {
        Some(rows) if rows > LATEST => format!("latest {LATEST} of {}, {window}", how_many(rows, rows)),
        _ => window.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use api::yields::DateYield;

    use super::*;
    use crate::state::tests::no_yield;

    fn day(n: u32) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(2026, 11, n)
    }

    #[test]
    fn a_date_without_runs_is_a_gap_in_the_days_that_were_asked_for() {
        let of_20th = DateYield {
            production_date: day(20).unwrap(),
            runs: 2,
            input_kg: Some(100.0),
            total_kg: Some(1290.0),
            waste_kg: Some(11.0),
            yield_pct: Some(89.0),
            is_low: Some(true),
        };
        let bars = bars(&YieldTotal { from: day(16), to: day(22), dates: vec![of_20th], ..no_yield() });
        assert_eq!(
            bars.iter().map(|bar| Some(bar.date)).collect::<Vec<_>>(),
            (16..=22).map(day).collect::<Vec<_>>()
        );
        let shown = |n: usize| (bars[n].pct, bars[n].low, bars[n].detail.as_str());
        assert_eq!(shown(4), (Some(89.0), true, "1,290.0 kg made in 2 complete runs"));
        assert_eq!(shown(6), (None, false, "no complete run"));
        assert_eq!(made(148, None), "148 complete, not all weighed");
    }

    #[test]
    fn where_more_stock_may_be_urgent_than_is_listed_the_count_says_so() {
        assert_eq!([0, 9, 10].map(urgent), ["0", "9", "10+"]);
    }

    #[test]
    fn what_runs_have_made_is_not_told_where_a_part_of_it_is_not_known() {
        let made = |actual_kg| ActiveRun { actual_kg, ..ActiveRun::default() };
        let runs = [made(Some(100.0)), made(None), made(Some(20.5))];
        assert_eq!(made_so_far_kg(&runs, 3), Some(120.5));
        // Of a list that was cut off, the rows that are left when the idle runs are taken out tell nothing.
        assert_eq!(made_so_far_kg(&runs, list_limit()), None);
        let unweighed = ActiveRun { outputs_without_weight: 1, ..made(None) };
        assert_eq!(made_so_far_kg(&[made(Some(100.0)), unweighed], 2), None);
    }
}
