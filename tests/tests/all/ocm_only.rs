//! A factory that has the ERP's own four tables and nothing else. Every endpoint answers what these four
//! tell, and nothing where they tell nothing.

use std::collections::{BTreeMap, BTreeSet};

use api::compliance::CheckFinding;
use api::health::Health;
use api::products::Product;
use api::reports::{AllergenChangeover, DailyProductYield, ProductGiveaway, SpeciesRank, WeeklyYield};
use api::runs::{ActiveRun, RunDetail};
use api::shelf_life::ExpiringRun;
use api::trace::Trace;
use api::weights::PackWeights;
use api::yields::{DailyYield, LineYield};
use api::{Method, Operation, Shape, operations};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use lake::Mode;
use rusqlite::Connection;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serve::{Settings, State};
use tests::factory::{ErpAccess, Factory};
use tests::place;
use tideline::jobs::Jobs;
use tower::ServiceExt;
use warehouse::marts;
use warehouse::sources::{ALL, Owner};

over_both_ways!(
    every_endpoint_answers_from_the_four_tables_alone,
    what_the_four_tables_tell_is_told_and_the_rest_is_null,
    the_reports_tell_what_runs_totals_and_packs_do,
);

/// The lists that nothing in the four tables can fill.
const EMPTY: [&str; 13] = [
    "/yield/waterfall",
    "/yield/downgrades",
    "/quality/summary",
    "/temperature/breaches",
    "/temperature/episodes",
    "/temperature/summary",
    "/orders/at-risk",
    "/shifts/productivity",
    "/reports/traceability",
    "/reports/temperature-audit",
    "/reports/shift-productivity",
    "/reports/non-conformance",
    "/reports/order-fulfilment",
];

/// A factory after its first job, and the app over its lake.
struct OcmOnly {
    factory: Factory,
    app: Router,
    job_id: String,
}

impl OcmOnly {
    async fn over(access: ErpAccess) -> Self {
        let factory = Factory::sandbox("2026-11-20T16:00:00", 2).await.over(access).with_lake_in_memory();
        for source in ALL.into_iter().filter(|source| source.owner == Owner::Factory) {
            factory.execute(&format!("DROP TABLE {}", source.table));
        }
        // When shifts are on, no table tells.
        let settings = tideline::sandbox::factory_toml().into_bytes();
        factory.lake().put_settings_file(settings).await.unwrap();
        // A complete run whose stock grows old.
        let run = [
            ("RunNumber", "'OLD'"),
            ("ProductionDate", "'2026-11-10'"),
            ("ProdLine", "'Line 1'"),
            ("Complete", "1"),
        ];
        factory.insert("RunNumber", &[&run[..], &[("Created", "'2026-11-10 06:00:00'")]].concat());
        factory.insert(
            "SI_OCM_TOTALS",
            &[("RunNumber", "'OLD'"), ("TotalWeight", "120.5"), ("Updated", "'2026-11-10 12:00:00'")],
        );
        let record = factory.job_ok(Mode::Incremental).await;
        let lacking: Vec<_> =
            ALL.iter().filter(|source| source.owner == Owner::Factory).map(|source| source.table).collect();
        assert_eq!(record.skipped, lacking);
        let settings = Settings {
            factory_id: factory.settings.factory_id.clone(),
            factory_tz: factory.settings.factory_tz,
            stale_after_seconds: 900,
            dashboard_origin: None,
        };
        let (now, jobs) = (factory.now.get(), Jobs::new(factory.lake().clone(), factory.settings.clone()));
        let app = tideline::app::app(
            State::new(factory.lake().clone(), settings, move || now),
            &place::page(),
            jobs,
        );
        Self { factory, app, job_id: record.job_id }
    }

    async fn ask(&self, address: &str) -> (StatusCode, String, String) {
        let answer =
            self.app.clone().oneshot(Request::get(address).body(Body::empty()).unwrap()).await.unwrap();
        let media = answer.headers()["content-type"].to_str().unwrap().to_owned();
        let status = answer.status();
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        // A workbook is no text.
        (status, media, String::from_utf8_lossy(&body).into_owned())
    }

