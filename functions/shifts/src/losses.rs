//! What cost most product in a shift.

use std::collections::BTreeMap;

use api::handover::{Loss, LossKind};
use api::stops::LineStop;
use chrono::{NaiveDate, NaiveDateTime};
use domain::spelled::number;
use warehouse::marts::{DowngradeRow, LineStopRow};

use crate::attention::{called, clock};
use crate::known::Known;
use crate::line_now::Line;

/// How many losses are told.
const MOST: usize = 3;

/// A line that ran for less tells no pace.
const LEAST_RAN_MINUTES: f64 = 30.0;

/// The largest losses, by the product that they are about. `downgrades` are those that were logged in the shift.
pub(crate) fn losses(known: &Known<'_>, lines: &[Line<'_>], downgrades: &[DowngradeRow]) -> Vec<Loss> {
    let mut losses = of_downgrades(downgrades);
    for line in lines {
        let ended = known.stops.iter().filter(|stop| stop.prod_line == line.id).map(Stood::ended);
        losses.extend(
            ended.chain(line.open_stop.as_ref().map(Stood::open)).map(|stood| stop(known, line, &stood)),
        );
        losses.extend(giveaway(line));
    }
    losses.sort_by(|one, other| {
        // What nobody can weigh may be the largest: it comes first, the longest before the others.
        let place = |loss: &Loss| (loss.kg.unwrap_or(f64::INFINITY), loss.minutes.unwrap_or_default());
        let (one_place, other_place) = (place(one), place(other));
        let by_kg = other_place.0.total_cmp(&one_place.0);
        by_kg.then(other_place.1.total_cmp(&one_place.1)).then_with(|| one.text.cmp(&other.text))
    });
    losses.truncate(MOST);
    losses
}

/// A stop, whether or not it is over.
struct Stood {
    from: NaiveDateTime,
    minutes: f64,
    run_before: Option<String>,
    product_code: Option<String>,
    is_over: bool,
}

impl Stood {
    fn ended(stop: &LineStopRow) -> Self {
        let (run_before, product_code) = (stop.run_before.clone(), stop.product_code.clone());
        Self { from: stop.started_at, minutes: stop.minutes, run_before, product_code, is_over: true }
    }

    fn open(stop: &LineStop) -> Self {
        let (run_before, product_code) = (stop.run_before.clone(), stop.product_code.clone());
        Self {
            from: stop.started_at,
            minutes: stop.minutes,
            run_before,
            product_code,
            is_over: stop.ended_at.is_some(),
        }
    }
}

/// What the target asks of the line in that time. Without one, what the line made in a minute of this shift in which
/// it ran, once that is half an hour.
fn stop(known: &Known<'_>, line: &Line<'_>, stood: &Stood) -> Loss {
    let asked = line.target_kg().ok().map(|kg| kg / known.working.minutes());
    let ran_minutes = known.passed_minutes() - line.stopped_minutes().unwrap_or_default();
    let ran = || {
        line.made_kg()
            .ok()
            .filter(|kg| *kg > 0.0 && ran_minutes >= LEAST_RAN_MINUTES)
            .map(|kg| kg / ran_minutes)
    };
    let kg = asked.or_else(ran).map(|kg_per_min| kg_per_min * stood.minutes).filter(|kg| kg.is_finite());
    let name = called(line.id.as_deref(), line.name.as_deref());
    let minutes = number(stood.minutes, 0);
    let text = if stood.is_over {
        format!("{name} stood still for {minutes} min from {}", clock(stood.from))
    } else {
        format!("{name} has stood still for {minutes} min, since {}", clock(stood.from))
    };
    Loss {
        kind: LossKind::Stop.to_string(),
        prod_line: line.id.clone(),
        line_name: line.name.clone(),
        run_number: stood.run_before.clone(),
        text,
        kg,
        minutes: Some(stood.minutes),
        money: kg.zip(known.prices.of(stood.product_code.as_deref())).map(|(kg, price)| kg * price),
    }
}

/// What a line gave away; `None` if its packs weigh no more than they have to.
fn giveaway(line: &Line<'_>) -> Option<Loss> {
    let kg = line.giveaway_kg().ok().filter(|kg| *kg > 0.0)?;
    let name = called(line.id.as_deref(), line.name.as_deref());
    Some(Loss {
        kind: LossKind::Giveaway.to_string(),
        prod_line: line.id.clone(),
        line_name: line.name.clone(),
        run_number: None,
        text: format!("{name} packed {} kg above target", number(kg, 1)),
        kg: Some(kg),
        minutes: None,
        money: line.giveaway_money().ok(),
    })
}

/// What went down a tier, by run and reason.
fn of_downgrades(downgrades: &[DowngradeRow]) -> Vec<Loss> {
    let mut groups: BTreeMap<_, Vec<&DowngradeRow>> = BTreeMap::new();
    for row in downgrades {
        groups
            .entry((&row.downgrade.run_number, row.downgrade.production_date, &row.downgrade.reason))
            .or_default()
            .push(row);
    }
    let loss = |((run, _, reason), rows): ((&String, NaiveDate, &Option<String>), Vec<&DowngradeRow>)| {
        let kg: Option<f64> = rows.iter().map(|row| row.downgrade.qty_kg).sum();
        let money: Option<f64> = rows.iter().map(|row| row.downgrade.lost_money).sum();
        let of =
            reason.as_deref().map_or_else(String::new, |reason| format!(" ({})", reason.replace('_', " ")));
        Loss {
            kind: LossKind::Downgrade.to_string(),
            run_number: Some(run.clone()),
            text: format!(
                "run {run}: {} kg went down a tier{of}",
                kg.map_or_else(|| "?".to_owned(), |kg| number(kg, 1))
            ),
            kg,
            money,
            ..Loss::default()
        }
    };
    groups.into_iter().map(loss).collect()
}
