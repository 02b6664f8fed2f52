//! The shift that is on: which, how far it is, and what all lines made of what they should have by now.

use api::shift_now::{AllLines, Landing, ShiftNow, ShiftOn};
use chrono::{NaiveDate, NaiveDateTime};
use yew::prelude::*;

use super::section::instead_of_a_list;
use crate::format;
use crate::level::Level;

/// The shift, or why none is told.
pub(crate) fn shift(now: Option<&ShiftNow>, today: Option<NaiveDate>) -> Html {
    let Some(now) = now else {
        return html! { <section id="shift" class="card shift">{ instead_of_a_list(false, "") }</section> };
    };
    html! {
        <section id="shift" class="card shift" aria-label="The shift that is on">
            {
                match &now.shift {
                    Some(shift) => on(shift, now.totals.as_ref(), today),
                    None => none(now, today),
                }
            }
        </section>
    }
}

fn on(shift: &ShiftOn, totals: Option<&AllLines>, today: Option<NaiveDate>) -> Html {
    html! {
        <>
            <div class="which">
                <h2>{ format!("{} shift", shift.code) }<small>{ times(shift.starts_at, shift.ends_at, today) }</small></h2>
                <progress max="100" value={format!("{:.1}", shift.elapsed_pct)} aria-label="working time that has passed" />
                <p class="quiet">{ format!("{} of working time left", left(shift.working_minutes_left)) }</p>
            </div>
            if let Some(totals) = totals {
                { made(totals) }
                { lands(totals) }
                { lines(totals) }
            }
        </>
    }
}

fn none(now: &ShiftNow, today: Option<NaiveDate>) -> Html {
    let why = now.reasons.first().map(|reason| sentence(&reason.text)).unwrap_or_default();
    let next = now
        .next
        .as_ref()
        .map(|next| format!("Next: {} shift at {}.", next.code, format::time(next.starts_at, today)));
    html! { <p class="quiet">{ format!("{why} {}", next.unwrap_or_default()) }</p> }
}

fn made(totals: &AllLines) -> Html {
    let of = match totals.figures.expected_kg {
        Some(expected) => format!("of {} expected by now", format::kg(expected)),
        None => totals
            .figures
            .packs
            .map_or_else(String::new, |packs| format!("in {} packs", format::count(packs))),
    };
    big(
        "made",
        "Made so far",
        totals.figures.made_kg.map_or_else(|| "–".to_owned(), format::kg),
        &of,
        Level::Plain,
    )
}

fn lands(totals: &AllLines) -> Html {
    let Some(kg) = totals.figures.projected_kg else {
        let why = totals.figures.reasons.iter().find(|reason| reason.field == "projected_kg");
        let why = why.map(|reason| reason.text.clone()).unwrap_or_default();
        return big("lands", "Lands at", "–".to_owned(), &why, Level::Plain);
    };
    let (level, word) = match totals.figures.landing.parse().unwrap_or(Landing::Unknown) {
        Landing::Ahead => (Level::Ok, "ahead"),
        Landing::OnCourse => (Level::Ok, "on course"),
        Landing::Behind => (Level::Bad, "behind"),
        Landing::Unknown => (Level::Plain, ""),
    };
    let note = totals
        .figures
        .target_kg
        .map_or_else(String::new, |target| format!("target {} · {word}", format::kg(target)));
    big("lands", "Lands at", format::kg(kg), &note, level)
}

fn lines(totals: &AllLines) -> Html {
    let AllLines { lines_running, lines_stopped, lines_idle, .. } = totals;
    let all = lines_running + lines_stopped + lines_idle;
    let level = if *lines_stopped > 0 { Level::Bad } else { Level::Plain };
    let note = match lines_stopped {
        0 => "none stopped".to_owned(),
        stopped => format!("{stopped} stopped"),
    };
    big("running", "Lines running", format!("{lines_running} of {all}"), &note, level)
}

fn big(id: &'static str, label: &'static str, value: String, note: &str, level: Level) -> Html {
    html! {
        <div class={classes!("big", level.class())} data-figure={id}>
            <span class="label">{ label }</span>
            <span class="value">{ value }</span>
            <span class="note">
                if level == Level::Bad || level == Level::Ok { <span class="sign" aria-hidden="true">{ level.sign() }</span> }
                { note.to_owned() }
            </span>
        </div>
    }
}

/// When a shift is: `06:00 to 14:00`, with its date unless that is today.
fn times(starts_at: NaiveDateTime, ends_at: NaiveDateTime, today: Option<NaiveDate>) -> String {
    format!("{} to {}", format::time(starts_at, today), ends_at.format("%H:%M"))
}

/// `3 h 40 min`, `40 min`.
fn left(minutes: f64) -> String {
    let minutes = minutes.max(0.0).round() as i64;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// A text of the API as a sentence.
fn sentence(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text + "."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_that_is_left_is_told_in_hours_and_minutes() {
        assert_eq!(
            [0.2, 40.0, 60.0, 219.6, -3.0].map(left),
            ["0 min", "40 min", "1 h", "3 h 40 min", "0 min"]
        );
        assert_eq!(sentence("no shift is on"), "No shift is on.");
    }

    #[test]
    fn a_night_names_the_day_on_which_it_began() {
        let at = |text: &str| text.parse::<NaiveDateTime>().unwrap();
        let (from, to) = (at("2026-11-22T22:00:00"), at("2026-11-23T06:00:00"));
        assert_eq!(times(from, to, Some(to.date())), "22 Nov 22:00 to 06:00");
        assert_eq!(times(from, to, Some(from.date())), "22:00 to 06:00");
    }
}