    async fn get<T: DeserializeOwned>(&self, address: &str) -> T {
        let (status, _, text) = self.ask(address).await;
        assert_eq!(status, 200, "{address}: {text}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{address}: {error}: {text}"))
    }

    /// The endpoint's path, with values that exist.
    fn path(&self, operation: &Operation) -> String {
        let run_number: String = self
            .numbers("SELECT MAX(RunNumber), 1 FROM SI_OCM_TOTALS WHERE RunNumber <> 'OLD'")
            .into_keys()
            .next()
            .unwrap();
        operation
            .path
            .replace("{run_number}", &run_number)
            .replace("{batch_code}", &run_number)
            .replace("{job_id}", &self.job_id)
    }

    /// What the ERP answers to SQL that selects a text and a number.
    fn numbers(&self, sql: &str) -> BTreeMap<String, f64> {
        let erp = Connection::open(self.factory.erp()).unwrap();
        let mut statement = erp.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<rusqlite::Result<_>>().unwrap_or_else(|error| panic!("{sql}: {error}"))
    }
}

async fn every_endpoint_answers_from_the_four_tables_alone(access: ErpAccess) {
    let site = OcmOnly::over(access).await;
    let mut empty = BTreeSet::new();
    for operation in operations().filter(|operation| operation.method == Method::Get) {
        let path = site.path(operation);
        assert!(!path.contains('{'), "{path}: what is it that exists?");
        let answer: Value = site.get(&path).await;
        assert_eq!(answer.is_array(), operation.is_list(), "{path}: {answer}");
        if answer.as_array().is_some_and(Vec::is_empty) {
            empty.insert(operation.path);
        }
        for media in operation.other_media() {
            let (status, sent, text) = site.ask(&format!("{path}?format={}", media.format)).await;
            assert!(
                status == 200 && sent.starts_with(media.media_type),
                "{path} as {}: {status} {text}",
                media.format
            );
            if let (Shape::List(Shape::Object(row)), true) = (operation.answer, media.is_text()) {
                let header: Vec<_> = row.fields.iter().map(|field| field.name).collect();
                assert_eq!(text.lines().next(), Some(header.join(",").as_str()), "{path}");
                assert_eq!(text.lines().count(), answer.as_array().unwrap().len() + 1, "{path}: {text}");
            }
        }
        if operation.values().next().is_some() {
            let unknown = operation
                .path
                .replace("{job_id}", "01981d1e-0000-7000-8000-000000000000")
                .replace("{run_number}", "none");
            let (status, media, text) = site.ask(&unknown.replace("{batch_code}", "none")).await;
            assert_eq!(
                (status.as_u16(), media.as_str()),
                (404, "application/problem+json"),
                "{unknown}: {text}"
            );
        }
    }
    assert_eq!(empty, EMPTY.into());
}

