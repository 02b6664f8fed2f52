//! All lines of a shift together. A sum is known if each of its parts is.

use std::collections::BTreeMap;
use std::ops::Add;

use api::shift_now::{AllLines, LineStatus, Reason};
use chrono::NaiveDate;
use domain::projection::{Moment, Projection, SHIFTS_MAX, Way, projection};
use domain::ratio::ratio_pct;

use crate::figures::{Figure, Figures, Reasons};
use crate::known::Known;
use crate::line_now::{Line, rejected_rows, yield_pct};
use crate::severities::Severities;

/// What the lines of a shift add up to.
pub(crate) fn totals(known: &Known<'_>, lines: &[Line<'_>]) -> AllLines {
    let of = |status| lines.iter().map(|line| i64::from(line.status() == status)).sum();
    AllLines {
        lines_running: of(LineStatus::Running),
        lines_stopped: of(LineStatus::Stopped),
        lines_idle: of(LineStatus::Idle),
        figures: figures(known, lines).shown(Reasons::default()),
    }
}

fn figures(known: &Known<'_>, lines: &[Line<'_>]) -> Figures {
    let keys = known.all_run_keys();
    let giveaway_kg = sum(lines, Line::giveaway_kg);
    let pack_target_kg = lines.iter().map(Line::pack_target_kg).fold(0.0, Add::add);
    Figures {
        made_kg: sum(lines, Line::made_kg),
        expected_kg: sum(lines, Line::expected_kg),
        target_kg: sum(lines, Line::target_kg),
        projection: projected(known, lines),
        packs_per_min: sum(lines, packs_per_min),
        packs: sum(lines, Line::packs),
        giveaway_kg,
        giveaway_pct: giveaway_kg.and_then(|kg| ratio_pct(kg, pack_target_kg).ok_or(Reason::NoPackTargets)),
        giveaway_money: sum(lines, Line::giveaway_money),
        yield_pct: yield_pct(known, &keys),
        stops: sum(lines, Line::stops),
        stopped_minutes: sum(lines, Line::stopped_minutes),
        longest_stop_minutes: together(lines, Line::longest_stop_minutes, f64::max),
        severities: Severities::of(&known.findings, &keys),
        rejected_rows: rejected_rows(known, &keys),
    }
}

/// The sum over all lines.
fn sum<'a, T: Add<Output = T> + Default>(
    lines: &[Line<'a>],
    figure: impl Fn(&Line<'a>) -> Figure<T>,
) -> Figure<T> {
    together(lines, figure, Add::add)
}

/// The figures of all lines as one. Where one does not know its own, its reason is that of all if no other line
/// knows its own either.
fn together<'a, T: Default>(
    lines: &[Line<'a>],
    figure: impl Fn(&Line<'a>) -> Figure<T>,
    join: impl Fn(T, T) -> T,
) -> Figure<T> {
    let (known, reasons): (Vec<_>, Vec<_>) = lines.iter().map(figure).partition(Result::is_ok);
    match reasons.into_iter().find_map(Result::err) {
        None => Ok(known.into_iter().flatten().fold(T::default(), join)),
        Some(reason) if known.is_empty() => Err(reason),
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
    let mut by_date: BTreeMap<NaiveDate, Vec<Way>> = BTreeMap::new();
    for (date, way) in lines.iter().flat_map(|line| &line.ways) {
        by_date.entry(*date).or_default().push(way.clone());
    }
    // Lines that work seldom have shifts of longer ago, in which the others were not told.
    let last = by_date.into_values().rev().take(SHIFTS_MAX);
    let ways: Vec<Way> = last.filter_map(|ways| Way::together(&ways)).collect();
    let recent_kg = lines.iter().map(Line::recent_kg).fold(0.0, Add::add);
    let told = projection(share, Moment { made_kg, recent_kg }, &ways).ok_or(Reason::FewShifts)?;
    Ok(Projection {
        kg,
        low_kg: (kg + told.low_kg - told.kg).clamp(made_kg, kg),
        high_kg: kg + told.high_kg - told.kg,
    })
}
