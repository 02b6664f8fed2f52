//! A bar per date. A date without a value is a gap that says so, never a bar of height 0.

use chrono::{Datelike, NaiveDate};
use yew::prelude::*;

use super::scale::Scale;
use crate::format;

/// The bar of one date.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bar {
    pub(crate) date: NaiveDate,
    /// The height of the bar. `None` leaves a gap.
    pub(crate) pct: Option<f64>,
    /// Whether it is below what is wanted.
    pub(crate) low: bool,
    /// What is behind the percentage, for those who point at the bar.
    pub(crate) detail: String,
}

/// What the chart shows.
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// What is drawn, in one line.
    pub(crate) label: AttrValue,
    /// The dates in order.
    pub(crate) bars: Vec<Bar>,
}

// Where the bars lie in the box, in percent. The scale's words stand left of them, the values above, the
// dates below.
const LEFT: f64 = 10.0;
const TOP: f64 = 9.0;
const BOTTOM: f64 = 83.0;
/// The share of its place that a bar takes.
const FILL: f64 = 0.62;

/// Percentages per date as bars, and the same as a table for those who cannot see bars.
#[component]
pub(crate) fn BarChart(props: &Props) -> Html {
    let scale = Scale::of_percentages(props.bars.iter().filter_map(|bar| bar.pct));
    let place = (100.0 - LEFT) / props.bars.len().max(1) as f64;
    html! {
        <figure class="chart">
            <svg role="img" aria-label={props.label.clone()} width="100%" height="100%">
                { for scale.ticks().map(|tick| grid_line(scale, tick)) }
                { for props.bars.iter().enumerate().map(|(i, bar)| column(scale, bar, LEFT + place * i as f64, place)) }
            </svg>
            <div class="hidden"><table>
                <caption>{ props.label.clone() }</caption>
                <thead><tr><th scope="col">{ "Date" }</th><th scope="col">{ "Value" }</th><th scope="col">{ "Behind it" }</th></tr></thead>
                <tbody>
                    { for props.bars.iter().map(|bar| html! {
                        <tr><th scope="row">{ format::date(bar.date) }</th><td>{ bar.pct.map_or_else(|| "none".to_owned(), format::pct) }</td><td>{ bar.detail.clone() }</td></tr>
                    }) }
                </tbody>
            </table></div>
        </figure>
    }
}

/// Where a value lies in the box, in percent from its top.
fn height(scale: Scale, value: f64) -> f64 {
    BOTTOM - scale.share(value) * (BOTTOM - TOP)
}

fn percent(value: f64) -> String {
    format!("{value:.2}%")
}

fn grid_line(scale: Scale, tick: f64) -> Html {
    let y = percent(height(scale, tick));
    html! {
        <>
            <line class="grid" x1={percent(LEFT)} x2="100%" y1={y.clone()} y2={y.clone()} />
            <text class="tick" x={percent(LEFT - 1.0)} {y} dy="0.35em" text-anchor="end">{ format!("{tick:.0} %") }</text>
        </>
    }
}

fn column(scale: Scale, bar: &Bar, x: f64, place: f64) -> Html {
    let middle = percent(x + place / 2.0);
    let date = bar.date.to_string();
    let weekday = bar.date.format("%a").to_string();
    let day = bar.date.format("%-d %b").to_string();
    html! {
        <g key={date.clone()}>
            <title>{ format!("{weekday} {day}: {}. {}", bar.pct.map_or_else(|| "no yield".to_owned(), format::pct), bar.detail) }</title>
            if let Some(pct) = bar.pct {
                <rect class={if bar.low { "bar low" } else { "bar" }} data-date={date} data-value={format!("{pct:.1}")}
                    x={percent(x + place * (1.0 - FILL) / 2.0)} width={percent(place * FILL)}
                    y={percent(height(scale, pct))} height={percent(BOTTOM - height(scale, pct))} />
                <text class="bar-value" x={middle.clone()} y={percent(height(scale, pct))} dy="-0.4em" text-anchor="middle">{ format::number(pct, 1) }</text>
            } else {
                <text class="gap" x={middle.clone()} y={percent(BOTTOM)} dy="-0.4em" text-anchor="middle">{ "–" }</text>
            }
            <text class="day" x={middle.clone()} y={percent(BOTTOM)} dy="1.4em" text-anchor="middle">{ weekday }</text>
            <text class="day" x={middle} y={percent(BOTTOM)} dy="2.7em" text-anchor="middle">
                { bar.date.day() }<tspan class="month">{ bar.date.format(" %b").to_string() }</tspan>
            </text>
        </g>
    }
}