async fn what_the_four_tables_tell_is_told_and_the_rest_is_null(access: ErpAccess) {
    let site = OcmOnly::over(access).await;
    let health: Health = site.get("/health").await;
    assert_eq!(
        (health.status.as_str(), health.tables, usize::try_from(health.marts)),
        ("ok", 4, Ok(marts::ALL.len()))
    );
    assert_eq!(
        health.watermarks.into_keys().collect::<Vec<_>>(),
        ["RunNumber", "SI_OCM_PLU", "SI_OCM_TOTALS", "SI_OCM_TRANS"]
    );

    let active: Vec<ActiveRun> = site.get("/runs/active").await;
    let kg = site.numbers("SELECT TRIM(RunNumber), TotalWeight FROM SI_OCM_TOTALS");
    let packs = site
        .numbers("SELECT TRIM(RunNumber), COUNT(*) * 1.0 FROM SI_OCM_TRANS WHERE NetWeight > 0 GROUP BY 1");
    let pct = "100 * (SUM(NetWeight) - SUM(TargetWeight)) / SUM(TargetWeight)";
    let pct = site.numbers(&format!(
        "SELECT TRIM(RunNumber), {pct} FROM SI_OCM_TRANS WHERE TargetWeight > 0 GROUP BY 1"
    ));
    for run in &active {
        let number = &run.run_number;
        assert!(
            is_about(run.actual_kg, kg[number]) && is_about(Some(run.packs as f64), packs[number]),
            "{run:?}"
        );
        assert!(is_about(run.giveaway_pct, pct[number]), "{run:?}: {}", pct[number]);
        assert!(
            run.target_kg.is_none() && run.line_name == run.prod_line && run.started_at.is_some(),
            "{run:?}"
        );
    }
    assert!(
        active.len() > 1 && active.iter().any(|run| run.species.is_some() && run.product.is_some()),
        "{active:?}"
    );

    let made =
        site.numbers(&format!("SELECT SUBSTR(ProductionDate, 1, 10) || ' ' || COALESCE(TRIM(ProdLine), ''), SUM(TotalWeight) {COMPLETE} GROUP BY 1"));
    let daily: Vec<DailyYield> = site.get("/yield/daily?days=30").await;
    assert_eq!(daily.len(), made.len());
    for row in &daily {
        let (input, target) =
            ([row.input_kg, row.waste_kg, row.yield_pct, row.waste_pct], [row.target_kg, row.efficiency_pct]);
        assert!(input == [None; 4] && target == [None; 2], "{row:?}");
        let key = format!("{} {}", row.production_date, row.prod_line.as_deref().unwrap_or_default());
        assert!(is_about(row.total_kg, made[&key]), "{row:?}: {}", made[&key]);
    }
    let by_line: Vec<LineYield> = site.get("/yield/by-line").await;
    assert!(is_about(by_line.iter().map(|row| row.total_kg).sum(), made.values().sum()), "{by_line:?}");
    assert!(by_line.iter().all(|row| [row.input_kg, row.waste_kg, row.yield_pct] == [None; 3]));

    let products: Vec<Product> = site.get("/products").await;
    assert!(products.iter().all(|row| row.brand.is_none()
        && row.tier.is_none()
        && row.customer.is_none()
        && row.plu_number.is_some()));
    assert!(
        products.len() > 10
            && products.iter().any(|row| row.pack_size_g.is_some() && row.allergens.is_some())
    );

    // No run sheet tells another pack date for the old run, and no order took any of it.
    let expiring: Vec<ExpiringRun> = site.get("/shelf-life/expiring").await;
    let shown: Vec<_> = expiring
        .iter()
        .map(|row| {
            format!("{} {} day {}, {} kg", row.run_number, row.pack_date, row.day_number, row.qty_kg.unwrap())
        })
        .collect();
    assert_eq!(shown, ["OLD 2026-11-10 day 10, 120.5 kg"]);
    let old: RunDetail = site.get("/runs/OLD").await;
    assert_eq!(
        (old.run.actual_kg, old.run.input_kg, old.run.yield_pct, old.run.efficiency_pct),
        (Some(120.5), None, None, None)
    );
    assert!(
        old.sheet.is_none()
            && old.inputs.is_empty()
            && old.outputs.is_empty()
            && old.totals.is_some()
            && old.weights.is_none()
    );
    let of_run = &active[0];
    let weights: PackWeights = site.get(&format!("/weights/{}", of_run.run_number)).await;
    assert_eq!((weights.packs, weights.nominal_g.is_some()), (of_run.packs, true));
    let trace: Trace = site.get("/trace/OLD").await;
    assert!(
        trace.origin.is_empty()
            && trace.ancestors.is_empty()
            && trace.descendants.is_empty()
            && trace.despatches.is_empty()
    );
    assert_eq!(
        trace.runs.iter().map(|run| (run.run_number.as_str(), run.actual_kg)).collect::<Vec<_>>(),
        [("OLD", Some(120.5))]
    );

    let checks: Vec<CheckFinding> = site.get("/compliance/checks?days=30").await;
    let checks: BTreeSet<_> = checks.iter().map(|finding| finding.check.as_str()).collect();
    assert_eq!(
        checks,
        BTreeSet::from(["high_giveaway", "missing_product_code", "rejected_rows", "underweight_lot"])
    );
}

