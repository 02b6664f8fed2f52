//! The things to act on first, in plain words.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use api::compliance::{CheckFinding, Severity};
use api::orders::{Coverage, PendingOrder};
use api::pages::run_link;
use api::shift_now::{Attention, AttentionKind, Landing, LineStatus};
use chrono::{NaiveDate, NaiveDateTime};
use domain::lot_forecast::LotStatus;
use domain::spelled::number;
use warehouse::marts::RunRow;

use crate::figures::landing;
use crate::known::Known;
use crate::line_now::Line;
use crate::lots::Lots;
use crate::severities::severity;

/// How many things are told.
const MOST: usize = 10;

/// An order that lacks less than this share of it is not acted on first: packs do not weigh to the gram what orders
/// ask for.
const LEAST_SHORT: f64 = 0.02;

/// What comes first, the first first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Critical,
    Lost,
    Stopped,
    Behind,
    AtRisk,
    Short,
    Major,
}

/// Something to act on, with what decides its place. Of one rank, the greater weight comes first.
struct Ranked {
    rank: Rank,
    weight: f64,
    about: Attention,
}

/// The things to act on, in the shift that is on if one is. `lasting` are findings that time alone makes.
pub(crate) fn attention<'a>(
    shift: Option<(&Known<'a>, &[Line<'a>])>,
    today: NaiveDate,
    on: &[RunRow],
    lots: &Lots,
    orders: &[PendingOrder],
    lasting: &[CheckFinding],
) -> Vec<Attention> {
    let mut all: Vec<Ranked> = orders.iter().filter_map(|order| short(today, order)).collect();
    all.extend(on.iter().filter_map(|run| lot(run, lots)));
    let mut findings: Vec<&CheckFinding> = lasting.iter().collect();
    if let Some((known, lines)) = shift {
        all.extend(lines.iter().filter_map(|line| stopped(line)));
        all.extend(lines.iter().filter_map(|line| behind(known, line)));
        findings.extend(known.findings_of_shift());
    }
    all.extend(found(&findings));
    all.sort_by(|one, other| {
        let newest_first = |ranked: &Ranked| Reverse(ranked.about.since);
        one.rank
            .cmp(&other.rank)
            .then(other.weight.total_cmp(&one.weight))
            .then_with(|| newest_first(one).cmp(&newest_first(other)))
            .then_with(|| one.about.text.cmp(&other.about.text))
    });
    all.into_iter().take(MOST).map(|ranked| ranked.about).collect()
}

/// How a line is called.
pub(crate) fn called(id: Option<&str>, name: Option<&str>) -> String {
    name.or(id).map_or_else(|| "an unknown line".to_owned(), str::to_owned)
}

/// A time of the clock: `09:46`.
pub(crate) fn clock(time: NaiveDateTime) -> String {
    time.format("%H:%M").to_string()
}

/// About a run.
fn about(kind: AttentionKind, run: Option<&RunRow>, text: String, since: Option<NaiveDateTime>) -> Attention {
    Attention {
        kind: kind.to_string(),
        line: run.and_then(|run| run.prod_line.clone()),
        run: run.map(|run| run.run_number.clone()),
        text,
        since,
        link: run.map(|run| run_link(&run.run_number, Some(run.production_date))),
        line_name: run.and_then(|run| run.line_name.clone()),
        production_date: run.map(|run| run.production_date),
    }
}

/// About a line and the run on it.
fn about_line(kind: AttentionKind, line: &Line<'_>, text: String, since: Option<NaiveDateTime>) -> Attention {
    Attention { line: line.id.clone(), line_name: line.name.clone(), ..about(kind, line.run(), text, since) }
}

fn stopped(line: &Line<'_>) -> Option<Ranked> {
    let stop = line.open_stop.as_ref().filter(|_| line.status() == LineStatus::Stopped)?;
    let name = called(line.id.as_deref(), line.name.as_deref());
    let minutes = number(stop.minutes, 0);
    let text = if stop.run_before.is_none() {
        format!("{name} has a run on and has made nothing yet in this shift, for {minutes} min")
    } else {
        format!("{name} has stood still for {minutes} min, since {}", clock(stop.started_at))
    };
    let about = about_line(AttentionKind::Stop, line, text, Some(stop.started_at));
    Some(Ranked { rank: Rank::Stopped, weight: stop.minutes, about })
}

fn behind(known: &Known<'_>, line: &Line<'_>) -> Option<Ranked> {
    if known.is_over() {
        return None;
    }
    let (projection, target_kg) = (line.projection.ok()?, line.target_kg().ok()?);
    let missing_kg = target_kg - projection.kg;
    let (name, target) = (called(line.id.as_deref(), line.name.as_deref()), number(target_kg, 0));
    let text = if line.status() == LineStatus::Idle && line.packs() == Ok(0) {
        format!("{name} has no run on and has made nothing of its {target} kg")
    } else {
        format!("{name} will land at about {} kg of {target} kg", number(projection.kg, 0))
    };
    (landing(Some(projection), Some(target_kg)) == Landing::Behind).then(|| Ranked {
        rank: Rank::Behind,
        weight: missing_kg,
        about: about_line(AttentionKind::Behind, line, text, None),
    })
}

