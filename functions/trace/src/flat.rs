//! A trace as a flat list with a row for each step, from where the fish came from to who got it.

use api::trace::{Trace, TraceBatch, TraceDespatch, TraceIntake, TraceProduct, TraceRun, TraceStep};

/// The steps of a trace.
pub(crate) fn steps(trace: Trace) -> Vec<TraceStep> {
    let mut steps: Vec<TraceStep> = trace.origin.into_iter().map(of_intake).collect();
    steps.extend(trace.ancestors.into_iter().map(|batch| of_batch("ancestor", batch)));
    steps.extend(trace.descendants.into_iter().map(|batch| of_batch("descendant", batch)));
    steps.extend(trace.runs.into_iter().map(of_run));
    steps.extend(trace.products.into_iter().map(of_product));
    steps.extend(trace.despatches.into_iter().map(of_despatch));
    steps
}

fn of_intake(intake: TraceIntake) -> TraceStep {
    TraceStep {
        batch_code: Some(intake.batch_code),
        known: Some(true),
        supplier: intake.supplier,
        species: intake.species,
        catch_area: intake.catch_area,
        vessel_name: intake.vessel_name,
        certified: intake.certified,
        date: intake.received_date,
        qty_kg: intake.qty_kg,
        ..blank("origin", None)
    }
}

fn of_batch(step: &str, batch: TraceBatch) -> TraceStep {
    TraceStep {
        batch_code: Some(batch.batch_code),
        known: Some(batch.known),
        run_number: batch.run_number,
        date: batch.production_date.or(batch.received_date),
        qty_kg: batch.qty_kg,
        ..blank(step, Some(batch.depth))
    }
}

fn of_run(run: TraceRun) -> TraceStep {
    TraceStep {
        batch_code: run.batch_code,
        species: run.species,
        run_number: Some(run.run_number),
        date: Some(run.production_date),
        prod_line: run.prod_line,
        product_code: run.product_code,
        product: run.product,
        qty_kg: run.traced_kg,
        ..blank("run", Some(run.depth))
    }
}

fn of_product(product: TraceProduct) -> TraceStep {
    TraceStep {
        batch_code: product.batch_code,
        run_number: Some(product.run_number),
        date: Some(product.production_date),
        product_code: product.product_code,
        product: product.product,
        tier: product.tier,
        qty_kg: product.qty_kg,
        ..blank("product", Some(product.depth))
    }
}

fn of_despatch(order: TraceDespatch) -> TraceStep {
    TraceStep {
        batch_code: order.batch_code,
        run_number: order.run_number,
        date: order.despatch_date,
        product_code: order.product_code,
        order_number: order.order_number,
        customer: order.customer,
        status: order.status,
        qty_kg: order.qty_kg,
        ..blank("despatch", Some(order.depth))
    }
}

fn blank(step: &str, depth: Option<i64>) -> TraceStep {
    TraceStep {
        step: step.to_owned(),
        depth,
        batch_code: None,
        known: None,
        supplier: None,
        species: None,
        catch_area: None,
        vessel_name: None,
        certified: None,
        run_number: None,
        date: None,
        prod_line: None,
        product_code: None,
        product: None,
        tier: None,
        order_number: None,
        customer: None,
        status: None,
        qty_kg: None,
    }
}