async fn the_reports_tell_what_runs_totals_and_packs_do(access: ErpAccess) {
    let site = OcmOnly::over(access).await;
    let made = site.numbers(&format!("SELECT 'kg', SUM(TotalWeight) {COMPLETE}"))["kg"];
    let daily: Vec<DailyProductYield> = site.get("/reports/daily-yield").await;
    assert!(is_about(daily.iter().map(|row| row.total_kg).sum(), made), "{daily:?}");
    assert!(daily.iter().all(|row| row.input_kg.is_none()
        && row.yield_pct.is_none()
        && row.target_kg.is_none()
        && row.customer.is_none()));

    let species: Vec<SpeciesRank> = site.get("/reports/species-ranking").await;
    assert!(is_about(species.iter().map(|row| row.total_kg).sum(), made), "{species:?}");
    assert!(
        species.len() > 3 && species.iter().all(|row| row.yield_pct.is_none() && row.share_pct.is_some()),
        "{species:?}"
    );

    let weekly: Vec<WeeklyYield> = site.get("/reports/weekly-cumulative").await;
    assert!(is_about(weekly.iter().map(|row| row.total_kg).sum(), made), "{weekly:?}");
    assert!(
        weekly.iter().all(|row| row.cumulative_kg >= row.total_kg && row.cumulative_yield_pct.is_none()),
        "{weekly:?}"
    );

    // A pack without a number is rejected.
    let packs = "FROM SI_OCM_TRANS p JOIN RunNumber r ON TRIM(p.RunNumber) = TRIM(r.RunNumber) WHERE LOWER(TRIM(Complete)) IN ('1', 'y', 'yes', 'true') AND TargetWeight > 0 AND TransNo IS NOT NULL
        GROUP BY TRIM(r.ProductCode), TRIM(r.ProdLine)";
    let of_group = "SELECT COALESCE(TRIM(r.ProductCode), '-') || ' on ' || TRIM(r.ProdLine)";
    let counts = site.numbers(&format!("{of_group}, COUNT(*) * 1.0 {packs}"));
    let kgs = site.numbers(&format!("{of_group}, SUM(NetWeight - TargetWeight) / 1000 {packs}"));
    let giveaway: Vec<ProductGiveaway> = site.get("/reports/giveaway").await;
    assert_eq!(giveaway.len(), counts.len(), "{counts:?}: {giveaway:?}");
    for row in &giveaway {
        let [product, line] = [&row.product_code, &row.prod_line].map(|text| text.as_deref().unwrap_or("-"));
        let group = format!("{product} on {line}");
        assert!(is_about(Some(row.packs as f64), counts[&group]), "{group}: {counts:?}: {row:?}");
        assert!(is_about(Some(row.giveaway_kg), kgs[&group]), "{group}: {kgs:?}: {row:?}");
    }

    let changes: Vec<AllergenChangeover> = site.get("/reports/allergen-changeovers").await;
    assert!(
        !changes.is_empty() && changes.iter().all(|row| row.gap_minutes.is_none()),
        "only run sheets tell when a run ended: {changes:?}"
    );
}

/// The complete runs of the ERP, with what their totals say.
const COMPLETE: &str = "FROM RunNumber LEFT JOIN SI_OCM_TOTALS ON TRIM(SI_OCM_TOTALS.RunNumber) = TRIM(RunNumber.RunNumber) WHERE LOWER(TRIM(Complete)) IN ('1', 'y', 'yes', 'true')";

/// Whether a figure is as expected, as far as rounding allows. It may be a sum of some hundred rounded
/// figures.
fn is_about(figure: Option<f64>, expected: f64) -> bool {
    figure.is_some_and(|figure| (figure - expected).abs() < 0.06 + expected.abs() / 1000.0)
}
