//! The judge: an engine that is not ours computes every mart in SQL from the files of staging. It must find
//! what our marts say.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use domain::checks::Check;
use lake::{Lake, Mode};
use polars::prelude::*;
use serve::{Settings, State};
use tests::factory::Factory;
use tests::is_all;
use tests::never_begun::NeverBegun;
use tests::place;
use tests::random_factory::fill;
use tideline::s3::BUCKET;
use tower::ServiceExt;
use warehouse::marts;

/// How many random factories are judged.
const FACTORIES: u64 = 4;
/// The same under `cargo xtask test --all`.
const ALL_FACTORIES: u64 = 60;

/// What the judge said of a lake.
struct Verdict {
    agrees: bool,
    words: String,
}

impl Verdict {
    /// How many rows were compared of each mart and report.
    fn rows(&self) -> BTreeMap<&str, usize> {
        let counted = |line: &'_ str| {
            Some((
                line.split_once(": ")?.1.strip_suffix(" rows")?.parse().ok()?,
                line.split_once(": ")?.0.len(),
            ))
        };
        self.words.lines().filter_map(|line| counted(line).map(|(rows, end)| (&line[..end], rows))).collect()
    }
}

fn judged(lake: &Path, options: &[String]) -> Verdict {
    let mut judge = Command::new(place::python_program("python"));
    let output = judge
        .arg(place::root().join("tests/judge/judge.py"))
        .args(options)
        .arg(lake)
        .output()
        .expect("a judge");
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        words.contains(" differences in "),
        "the judge failed: {}{words}",
        String::from_utf8_lossy(&output.stderr)
    );
    Verdict { agrees: output.status.success(), words }
}

/// Fails unless the judge agrees with every mart of a factory. Adds how many rows were compared.
fn assert_judge_agrees(
    factory: &Factory,
    options: &[String],
    what: &str,
    compared: &mut BTreeMap<String, usize>,
) {
    let verdict = judged(&lake_of(factory), options);
    assert!(verdict.agrees, "{what}:\n{}", verdict.words);
    for (name, rows) in verdict.rows() {
        *compared.entry(name.to_owned()).or_default() += rows;
    }
}

fn assert_every_mart_has_rows(compared: &BTreeMap<String, usize>) {
    for mart in marts::ALL {
        assert!(
            compared.get(mart.name).is_some_and(|rows| *rows > 0),
            "of {} nothing was compared: {compared:?}",
            mart.name
        );
    }
}

/// The folder of a factory's lake.
fn lake_of(factory: &Factory) -> PathBuf {
    factory.folder.path().join("lake").join(format!("factory={}", factory.settings.factory_id))
}

/// What every second random factory says of itself. In the night of Saturday, 24 October, the clock is set back.
pub(crate) const SETTINGS: &str = r#"
[[shifts]]
code = "am"
start = "05:30"
end = "14:00"
breaks = [["09:00", "09:30"], ["13:45", "14:00"]]
[[shifts]]
code = "PM"
start = "14:00"
end = "00:00"
days = ["Thu", "Mon"]
date = "end"
[[shifts]]
code = "N"
start = "22:00"
end = "05:00"
days = ["Sat", "Fri"]
breaks = [["23:50", "00:10"]]
[grades]
Premium = ["b"]
[prices]
currency = "GBP"
[prices.products]
"P1" = 12.5
"p2" = 9.75
"P3" = 3.2
[prices.tiers]
1 = 16.0
2 = 11.1
[limits]
low_yield_pct = 75.5
giveaway_pct = 1.25
intake_max_c = 5.0
vehicle_max_c = 3.9
stop_minutes = 7.5
"#;

/// A factory of random rows, with marts that two jobs made.
async fn random_factory(seed: u64) -> Factory {
    let factory = Factory::empty("2026-11-02T14:00:00").await;
    if seed.is_multiple_of(2) {
        factory.lake().put_settings_file(SETTINGS.as_bytes().to_vec()).await.unwrap();
    }
    fill(&factory, seed, 1);
    factory.job_ok(Mode::Incremental).await;
    // Some of these rows have keys that are there already, some have new ones.
    fill(&factory, seed + 1_000_000, 20);
    factory.job_ok(Mode::Full).await;
    factory
}

/// Adds how often each check is violated.
async fn violations(factory: &Factory, found: &mut BTreeMap<String, usize>) {
    let (manifest, _) = factory.lake().manifest().await.unwrap().expect("a manifest");
    for part in manifest.marts["fct_compliance_checks"].values() {
        let rows = factory.lake().mart_part(part, None).await.unwrap();
        for check in rows.column("check").unwrap().str().unwrap().iter().flatten() {
            *found.entry(check.to_owned()).or_default() += 1;
        }
    }
}

