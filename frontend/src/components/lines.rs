//! The lines of the shift that is on, each with where it lands, in a picture and in words.

use api::shift_now::{Landing, LineNow, LineStatus, ShiftNow, Unknown};
use chrono::{NaiveDate, NaiveDateTime};
use yew::prelude::*;

use super::figure::{figure, first_known, run_number};
use super::section::Section;
use crate::charts::landing::LandingChart;
use crate::format;
use crate::level::Level;

/// The lines of the shift.
pub(crate) fn lines(now: &ShiftNow, today: Option<NaiveDate>) -> Html {
    let Some(shift) = &now.shift else { return Html::default() };
    let times = [shift.starts_at, shift.ends_at].map(|at| AttrValue::from(at.format("%H:%M").to_string()));
    html! {
        <Section id="lines" title="Where each line lands" note="projected to the end of the shift">
            if now.lines.is_empty() {
                <p class="quiet">{ "No line has made anything yet, and none has a run on." }</p>
            } else {
                <div class="lines">{ for now.lines.iter().map(|line| card(line, &times, today)) }</div>
            }
        </Section>
    }
}

fn card(line: &LineNow, times: &[AttrValue; 2], today: Option<NaiveDate>) -> Html {
    let name = name(line);
    let (level, landing) = landing(line);
    let product = first_known([line.product.as_ref(), line.product_code.as_ref()]);
    html! {
        <article class={classes!("line", level.class())} data-line={line.prod_line.clone()} key={name.clone()}>
            <div class="head">
                <h3>{ name.clone() }</h3>
                { status(line, today) }
            </div>
            <p class="running">
                if let Some(number) = &line.run_number { <>{ run_number(number, line.production_date) }{ " " }</> }
                { product.unwrap_or_default() }
            </p>
            <LandingChart line={line.clone()} label={format!("{name}: {}", told(line))} times={times.clone()} />
            <p class="landing-words">
                <span class={classes!("verdict", level.class())}><span class="sign" aria-hidden="true">{ landing.sign() }</span>{ landing.words() }</span>
                <strong>{ kg(line.figures.projected_kg, line, "projected_kg") }</strong>
                if let Some(band) = band(line) { <span class="band">{ band }</span> }
            </p>
            <dl class="facts">
                <div><dt>{ "Made" }</dt><dd>{ kg(line.figures.made_kg, line, "made_kg") }</dd></div>
                <div><dt>{ "Expected by now" }</dt><dd>{ kg(line.figures.expected_kg, line, "expected_kg") }</dd></div>
                <div><dt>{ "Pace" }</dt><dd>{ pace(line.figures.packs_per_min, line, "packs_per_min") }</dd></div>
                <div><dt>{ "Needed" }</dt><dd>{ pace(line.needed_packs_per_min, line, "needed_packs_per_min") }</dd></div>
            </dl>
        </article>
    }
}

/// What a line is called.
fn name(line: &LineNow) -> String {
    first_known([line.line_name.as_ref(), line.prod_line.as_ref()])
        .unwrap_or_else(|| "Line not named".to_owned())
}

/// What the line does, with a sign and a word, and since when.
fn status(line: &LineNow, today: Option<NaiveDate>) -> Html {
    let since = |at: NaiveDateTime| format!(" since {}", format::time(at, today));
    let (level, word) = match line.status.parse() {
        Ok(LineStatus::Running) => (Level::Ok, "running"),
        Ok(LineStatus::Stopped) => (Level::Bad, "stopped"),
        Ok(LineStatus::Idle) | Err(_) => (Level::Plain, "no run on"),
    };
    let since = line.since.filter(|_| level != Level::Ok).map(since).unwrap_or_default();
    html! { <span class={classes!("badge", level.class())}>{ format!("{} {word}{since}", level.sign()) }</span> }
}

