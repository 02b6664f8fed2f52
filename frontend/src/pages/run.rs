//! One run: its yields, its paperwork, what went in and came out, its pack weights and what the checks say.

use api::compliance::Check;
use api::runs::{RunDetail, RunInput, RunOutput, RunSheet, RunTotals, RunWeights};
use chrono::NaiveDate;
use domain::average_quantity::Outcome;
use domain::run_state::RunState;
use domain::tier::Tier;
use yew::prelude::*;

use crate::components::figure::{cell, fact, figure, first_known, number_cell, wide_cell};
use crate::components::findings;
use crate::components::section::Section;
use crate::format;
use crate::level::Level;
use crate::state::RunView;

const NOT_RECORDED: &str = "not recorded";
const NO_INPUT: &str = "no input is recorded for this run";
const UNWEIGHED_INPUT: &str = "an input of this run has no weight";
const NO_OUTPUT: &str = "nothing has been weighed yet";
const UNWEIGHED_OUTPUT: &str = "an output of this run has no weight";
const NEGATIVE: &str = "what is booked adds up to less than nothing";
const NO_TARGET: &str = "there is no run sheet with a target";

/// What the page shows.
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    pub(crate) view: RunView,
}

/// The page of one run.
#[component]
pub(crate) fn RunPage(props: &Props) -> Html {
    let RunView { key, run, fresh } = &props.view;
    let number = key.as_ref().map(|key| key.number.clone()).unwrap_or_default();
    let content = match (&run.answer, &run.problem) {
        (Some(detail), _) => sections(detail, fresh.today),
        (None, Some(problem)) if problem.is(404) => {
            html! { <div class="notice"><p id="no-such-run">{ problem.to_string() }</p></div> }
        }
        (None, Some(_)) => html! {},
        (None, None) => html! { <p class="quiet">{ "Loading…" }</p> },
    };
    html! {
        <>
            <p class="back"><a href="#/">{ "← Dashboard" }</a></p>
            <h1>{ format!("Run {number}") }if let Some(detail) = &run.answer { { state(&detail.state) } }</h1>
            { content }
        </>
    }
}

fn state(state: &str) -> Html {
    let (class, word) = match state.parse() {
        Ok(RunState::Complete) => ("ok", "Complete"),
        Ok(RunState::On) => ("info", "On now"),
        Ok(RunState::Inactive) | Err(_) => ("plain", "Not active"),
    };
    html! { <span class={classes!("badge", class)}>{ word }</span> }
}

fn sections(detail: &RunDetail, today: Option<NaiveDate>) -> Html {
    let RunDetail { run, state: _, is_low: _, totals, sheet, inputs, outputs, weights, checks } = detail;
    html! {
        <>
            { overview(detail, today) }
            <Section id="checks" title="Compliance findings" note={findings::counted(checks)}>
                if checks.is_empty() { <p class="quiet">{ "Nothing found." }</p> } else { { findings::list(checks, today) } }
            </Section>
            <div class="two">
                <Section id="inputs" title="What went in" note={run.input_kg.map(format::kg).unwrap_or_default()}>{ input_table(inputs) }</Section>
                <Section id="outputs" title="What came out" note={run.actual_kg.map(format::kg).unwrap_or_default()}>{ output_table(outputs) }</Section>
            </div>
            <div class="three">
                <Section id="weights" title="Pack weights">{ or_none(weights.as_ref().map(weight_facts), "No packs have been weighed.") }</Section>
                <Section id="totals" title="Weighing system">{ or_none(totals.as_ref().map(total_facts), "The weighing system has no totals of this run.") }</Section>
                <Section id="sheet" title="Run sheet">{ or_none(sheet.as_ref().map(|sheet| sheet_facts(sheet, today)), "There is no run sheet.") }</Section>
            </div>
        </>
    }
}

fn or_none(content: Option<Html>, nothing: &'static str) -> Html {
    content.unwrap_or_else(|| html! { <p class="quiet">{ nothing }</p> })
}

/// The level of the run's yield; an unfinished run is not judged.
fn yield_level(detail: &RunDetail) -> Option<Level> {
    let low = Level::of_severity(Check::LowYield.severity());
    detail.is_low.map(|is_low| if is_low { low } else { Level::Ok })
}

