//! The runs that are on, and how far each has come.

use std::rc::Rc;

use api::runs::ActiveRun;
use chrono::NaiveDate;
use yew::prelude::*;

use super::figure::{cell, figure, first_known, number_cell, run_number, wide_cell};
use super::section::{Section, instead_of_a_list};
use crate::format;

/// What the table shows.
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// `None` while there is no answer.
    pub(crate) runs: Option<Rc<Vec<ActiveRun>>>,
    /// How many there are, in words.
    pub(crate) note: AttrValue,
    /// The date in the factory.
    pub(crate) today: Option<NaiveDate>,
}

/// The runs that are on.
#[component]
pub(crate) fn ActiveRuns(props: &Props) -> Html {
    let runs = props.runs.as_deref().map(Vec::as_slice).unwrap_or_default();
    html! {
        <Section id="active-runs" title="Active runs" note={props.note.clone()}>
            if runs.is_empty() {
                { instead_of_a_list(props.runs.is_some(), "No run is on at the moment.") }
            } else {
                <table class="stack">
                    <thead>
                        <tr>
                            <th scope="col">{ "Run" }</th><th scope="col">{ "Line" }</th><th scope="col">{ "Product" }</th><th scope="col">{ "Species" }</th>
                            <th scope="col">{ "Started" }</th><th scope="col" class="number">{ "Target" }</th><th scope="col">{ "Made" }</th>
                            <th scope="col" class="number">{ "Packs" }</th><th scope="col" class="number">{ "Giveaway" }</th>
                        </tr>
                    </thead>
                    <tbody>{ for runs.iter().map(|run| row(run, props.today)) }</tbody>
                </table>
            }
        </Section>
    }
}

fn row(run: &ActiveRun, today: Option<NaiveDate>) -> Html {
    let product = first_known([run.product.as_ref(), run.product_code.as_ref()]);
    html! {
        <tr key={format!("{} {}", run.run_number, run.production_date)} data-run={run.run_number.clone()}>
            <th scope="row" data-label="Run">{ run_number(&run.run_number, Some(run.production_date)) }</th>
            { cell("Line", figure(first_known([run.line_name.as_ref(), run.prod_line.as_ref()]), "the ERP names no line")) }
            { wide_cell("Product", figure(product, "the ERP names no product")) }
            { cell("Species", figure(run.species.as_deref().map(format::words), "neither description nor product tells the species")) }
            { cell("Started", figure(run.started_at.map(|at| format::time(at, today)), "no start is recorded")) }
            { number_cell("Target", run.target_kg.map(format::kg), "there is no run sheet with a target") }
            { cell("Made", progress(run)) }
            { number_cell("Packs", Some(format::count(run.packs)), "") }
            { number_cell("Giveaway", run.giveaway_pct.map(format::pct), "no pack has been weighed against a target") }
        </tr>
    }
}

fn progress(run: &ActiveRun) -> Html {
    let is_nothing = run.actual_kg.is_none() && run.outputs_without_weight == 0;
    let why_not = if is_nothing { "nothing has been weighed yet" } else { "an output has no weight" };
    let made = figure(run.actual_kg.map(format::kg), why_not);
    // An empty bar shows that there is a target, of which nothing has been weighed yet.
    let nothing_yet = run.target_kg.filter(|kg| *kg > 0.0 && is_nothing).map(|_| 0.0);
    match run.efficiency_pct.or(nothing_yet) {
        Some(pct) => {
            let share = format::pct(pct);
            html! {
                <div class="made">
                    <span class="amount"><span>{ made }</span>if run.efficiency_pct.is_some() { <span class="share">{ share.clone() }</span> }</span>
                    <progress max="100" value={pct.clamp(0.0, 100.0).to_string()} aria-label={format!("{share} of target")} />
                </div>
            }
        }
        None => made,
    }
}