/// Where a line lands, and how good that is.
fn landing(line: &LineNow) -> (Level, Lands) {
    let landing = line.figures.landing.parse().unwrap_or(Landing::Unknown);
    let level = match landing {
        Landing::Ahead | Landing::OnCourse => Level::Ok,
        Landing::Behind => Level::Bad,
        Landing::Unknown => Level::Plain,
    };
    (level, Lands(landing))
}

/// A landing as people say it.
struct Lands(Landing);

impl Lands {
    fn words(&self) -> &'static str {
        match self.0 {
            Landing::Ahead => "Ahead, lands at",
            Landing::OnCourse => "On course, lands at",
            Landing::Behind => "Behind, lands at",
            Landing::Unknown => "Lands at",
        }
    }

    fn sign(&self) -> &'static str {
        match self.0 {
            Landing::Ahead => "▲",
            Landing::OnCourse => "●",
            Landing::Behind => "▼",
            Landing::Unknown => "?",
        }
    }
}

fn band(line: &LineNow) -> Option<String> {
    let (low_kg, high_kg) = line.figures.projected_low_kg.zip(line.figures.projected_high_kg)?;
    (low_kg < high_kg).then(|| format!("{} to {}", format::number(low_kg, 0), format::kg(high_kg)))
}

fn kg(kg: Option<f64>, line: &LineNow, field: &str) -> Html {
    known(kg.map(format::kg), &line.figures.reasons, field)
}

fn pace(packs: Option<f64>, line: &LineNow, field: &str) -> Html {
    known(packs.map(|packs| format!("{} packs/min", format::number(packs, 1))), &line.figures.reasons, field)
}

/// A figure, or a dash with the reason that the API gives.
fn known(text: Option<String>, reasons: &[Unknown], field: &str) -> Html {
    let reason = reasons.iter().find(|reason| reason.field == field).map(|reason| reason.text.clone());
    figure(text, reason.unwrap_or_else(|| "not known".to_owned()))
}

/// A line in words, for those who cannot see the chart.
fn told(line: &LineNow) -> String {
    let kg = |kg: Option<f64>| kg.map_or_else(|| "an unknown weight".to_owned(), format::kg);
    let lands = match line.figures.projected_kg {
        Some(_) => format!(
            "lands at {}{}",
            kg(line.figures.projected_kg),
            band(line).map(|band| format!(" ({band})")).unwrap_or_default()
        ),
        None => "nobody knows where it lands".to_owned(),
    };
    format!("made {} of {}, {lands}", kg(line.figures.made_kg), kg(line.figures.target_kg))
}

#[cfg(test)]
mod tests {
    use api::shift_now::ShiftFigures;

    use super::*;

    #[test]
    fn a_line_is_told_in_words_as_in_the_picture() {
        let figures = ShiftFigures {
            made_kg: Some(1114.8),
            target_kg: Some(1285.0),
            projected_kg: Some(1240.7),
            projected_low_kg: Some(1223.7),
            projected_high_kg: Some(1259.4),
            landing: "behind".to_owned(),
            ..ShiftFigures::default()
        };
        let line = LineNow { figures, ..LineNow::default() };
        assert_eq!(told(&line), "made 1,114.8 kg of 1,285.0 kg, lands at 1,240.7 kg (1,224 to 1,259.4 kg)");
        let (level, lands) = landing(&line);
        assert_eq!((level, lands.words(), lands.sign()), (Level::Bad, "Behind, lands at", "▼"));
        let unknown = LineNow::default();
        assert_eq!(
            told(&unknown),
            "made an unknown weight of an unknown weight, nobody knows where it lands"
        );
        assert_eq!(landing(&unknown).0, Level::Plain);
    }

    #[test]
    fn a_line_is_called_by_its_name_or_else_by_its_id() {
        let line = LineNow {
            prod_line: Some("L1".to_owned()),
            line_name: Some(" ".to_owned()),
            ..LineNow::default()
        };
        assert_eq!(name(&line), "L1");
        assert_eq!(name(&LineNow::default()), "Line not named");
    }
}