/// Why what went in or came out is not known, by how many rows are booked and how many of them have no weight.
fn why_unknown(
    without_weight: i64,
    booked: usize,
    nothing: &'static str,
    unweighed: &'static str,
) -> &'static str {
    match (without_weight, booked) {
        (1.., _) => unweighed,
        (_, 0) => nothing,
        _ => NEGATIVE,
    }
}

fn overview(detail: &RunDetail, today: Option<NaiveDate>) -> Html {
    let (run, yield_level) = (&detail.run, yield_level(detail));
    let no_input = why_unknown(run.inputs_without_weight, detail.inputs.len(), NO_INPUT, UNWEIGHED_INPUT);
    let no_output =
        why_unknown(run.outputs_without_weight, detail.outputs.len(), NO_OUTPUT, UNWEIGHED_OUTPUT);
    let no_yield = match (run.input_kg, run.actual_kg) {
        (None, _) => no_input,
        (_, None) => no_output,
        _ => "the inputs add up to nothing",
    };
    let no_share = match (run.target_kg, run.actual_kg) {
        (None, _) => NO_TARGET,
        (_, None) => no_output,
        _ => "the target is nothing",
    };
    html! {
        <Section id="run" title={first_known([run.product.as_ref()]).unwrap_or_else(|| "Product not named".to_owned())} note={format::date(run.production_date)}>
            <dl class="facts big">
                <div class={classes!(yield_level.map(Level::class))}><dt>{ "Yield" }</dt><dd id="run-yield">{ figure(run.yield_pct.map(format::pct), no_yield) }</dd></div>
                { fact("Made", run.actual_kg.map(format::kg), no_output) }
                { fact("Target", run.target_kg.map(format::kg), NO_TARGET) }
                { fact("Of target", run.efficiency_pct.map(format::pct), no_share) }
                { fact("Waste", run.waste_kg.map(format::kg), no_yield) }
                { fact("Waste of input", run.waste_pct.map(format::pct), no_yield) }
                { fact("Giveaway", run.giveaway_pct.map(format::pct), "no pack has been weighed against a target") }
                { fact("Packs", Some(format::count(run.packs)), "") }
            </dl>
            <dl class="facts">
                { fact("Line", first_known([run.line_name.as_ref(), run.prod_line.as_ref()]), "the ERP names no line") }
                { fact("Shift", run.shift_code.clone(), NOT_RECORDED) }
                { fact("Started", run.started_at.map(|at| format::time(at, today)), "no start is recorded") }
                { fact("Product code", run.product_code.clone(), "the ERP names no product") }
                { fact("Species", run.species.as_deref().map(format::words), "neither description nor product tells the species") }
                { fact("Kind", run.product_type.as_deref().map(format::words), "neither description nor product tells the kind") }
            </dl>
        </Section>
    }
}

fn input_table(inputs: &[RunInput]) -> Html {
    if inputs.is_empty() {
        return html! { <p class="quiet">{ "No input is recorded." }</p> };
    }
    html! {
        <table class="stack">
            <thead><tr><th scope="col">{ "Batch" }</th><th scope="col">{ "Grade" }</th><th scope="col">{ "Species" }</th><th scope="col" class="number">{ "Quantity" }</th></tr></thead>
            <tbody>
                { for inputs.iter().map(|input| html! {
                    <tr>
                        { cell("Batch", figure(input.batch_code.clone(), NOT_RECORDED)) }
                        { cell("Grade", figure(input.grade.clone(), NOT_RECORDED)) }
                        { cell("Species", figure(input.species.clone(), NOT_RECORDED)) }
                        { number_cell("Quantity", input.qty_kg.map(format::kg), NOT_RECORDED) }
                    </tr>
                }) }
            </tbody>
        </table>
    }
}

fn output_table(outputs: &[RunOutput]) -> Html {
    if outputs.is_empty() {
        return html! { <p class="quiet">{ "No output is recorded yet." }</p> };
    }
    html! {
        <table class="stack">
            <thead>
                <tr>
                    <th scope="col">{ "Product" }</th><th scope="col">{ "Tier" }</th><th scope="col">{ "Cut" }</th><th scope="col">{ "Made of" }</th>
                    <th scope="col" class="number">{ "Packs" }</th><th scope="col" class="number">{ "Quantity" }</th>
                </tr>
            </thead>
            <tbody>
                { for outputs.iter().map(|output| html! {
                    <tr>
                        { wide_cell("Product", figure(first_known([output.product.as_ref(), output.product_code.as_ref()]), NOT_RECORDED)) }
                        { cell("Tier", figure(output.tier.map(tier), NOT_RECORDED)) }
                        { cell("Cut", figure(output.piece_type.as_deref().map(format::words), NOT_RECORDED)) }
                        { cell("Made of", figure(output.source_grade.clone(), NOT_RECORDED)) }
                        { number_cell("Packs", output.qty_packs.map(format::count), NOT_RECORDED) }
                        { number_cell("Quantity", output.qty_kg.map(format::kg), NOT_RECORDED) }
                    </tr>
                }) }
            </tbody>
        </table>
    }
}