/// The lot of a run that is on, if it fails or may.
fn lot(run: &RunRow, lots: &Lots) -> Option<Ranked> {
    let forecast = lots.forecast(run)?;
    let status: LotStatus = forecast.status.parse().ok()?;
    let name = format!(
        "{}: the lot of run {}",
        called(run.prod_line.as_deref(), run.line_name.as_deref()),
        run.run_number
    );
    let nominal_g = lots.get(run).and_then(|weighed| weighed.lot.nominal_g);
    let (rank, text) = match (status, forecast.required_mean_g) {
        (LotStatus::OnCourse, _) => return None,
        (LotStatus::Lost, _) => (Rank::Lost, format!("{name} fails, whatever is packed from now on")),
        (LotStatus::AtRisk, None) => {
            (Rank::AtRisk, format!("{name} has all packs that it is to have, and fails as it stands"))
        }
        (LotStatus::AtRisk, Some(mean_g)) => {
            // Packs that are heavy enough on average may still be too light one by one.
            let needed = if nominal_g.is_some_and(|nominal_g| mean_g > nominal_g) {
                format!("the packs to come must weigh {} g on average", number(mean_g, 1))
            } else {
                "too many packs are light".to_owned()
            };
            let pct = number(forecast.pass_probability * 100.0, 0);
            (Rank::AtRisk, format!("{name} passes with {pct} %: {needed}"))
        }
    };
    let about = about(AttentionKind::Lot, Some(run), text, None);
    Some(Ranked { rank, weight: 1.0 - forecast.pass_probability, about })
}

/// An order that will be short. One that leaves today comes first.
fn short(today: NaiveDate, order: &PendingOrder) -> Option<Ranked> {
    if order.status.as_deref() != Some(Coverage::Short.as_str()) {
        return None;
    }
    let short_kg = order
        .short_kg
        .filter(|kg| order.ordered_kg.is_none_or(|ordered_kg| *kg >= LEAST_SHORT * ordered_kg))?;
    let leaves = order.despatch_date?;
    let days = (leaves - today).num_days();
    let when = match days {
        ..0 => format!("should have left on {leaves}"),
        0 => "leaves today".to_owned(),
        1 => "leaves tomorrow".to_owned(),
        _ => format!("leaves on {leaves}"),
    };
    let text = format!(
        "order {}{} {when} and will be {} kg short of {}",
        order.order_number.as_deref().unwrap_or("without a number"),
        order.customer.as_deref().map_or_else(String::new, |customer| format!(" of {customer}")),
        number(short_kg, usize::from(short_kg < 10.0)),
        order.product_code.as_deref().unwrap_or("its product")
    );
    let about = Attention { kind: AttentionKind::Order.to_string(), text, ..Attention::default() };
    // A day weighs more than any quantity.
    Some(Ranked { rank: Rank::Short, weight: short_kg.min(1e9) - 1e10 * days as f64, about })
}

/// Critical and major findings. Those of one check about one run or place are told as one: a store that is warm for
/// an hour has a finding for each reading.
fn found(findings: &[&CheckFinding]) -> Vec<Ranked> {
    let mut groups: BTreeMap<_, Vec<&CheckFinding>> = BTreeMap::new();
    for finding in findings {
        let place = if finding.run_number.is_none() { finding.location.as_deref() } else { None };
        let of_one = finding.run_number.is_none() && place.is_none();
        let id = of_one.then_some(finding.finding_id.as_str());
        let run =
            (finding.run_number.as_deref(), finding.production_date.filter(|_| finding.run_number.is_some()));
        groups.entry((finding.check.as_str(), run, place, id)).or_default().push(finding);
    }
    groups.into_values().filter_map(|findings| ranked(&findings)).collect()
}

fn ranked(findings: &[&CheckFinding]) -> Option<Ranked> {
    let newest = findings.iter().max_by_key(|finding| finding.detected_at)?;
    let rank = match severity(newest)? {
        Severity::Critical => Rank::Critical,
        Severity::Major => Rank::Major,
        Severity::Warning | Severity::Info => return None,
    };
    let since = findings.iter().filter_map(|finding| finding.detected_at).min();
    let times = if findings.len() > 1 { format!(" ({} times)", findings.len()) } else { String::new() };
    let text = match (&newest.run_number, &newest.location) {
        (Some(run), _) => format!("run {run}: {}{times}", newest.detail),
        (None, Some(place)) => format!("{place}: {}{times}", newest.detail),
        (None, None) => newest.detail.clone(),
    };
    let about = Attention {
        kind: AttentionKind::Finding.to_string(),
        line: newest.prod_line.clone(),
        run: newest.run_number.clone(),
        text,
        since,
        link: newest.run_number.as_deref().map(|run| run_link(run, newest.production_date)),
        line_name: None,
        production_date: newest.production_date,
    };
    Some(Ranked { rank, weight: 0.0, about })
}
