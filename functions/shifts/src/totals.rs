//! All lines of a shift together. A sum is known if each of its parts is.

use std::collections::BTreeMap;

use api::shift_now::{AllLines, LineStatus, Reason, Unknown};
use chrono::NaiveDate;
use domain::projection::{Moment, Projection, SHIFTS_MAX, Way, projection};
use domain::ratio::ratio_pct;

use crate::known::Known;
use crate::line_now::{Figure, Line, landing, yield_pct};
use crate::severities::Severities;

/// What the lines of a shift add up to.
pub(crate) fn totals(known: &Known<'_>, lines: &[Line<'_>]) -> AllLines {
    let keys = known.all_run_keys();
    let mut reasons = Vec::new();
    let mut told = |field: &str, figure: Figure<f64>| match figure {
        Ok(value) => Some(value),
        Err(reason) => {
            reasons.push(Unknown::because(field, reason));
            None
        }
    };
    let target_kg = told("target_kg", sum(lines, Line::target_kg));
    let expected_kg = told("expected_kg", sum(lines, Line::expected_kg));
    let made_kg = told("made_kg", sum(lines, Line::made_kg));
    let projection = projected(known, lines);
    let projected_kg = told("projected_kg", projection.map(|told| told.kg));
    let packs_per_min = told("packs_per_min", sum(lines, packs_per_min));
    let giveaway_kg = told("giveaway_kg", sum(lines, Line::giveaway_kg));
    let pack_target_kg: f64 = lines.iter().map(Line::pack_target_kg).fold(0.0, |sum, kg| sum + kg);
    let giveaway_pct = sum(lines, Line::giveaway_kg)
        .and_then(|kg| ratio_pct(kg, pack_target_kg).ok_or(Reason::NoPackTargets));
    let giveaway_pct = told("giveaway_pct", giveaway_pct);
    let giveaway_money = told("giveaway_money", sum(lines, Line::giveaway_money));
    let yield_pct = told("yield_pct", yield_pct(known, &keys).ok_or(Reason::NoYield));
    let of = |status| lines.iter().map(|line| i64::from(line.status() == status)).sum();
    let is_timed = lines.iter().all(Line::is_timed);
    let severities = Severities::of(&known.findings, &keys);
    let minutes = lines.iter().map(Line::stopped_minutes).fold(0.0, |sum, minutes| sum + minutes);
    let longest = lines.iter().map(Line::longest_stop_minutes).fold(0.0, f64::max);
    AllLines {
        lines_running: of(LineStatus::Running),
        lines_stopped: of(LineStatus::Stopped),
        lines_idle: of(LineStatus::Idle),
        made_kg,
        expected_kg,
        target_kg,
        projected_kg,
        projected_low_kg: projection.ok().map(|told| told.low_kg),
        projected_high_kg: projection.ok().map(|told| told.high_kg),
        landing: landing(projection.ok(), target_kg).to_string(),
        packs_per_min,
        packs: lines.iter().map(Line::packs).sum(),
        giveaway_kg,
        giveaway_pct,
        giveaway_money,
        yield_pct,
        stops: is_timed.then(|| lines.iter().map(Line::stops).sum()),
        stopped_minutes: is_timed.then_some(minutes),
        longest_stop_minutes: is_timed.then_some(longest),
        critical: severities.critical,
        major: severities.major,
        warning: severities.warning,
        rejected_rows: keys.iter().filter_map(|key| known.runs.get(key)).map(|run| run.rejected_rows).sum(),
        reasons,
    }
}

/// The sum over all lines. Where one does not know its figure, its reason is that of the sum if no other line
/// knows its own either.
fn sum<'a>(lines: &[Line<'a>], figure: impl Fn(&Line<'a>) -> Figure<f64>) -> Figure<f64> {
    let figures: Vec<Figure<f64>> = lines.iter().map(figure).collect();
    let first = figures.iter().find_map(|figure| figure.err());
    match first {
        None => Ok(figures.into_iter().flatten().fold(0.0, |sum, value| sum + value)),
        Some(reason) if figures.iter().all(Result::is_err) => Err(reason),
        Some(_) => Err(Reason::LineUnknown),
    }
}

/// The pace of a line that runs. One that does not makes nothing.
fn packs_per_min(line: &Line<'_>) -> Figure<f64> {
    match line.status() {
        LineStatus::Running => match line.pace {
            Err(Reason::NoPacks) => Ok(0.0),
            pace => pace.map(|pace| pace.packs_per_min),
        },
        LineStatus::Stopped | LineStatus::Idle => Ok(0.0),
    }
}

/// Where all lines land: at the sum of where each does. How far off that may be, the sums of all lines in
/// earlier shifts tell: lines have bad days together.
fn projected(known: &Known<'_>, lines: &[Line<'_>]) -> Figure<Projection> {
    let kg = sum(lines, |line| line.projection.map(|told| told.kg))?;
    let made_kg = sum(lines, Line::made_kg)?;
    if known.is_over() {
        return Ok(Projection { kg, low_kg: kg, high_kg: kg });
    }
    let share = known.share().ok_or(Reason::NoTimeLeft)?;
    let mut together: BTreeMap<NaiveDate, Vec<Way>> = BTreeMap::new();
    for (date, way) in lines.iter().flat_map(|line| &line.ways) {
        together.entry(*date).or_default().push(way.clone());
    }
    // Lines that work seldom have shifts of longer ago, in which the others were not told.
    let last = together.into_values().rev().take(SHIFTS_MAX);
    let ways: Vec<Way> = last.filter_map(|ways| Way::together(&ways)).collect();
    let recent_kg = lines.iter().map(Line::recent_kg).fold(0.0, |sum, kg| sum + kg);
    let told = projection(share, Moment { made_kg, recent_kg }, &ways).ok_or(Reason::FewShifts)?;
    Ok(Projection {
        kg,
        low_kg: (kg + told.low_kg - told.kg).clamp(made_kg, kg),
        high_kg: kg + told.high_kg - told.kg,
    })
}
