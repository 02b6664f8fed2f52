//! Scopes of one hand-written run for the tests of checks: number 7 of 2 November, of product A.

use polars::prelude::*;

use super::super::small_factory::{self, day, no_runs, of_run, runs, shown};
use super::{FCT_COMPLIANCE_CHECKS, build_runs};
use crate::scope::RunScope;
use crate::sources::{RUN_INPUTS, RUN_OUTPUTS, Source};

pub(super) fn one_run(complete: bool) -> RunScope {
    let mut scope = no_runs();
    let run = df!["run_number" => ["7"], "production_date" => [day(2)], "product_code" => ["A"], "complete" => [complete]];
    scope.finished = runs(&run.unwrap());
    scope
}

pub(super) fn inputs(named: PolarsResult<DataFrame>) -> DataFrame {
    of_the_run(&RUN_INPUTS, named)
}

pub(super) fn outputs(named: PolarsResult<DataFrame>) -> DataFrame {
    of_the_run(&RUN_OUTPUTS, named)
}

fn of_the_run(source: &Source, named: PolarsResult<DataFrame>) -> DataFrame {
    let named = named
        .unwrap()
        .lazy()
        .with_columns([lit("7").alias("run_number"), lit(day(2)).alias("production_date")]);
    of_run(source, &named.collect().unwrap())
}

/// Intakes with the species that they tell.
pub(super) fn intakes(of: &[(&str, Option<&str>)]) -> DataFrame {
    let (codes, species): (Vec<_>, Vec<_>) = of.iter().copied().unzip();
    small_factory::intakes(&df!["batch_code" => codes, "species" => species].unwrap())
}

/// What the checks find: `run | check | severity | measured | limit | detail`.
pub(super) fn found(scope: &RunScope) -> Vec<String> {
    let mart = build_runs(scope).unwrap();
    assert_eq!(**mart.schema(), FCT_COMPLIANCE_CHECKS.schema());
    shown(&mart, &["run_number", "check", "severity", "measured", "limit", "detail"])
}
