//! All numbers on one page: four cards, the yield of each day, the runs that are on, and what needs a look.

use api::compliance::CheckFinding;
use api::runs::ActiveRun;
use api::temperature::Breach;
use chrono::NaiveDate;
use yew::prelude::*;

use crate::ask::{HOURS, list_limit};
use crate::charts::bars::{Bar, BarChart};
use crate::components::active_runs::ActiveRuns;
use crate::components::figure::figure;
use crate::components::kpi_card::{KpiCard, Level};
use crate::components::section::{Section, instead_of_a_list};
use crate::components::{breaches, findings};
use crate::figures::{DAYS, LOW_YIELD_PCT, Yield, daily_yield, severities, total_yield};
use crate::format;
use crate::state::Board;

/// How many findings and breaches are shown.
const LATEST: usize = 10;

/// What the page shows.
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// The numbers.
    pub(crate) board: Board,
}

/// The dashboard.
#[component]
pub(crate) fn Dashboard(props: &Props) -> Html {
    let Board { daily, active, breaches, checks, fresh } = &props.board;
    let today = fresh.today;
    html! {
        <>
            <h1 class="hidden">{ "Factory dashboard" }</h1>
            <div class="kpis">
                { yield_card(daily.answer.as_deref().map(|rows| total_yield(rows))) }
                { active_card(active.answer.as_deref().map(Vec::as_slice)) }
                { breach_card(breaches.answer.as_deref().map(Vec::as_slice), today) }
                { compliance_card(checks.answer.as_deref().map(Vec::as_slice)) }
            </div>
            <div class="now">
                <Section id="daily-yield" title="Daily yield" note={format!("output of input, all lines, {DAYS} days to today")}>
                    if let Some(rows) = &daily.answer {
                        <BarChart label={format!("Yield per production date over the last {DAYS} days, in percent of input")} bars={bars(rows, today)} />
                    } else {
                        { instead_of_a_list(false, "") }
                    }
                </Section>
                <ActiveRuns runs={active.answer.clone()} note={active.answer.as_ref().map(|runs| how_many(runs.len())).unwrap_or_default()} {today} />
            </div>
            <div class="two">
                <Section id="compliance" title="Compliance findings" note={latest(checks.answer.as_ref().map(|rows| rows.len()), &format!("{DAYS} days"))}>
                    { latest_findings(checks.answer.as_deref().map(Vec::as_slice), today) }
                </Section>
                <Section id="temperatures" title="Temperature breaches" note={latest(breaches.answer.as_ref().map(|rows| rows.len()), &format!("{HOURS} hours"))}>
                    { latest_breaches(breaches.answer.as_deref().map(Vec::as_slice), today) }
                </Section>
            </div>
        </>
    }
}

fn yield_card(total: Option<Yield>) -> Html {
    let (level, verdict, note) = match &total {
        None => (Level::Plain, String::new(), String::new()),
        Some(total) => {
            let (level, verdict) = match total.pct() {
                None => (Level::Plain, "No yield to tell".to_owned()),
                Some(_) if total.is_low() => (Level::Warn, format!("Below {LOW_YIELD_PCT:.0} %")),
                Some(_) => (Level::Ok, format!("{LOW_YIELD_PCT:.0} % or more")),
            };
            (level, verdict, made(total))
        }
    };
    let value =
        total.map(|total| figure(total.pct().map(format::pct), "no complete run with input in these days"));
    html! { <KpiCard id="kpi-yield" label="Total yield" window={format!("{DAYS} days to today")} {value} {level} {verdict} {note} href="#daily-yield" /> }
}

fn active_card(runs: Option<&[ActiveRun]>) -> Html {
    let value = runs.map(|runs| html! { { how_many(runs.len()) } });
    let runs = runs.unwrap_or_default();
    let made_kg: f64 = runs.iter().filter_map(|run| run.actual_kg).sum();
    // The sum of a list that was cut off would be too small.
    let whole = !runs.is_empty() && runs.len() < list_limit();
    let note = if whole { format!("{} made so far", format::kg(made_kg)) } else { String::new() };
    let verdict = if runs.is_empty() { "No run is on" } else { "In production" };
    html! { <KpiCard id="kpi-active-runs" label="Active runs" window="now" {value} level={Level::Plain} {verdict} {note} href="#active-runs" /> }
}

fn breach_card(rows: Option<&[Breach]>, today: Option<NaiveDate>) -> Html {
    let value = rows.map(|rows| html! { { how_many(rows.len()) } });
    let (level, verdict, note) = match rows.and_then(<[_]>::first) {
        None => (Level::Ok, "All within limits", String::new()),
        Some(last) => {
            let place = last.location.as_ref().map(|place| format!(" · {place}")).unwrap_or_default();
            (
                Level::Bad,
                "Outside limits",
                format!("latest {}{place}", format::time(last.reading_time, today)),
            )
        }
    };
    html! { <KpiCard id="kpi-breaches" label="Temperature breaches" window={format!("{HOURS} hours")} {value} {level} {verdict} {note} href="#temperatures" /> }
}

fn compliance_card(rows: Option<&[CheckFinding]>) -> Html {
    let value = rows.map(|rows| html! { { how_many(rows.len()) } });
    let rows = rows.unwrap_or_default();
    let found = severities(rows);
    let (level, verdict) = match (found.critical, rows.len()) {
        (_, 0) => (Level::Ok, "Nothing found"),
        (0, _) => (Level::Warn, "To be looked into"),
        _ => (Level::Bad, "Critical findings"),
    };
    // A list that was cut off holds at least this many of each.
    let more = if rows.len() >= list_limit() { "+" } else { "" };
    let note = format!(
        "{}{more} critical · {}{more} major · {}{more} warning",
        found.critical, found.major, found.warning
    );
    html! { <KpiCard id="kpi-compliance" label="Compliance issues" window={format!("{DAYS} days to today")} {value} {level} {verdict} {note} href="#compliance" /> }
}

fn bars(rows: &[api::yields::DailyYield], today: Option<NaiveDate>) -> Vec<Bar> {
    let bar =
        |(date, day): (NaiveDate, Yield)| Bar { date, pct: day.pct(), low: day.is_low(), detail: made(&day) };
    daily_yield(rows, today).into_iter().map(bar).collect()
}

fn made(total: &Yield) -> String {
    match (total.runs, total.total_kg) {
        (0, _) => "no complete run".to_owned(),
        (1, Some(kg)) => format!("{} made in 1 complete run", format::kg(kg)),
        (runs, Some(kg)) => format!("{} made in {} complete runs", format::kg(kg), format::count(runs)),
        (runs, None) => format!("{} complete, nothing weighed", format::count(runs)),
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

fn how_many(shown: usize) -> String {
    format::rows(shown, list_limit())
}

fn latest(rows: Option<usize>, window: &str) -> String {
    match rows {
        Some(rows) if rows > LATEST => format!("latest {LATEST} of {}, {window}", how_many(rows)),
        _ => window.to_owned(),
    }
}
