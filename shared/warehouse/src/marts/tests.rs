//! What holds for all marts.

use super::*;
use domain::tier::Tier;
use std::collections::BTreeSet;

#[test]
fn each_build_of_a_mart_has_parts_of_its_own() {
    for mart in ALL {
        for (place, build) in mart.builds.iter().enumerate() {
            let part = mart.part(*build, Some("2026-11"));
            let whose: Vec<_> =
                (0..mart.builds.len()).filter(|i| mart.is_part_of(mart.builds[*i], &part)).collect();
            assert_eq!(whose, [place], "{}/{part}", mart.name);
        }
    }
    let findings = FCT_COMPLIANCE_CHECKS.builds.iter();
    let parts: Vec<_> = findings.map(|build| FCT_COMPLIANCE_CHECKS.part(*build, Some("2026-11"))).collect();
    let expect = ["run-2026-11", "reading-2026-11", "traceability-2026-11", "despatch-2026-11"];
    assert_eq!(parts, expect, "lakes have parts of these names");
}

#[test]
fn builds_of_different_tables_have_different_parts() {
    let make: fn(&DayScope) -> PolarsResult<DataFrame> = |scope| Ok(scope.rows.clone());
    let days = sources::ALL.map(|source| Build::Days(source, make).folder());
    assert_eq!(days.iter().collect::<BTreeSet<_>>().len(), sources::ALL.len());
}

#[test]
fn a_mart_is_as_old_as_the_tables_that_its_builds_take() {
    for mart in ALL {
        let tables: Vec<_> = mart.tables().map(|source| source.staging).collect();
        assert_eq!(tables.iter().collect::<BTreeSet<_>>().len(), tables.len(), "{}: {tables:?}", mart.name);
        for build in mart.builds {
            let taken = match *build {
                Build::Days(source, _)
                | Build::DaysLookingBack(source, _)
                | Build::DaysWithRuns(source, _) => {
                    assert!(!source.days.is_empty(), "{} is not taken by day", source.table);
                    source
                }
                Build::Batches(source, _) => {
                    assert!(source.batch.is_some(), "{} is not taken by batch", source.table);
                    source
                }
                Build::Products(_) => &sources::PLU,
                Build::Runs(_)
                | Build::FinishedRuns(_)
                | Build::RunMinutes(_)
                | Build::Shifts(_)
                | Build::RecentShifts
                | Build::Dates(_)
                | Build::Months(_) => &sources::RUN_NUMBERS,
            };
            assert!(tables.contains(&taken.staging), "{} lacks {}", mart.name, taken.staging);
        }
    }
    let names = |mart: &Mart| mart.tables().map(|source| source.staging).collect::<Vec<_>>();
    assert_eq!(names(&PRODUCTS), ["plu", "product_catalogue"]);
    assert_eq!(names(&FCT_TEMP_BREACHES), ["temperature_logs"]);
    assert_eq!(
        names(&FCT_SHIFT_PRODUCTIVITY),
        ["shifts", "prod_lines", "run_numbers", "run_sheets", "run_totals"]
    );
}

#[test]
fn one_mart_has_the_finished_runs() {
    let finished = builds().filter(|(_, build)| matches!(build, Build::FinishedRuns(_)));
    assert_eq!(finished.map(|(mart, _)| mart.name).collect::<Vec<_>>(), [RUNS.name]);
    assert!(matches!(RUNS.builds, [Build::FinishedRuns(_)]));
    let minutes = builds().filter(|(_, build)| matches!(build, Build::RunMinutes(_)));
    assert_eq!(minutes.map(|(mart, _)| mart.name).collect::<Vec<_>>(), [LINE_MINUTES.name]);
}

#[test]
fn a_tier_is_explained_by_the_names_that_the_factory_uses() {
    let named = Tier::ALL.map(|tier| format!("{} {}", tier.number(), tier.name())).join(", ");
    for mart in ALL {
        for column in mart.columns.iter().filter(|column| column.name == "tier") {
            assert_eq!(column.doc.trim(), format!("The tier: {named}."), "{}", mart.name);
        }
    }
}

#[test]
fn a_mart_declares_every_column_that_names_batches() {
    let in_sources: BTreeSet<_> = sources::ALL.into_iter().flat_map(Source::batch_names).collect();
    for mart in ALL {
        for name in mart.batches {
            assert_eq!(mart.schema().get(name), Some(&DataType::String), "{}.{name}", mart.name);
        }
        for column in mart.columns.iter().filter(|column| in_sources.contains(column.name)) {
            assert!(mart.batches.contains(&column.name), "{}.{}", mart.name, column.name);
        }
    }
}
