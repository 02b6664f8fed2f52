//! How far a line is in a shift, and where it lands: what it made as a line, the target, and the end with its
//! band.

use api::shift_now::{LineNow, MadeSoFar};
use yew::prelude::*;

use crate::format;

/// The share of the height that the highest value takes.
const FILL: f64 = 0.84;

/// What the chart shows.
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) line: LineNow,
    /// The line in words: name, what it made, where it lands.
    pub(crate) label: AttrValue,
    /// The times at which the shift starts and ends.
    pub(crate) times: [AttrValue; 2],
}

/// A point of the chart, in percent from its left and from its top.
type Place = (f64, f64);

/// Kilograms over the working time of the shift. All shapes are drawn in a square that is stretched; only strokes
/// and text keep their sizes.
#[component]
pub(crate) fn LandingChart(props: &Props) -> Html {
    let line = &props.line;
    let height = Height::of(line);
    let target = line.figures.target_kg.map(|kg| height.place(100.0, kg));
    html! {
        <figure class="landing">
            <svg role="img" aria-label={props.label.clone()} width="100%" height="100%">
                <svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="100%">
                    if let Some((_, y)) = target {
                        <polyline class="expected" points={points(&[(0.0, 100.0), (100.0, y)])} />
                        <line class="target" x1="0" x2="100" y1={number(y)} y2={number(y)} />
                    }
                    if let Some(band) = band(line, height) { <polygon class="band" points={points(&band)} /> }
                    if let Some(ahead) = ahead(line, height) { <polyline class="ahead" points={points(&ahead)} /> }
                    <polyline class="made" points={points(&made(line, height))} />
                </svg>
                if let Some(((_, y), kg)) = target.zip(line.figures.target_kg) {
                    <text class="target-kg" x="0" y={format!("{y:.1}%")} dy="-0.4em">{ format!("target {}", format::kg(kg)) }</text>
                }
            </svg>
            <figcaption aria-hidden="true"><span>{ props.times[0].clone() }</span><span>{ props.times[1].clone() }</span></figcaption>
        </figure>
    }
}

/// The scale from nothing to the highest value.
#[derive(Clone, Copy)]
struct Height {
    highest_kg: f64,
}

impl Height {
    fn of(line: &LineNow) -> Self {
        let values = [
            line.figures.target_kg,
            line.figures.projected_high_kg,
            line.figures.projected_kg,
            line.figures.made_kg,
        ];
        Self { highest_kg: values.into_iter().flatten().fold(1.0, f64::max) }
    }

    fn place(self, elapsed_pct: f64, kg: f64) -> Place {
        (elapsed_pct, 100.0 - kg / self.highest_kg * FILL * 100.0)
    }
}

fn made(line: &LineNow, height: Height) -> Vec<Place> {
    line.way.iter().map(|point| height.place(point.elapsed_pct, point.made_kg)).collect()
}

/// From what is made now to the ends of the band.
fn band(line: &LineNow, height: Height) -> Option<[Place; 3]> {
    let ends = line.figures.projected_low_kg.zip(line.figures.projected_high_kg);
    let (low_kg, high_kg) = ends.filter(|(low_kg, high_kg)| low_kg < high_kg)?;
    let MadeSoFar { elapsed_pct, made_kg } = line.way.last()?;
    let now = height.place(*elapsed_pct, *made_kg);
    Some([now, height.place(100.0, high_kg), height.place(100.0, low_kg)])
}

fn ahead(line: &LineNow, height: Height) -> Option<[Place; 2]> {
    let MadeSoFar { elapsed_pct, made_kg } = line.way.last()?;
    Some([height.place(*elapsed_pct, *made_kg), height.place(100.0, line.figures.projected_kg?)])
}

fn points(places: &[Place]) -> String {
    places.iter().map(|(x, y)| format!("{},{}", number(*x), number(*y))).collect::<Vec<_>>().join(" ")
}

fn number(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use api::shift_now::ShiftFigures;

    use super::*;

    #[test]
    fn the_highest_value_takes_nearly_the_whole_height_and_nothing_the_ground() {
        let way = [(0.0, 0.0), (50.0, 100.0)]
            .map(|(elapsed_pct, made_kg)| MadeSoFar { elapsed_pct, made_kg })
            .to_vec();
        let figures = ShiftFigures {
            made_kg: Some(100.0),
            target_kg: Some(180.0),
            projected_kg: Some(190.0),
            projected_low_kg: Some(180.0),
            projected_high_kg: Some(200.0),
            ..ShiftFigures::default()
        };
        let line = LineNow { figures, way, ..LineNow::default() };
        let height = Height::of(&line);
        assert_eq!(points(&made(&line, height)), "0.0,100.0 50.0,58.0");
        assert_eq!(points(&band(&line, height).unwrap()), "50.0,58.0 100.0,16.0 100.0,24.4");
        assert_eq!(points(&ahead(&line, height).unwrap()), "50.0,58.0 100.0,20.2");
    }

    #[test]
    fn a_line_of_which_nothing_is_known_draws_nothing() {
        let line = LineNow::default();
        let height = Height::of(&line);
        assert!(
            made(&line, height).is_empty() && band(&line, height).is_none() && ahead(&line, height).is_none()
        );
    }
}