fn tier(number: i64) -> String {
    Tier::try_from(number).map_or(number.to_string(), |tier| format!("{number} {}", tier.name()))
}

fn weight_facts(weights: &RunWeights) -> Html {
    let outcome: Option<Outcome> = weights.verdict.as_deref().and_then(|verdict| verdict.parse().ok());
    let (class, verdict) = match outcome {
        Some(Outcome::Pass) => ("ok", "✓ Passes the average-quantity rules"),
        Some(Outcome::Fail) => ("bad", "✕ Fails the average-quantity rules"),
        None => ("plain", "The average-quantity rules do not apply"),
    };
    let nominal = "no nominal weight is known";
    html! {
        <>
            <p><span class={classes!("badge", class)}>{ verdict }</span></p>
            <dl class="facts">
                { fact("Packs judged", Some(format::count(weights.packs)), "") }
                { fact("Packs left out, empty or without a label", Some(format::count(weights.packs_excluded)), "") }
                { fact("Nominal", weights.nominal_g.map(format::grams), nominal) }
                { fact("Mean", weights.mean_g.map(format::grams), "no packs") }
                { fact("Standard deviation", weights.std_dev_g.map(format::grams), "fewer than two packs") }
                { fact("Packs below T1", weights.below_t1.map(format::count), nominal) }
                { fact("Packs below T2", weights.below_t2.map(format::count), nominal) }
            </dl>
        </>
    }
}

fn total_facts(totals: &RunTotals) -> Html {
    html! {
        <dl class="facts">
            { fact("Packs", totals.total_packs.map(format::count), NOT_RECORDED) }
            { fact("Weight", totals.total_weight_kg.map(format::kg), NOT_RECORDED) }
            { fact("Mean pack", totals.avg_weight_g.map(format::grams), NOT_RECORDED) }
            { fact("Lightest", totals.min_weight_g.map(format::grams), NOT_RECORDED) }
            { fact("Heaviest", totals.max_weight_g.map(format::grams), NOT_RECORDED) }
            { fact("Standard deviation", totals.std_dev_g.map(format::grams), NOT_RECORDED) }
            { fact("Giveaway", totals.giveaway_kg.map(format::kg), NOT_RECORDED) }
            { fact("Giveaway of target", totals.giveaway_pct.map(format::pct), NOT_RECORDED) }
            { fact("Rejected packs", totals.reject_count.map(format::count), NOT_RECORDED) }
            { fact("Line stood", totals.downtime_minutes.map(|minutes| format!("{} min", format::count(minutes))), NOT_RECORDED) }
        </dl>
    }
}

fn sheet_facts(sheet: &RunSheet, today: Option<NaiveDate>) -> Html {
    let labels = sheet.start_label.zip(sheet.end_label).map(|(first, last)| format!("{first} to {last}"));
    let adjustment = sheet.shelf_life_adjustment.map(|days| format!("{days:+} days"));
    html! {
        <dl class="facts">
            { fact("Target", sheet.target_qty_kg.map(format::kg), NOT_RECORDED) }
            { fact("Baskets", sheet.baskets.map(format::count), NOT_RECORDED) }
            { fact("Labels", labels, NOT_RECORDED) }
            { fact("Pack date", sheet.pack_date.map(format::date), NOT_RECORDED) }
            { fact("Shelf life", adjustment, NOT_RECORDED) }
            { fact("Started", sheet.started_at.map(|at| format::time(at, today)), NOT_RECORDED) }
            { fact("Finished", sheet.finished_at.map(|at| format::time(at, today)), "not finished yet, or not recorded") }
            { fact("Recorded by", sheet.recorded_by.clone(), NOT_RECORDED) }
        </dl>
    }
}