fn assert_every_check_is_violated(found: &BTreeMap<String, usize>) {
    for check in Check::ALL.iter().filter(|check| !check.is_judged_when_asked()) {
        assert!(
            found.contains_key(check.as_str()),
            "{check} is never violated, so its SQL finds nothing: {found:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_over_staging_computes_every_mart_of_the_sandbox() {
    let factory = Factory::sandbox("2026-11-08T14:00:00", 7).await;
    factory.lake().put_settings_file(tideline::sandbox::factory_toml().into_bytes()).await.unwrap();
    factory.job_ok(Mode::Incremental).await;
    let (mut compared, mut found) = (BTreeMap::new(), BTreeMap::new());
    assert_judge_agrees(&factory, &[], "the sandbox", &mut compared);
    violations(&factory, &mut found).await;
    assert_every_mart_has_rows(&compared);
    assert_every_check_is_violated(&found);
    assert_nights_have_a_quality(&factory).await;
}

/// The sandbox dates the runs of a night with the days on which they begin, its bookings with the day on which
/// the night starts.
async fn assert_nights_have_a_quality(factory: &Factory) {
    let (manifest, _) = factory.lake().manifest().await.unwrap().expect("a manifest");
    let (mut nights, mut known) = (0, 0);
    for part in manifest.marts["fct_shift_productivity"].values() {
        let rows = factory.lake().mart_part(part, None).await.unwrap();
        let column = |name: &str| rows.column(name).unwrap().f64().unwrap().iter();
        let codes = rows.column("shift_code").unwrap().str().unwrap().iter();
        for ((code, kg), quality) in codes.zip(column("output_kg")).zip(column("quality_pct")) {
            if code == Some("NIGHT") && kg.is_some() {
                nights += 1;
                known += usize::from(quality.is_some());
            }
        }
    }
    assert!(2 * known > nights, "of {nights} nights {known} have a quality");
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_over_staging_computes_every_mart_of_random_factories() {
    let seeds = match std::env::var("TIDELINE_SEED") {
        Ok(seed) => vec![seed.parse().expect("TIDELINE_SEED is a number")],
        Err(_) => (1..=if is_all() { ALL_FACTORIES } else { FACTORIES }).collect(),
    };
    let (mut compared, mut found) = (BTreeMap::new(), BTreeMap::new());
    for seed in &seeds {
        let factory = random_factory(*seed).await;
        assert_judge_agrees(&factory, &[], &format!("TIDELINE_SEED={seed}"), &mut compared);
        violations(&factory, &mut found).await;
    }
    if seeds.len() > 1 {
        assert_every_mart_has_rows(&compared);
        assert_every_check_is_violated(&found);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_judge_names_the_mart_the_row_and_the_number_that_are_wrong() {
    let factory = random_factory(1).await;
    let lake = lake_of(&factory);
    let (manifest, _) = factory.lake().manifest().await.unwrap().expect("a manifest");
    let (part, version) = manifest.marts["fct_temp_breaches"].first_key_value().expect("a part");

    // The version and its published copy get the same wrong number, as a bug in the mart would give them.
    let shifted = when(col("location").eq(lit("Dock")))
        .then(col("max_temp_celsius") + lit(0.001))
        .otherwise(col("max_temp_celsius"));
    let files =
        [lake.join(&version.key), lake.join(format!("published/fct_temp_breaches/{part}/part.parquet"))];
    let right = files.each_ref().map(|file| fs::read(file).unwrap());
    for file in &files {
        change(file, |rows| rows.with_column(shifted.clone().alias("max_temp_celsius")));
    }
    let verdict = judged(&lake, &[]);
    assert!(!verdict.agrees);
    let named = verdict.words.lines().filter(|line| {
        line.starts_with("fct_temp_breaches (") && line.contains("'Dock') max_temp_celsius: the lake says")
    });
    assert!(named.count() > 0, "{}", verdict.words);

    // Only the published copy is wrong.
    fs::write(&files[0], &right[0]).unwrap();
    let verdict = judged(&lake, &[]);
    assert!(
        !verdict.agrees && verdict.words.contains("fct_temp_breaches: what is published in"),
        "{}",
        verdict.words
    );
    fs::write(&files[1], &right[1]).unwrap();
    assert!(judged(&lake, &[]).agrees);

    // A row of the mart is gone. Then a row of staging is gone, so that the mart has a row too many.
    for file in &files {
        change(file, |rows| rows.slice(1, IdxSize::MAX));
    }
    let verdict = judged(&lake, &[]);
    assert!(!verdict.agrees && verdict.words.contains("is missing; SQL has"), "{}", verdict.words);
    for (file, bytes) in files.iter().zip(&right) {
        fs::write(file, bytes).unwrap();
    }
    let plu = lake.join("staging/plu/all/part.parquet");
    change(&plu, |rows| rows.slice(1, IdxSize::MAX));
    let verdict = judged(&lake, &[]);
    assert!(
        !verdict.agrees
            && verdict
                .words
                .lines()
                .any(|line| line.starts_with("products (") && line.ends_with("SQL does not have it")),
        "{}",
        verdict.words
    );
}

/// Writes a Parquet file again, with other rows.
fn change(file: &Path, edit: impl FnOnce(LazyFrame) -> LazyFrame) {
    let rows = ParquetReader::new(File::open(file).unwrap()).finish().unwrap();
    let mut rows = tokio::task::block_in_place(|| edit(rows.lazy()).collect()).unwrap();
    ParquetWriter::new(File::create(file).unwrap()).finish(&mut rows).unwrap();
}

/// The names of all reports.
fn reports() -> Vec<&'static str> {
    let paths = api::reports::OPERATIONS.iter().copied().flatten().map(|operation| operation.path);
    paths.filter_map(|path| path.rsplit('/').next()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_over_staging_computes_every_report_that_the_api_answers() {
    let sandbox = Factory::sandbox("2026-11-08T14:00:00", 7).await;
    sandbox.job_ok(Mode::Incremental).await;
    // The window begins in the middle of a week, so that what was made on Monday lies outside of it.
    assert_judge_agrees_with_reports(&sandbox, &reports(), &[("from", "2026-11-04"), ("to", "2026-11-07")])
        .await;
    let of_line = [
        "daily-yield",
        "traceability",
        "giveaway",
        "shift-productivity",
        "allergen-changeovers",
        "species-ranking",
        "weekly-cumulative",
    ];
    assert_judge_agrees_with_reports(
        &sandbox,
        &of_line,
        &[("from", "2026-11-01"), ("to", "2026-11-08"), ("line", "line 2")],
    )
    .await;
    for seed in [1, 2] {
        let random = random_factory(seed).await;
        assert_judge_agrees_with_reports(
            &random,
            &reports(),
            &[("from", "2026-10-24"), ("to", "2026-11-02")],
        )
        .await;
    }
}

/// Asks the API for reports of one window with filters. Fails unless the judge computes the same.
async fn assert_judge_agrees_with_reports(factory: &Factory, reports: &[&str], parameters: &[(&str, &str)]) {
    let server = factory.open.server.as_ref().expect("a lake in a folder");
    let settings = Settings {
        factory_id: factory.settings.factory_id.clone(),
        factory_tz: factory.settings.factory_tz,
        stale_after_seconds: 900,
        dashboard_origin: None,
    };
    let (lake, now) =
        (Lake::new(Arc::new(server.store(BUCKET)), "", &settings.factory_id), factory.now.get());
    let app =
        serve::finish(tideline::app::routes(Arc::new(NeverBegun)), State::new(lake, settings, move || now));
    let query: Vec<_> =
        parameters.iter().map(|(name, value)| format!("{name}={}", value.replace(' ', "%20"))).collect();
    let mut options = Vec::new();
    for (name, value) in parameters {
        let name = if ["from", "to"].contains(name) { format!("{name}_date") } else { (*name).to_owned() };
        options.extend(["--scope".to_owned(), format!("{name}={value}")]);
    }
    for report in reports {
        let request = Request::get(format!("/reports/{report}?{}&limit=10000", query.join("&")))
            .body(Body::empty())
            .unwrap();
        let answer = app.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 200, "{report} {query:?}");
        let file = factory.folder.path().join(format!("{report}.json"));
        fs::write(&file, to_bytes(answer.into_body(), usize::MAX).await.unwrap()).unwrap();
        options.extend(["--report".to_owned(), format!("{report}={}", file.display())]);
    }
    let verdict = judged(&lake_of(factory), &options);
    assert!(verdict.agrees, "{parameters:?}:\n{}", verdict.words);
    assert!(reports.iter().all(|report| verdict.rows().contains_key(report)), "{}", verdict.words);
}

#[test]
fn every_file_of_the_sql_has_its_place_in_the_order() {
    let folder = place::root().join("infra/lake/sql");
    let mut files = Vec::new();
    for inside in ["", "checks/", "reports/"] {
        for file in fs::read_dir(folder.join(inside)).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            files.extend(
                path.extension().is_some_and(|kind| kind == "sql").then(|| format!("{inside}{name}")),
            );
        }
    }
    files.retain(|file| file != "staging_tables.sql");
    files.sort();
    let order = fs::read_to_string(folder.join("order.txt")).unwrap();
    let mut ordered: Vec<_> = order.lines().collect();
    ordered.sort_unstable();
    assert_eq!(ordered, files);
}

/// This takes minutes, and Java. It runs only under `cargo xtask test --all`.
#[tokio::test(flavor = "multi_thread")]
async fn spark_computes_the_same_marts_where_all_is_tested() {
    if !is_all() {
        return;
    }
    let factory = Factory::sandbox("2026-11-02T14:00:00", 2).await;
    factory.job_ok(Mode::Incremental).await;
    assert_judge_agrees(
        &factory,
        &["--engine".to_owned(), "spark".to_owned()],
        "the sandbox",
        &mut BTreeMap::new(),
    );
}
