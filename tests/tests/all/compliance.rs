//! What the compliance checks find in a factory, from the ERP to the mart.

use std::collections::{BTreeMap, BTreeSet};

use api::compliance::CheckFinding;
use chrono::NaiveDate;
use domain::checks::Check;
use lake::{Manifest, Mode};
use rusqlite::Connection;
use tests::described::answer_of;
use tests::factory::{ErpAccess, Factory, moment};
use warehouse::marts::{FCT_COMPLIANCE_CHECKS, FindingRow, rows};

over_both_ways!(
    a_batch_that_becomes_known_later_clears_the_scan_back,
    a_corrected_species_clears_the_mismatch_of_every_run_that_used_the_batch,
    what_the_erp_has_no_table_of_is_not_missed,
    a_table_that_the_erp_gets_later_is_judged_in_all_runs,
    a_finding_keeps_its_id_while_its_figures_change,
    records_that_are_missing_or_stay_open_are_findings_until_somebody_acts,
);

/// A row of the mart, as far as tests compare it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    check: String,
    run_number: Option<String>,
    production_date: Option<NaiveDate>,
    detail: String,
}

/// The rows of the mart. No two of them have one id.
async fn all_findings(factory: &Factory) -> Vec<FindingRow> {
    let mut found = Vec::new();
    for part in manifest(factory).await.marts[FCT_COMPLIANCE_CHECKS.name].values() {
        found.extend(rows::<FindingRow>(&factory.lake().mart_part(part, None).await.unwrap()).unwrap());
    }
    let ids: BTreeSet<_> = found.iter().map(|row| &row.finding.finding_id).collect();
    assert_eq!(ids.len(), found.len(), "a finding is named as another");
    found
}

async fn findings(factory: &Factory) -> BTreeSet<Finding> {
    let shown = |row: FindingRow| {
        let CheckFinding { check, run_number, production_date, detail, .. } = row.finding;
        Finding { check, run_number, production_date, detail }
    };
    all_findings(factory).await.into_iter().map(shown).collect()
}

/// Each finding of one check, as its run and its words.
async fn of_check(factory: &Factory, check: Check) -> Vec<String> {
    let found = findings(factory).await.into_iter().filter(|finding| finding.check == check.as_str());
    found.map(|finding| format!("{}: {}", finding.run_number.unwrap_or_default(), finding.detail)).collect()
}

/// For each check of runs, a query over tables of valid rows for the numbers of the runs that violate it.
const BY_SQL: [(Check, &str); 16] = [
    (
        Check::GgInPremium,
        "SELECT n FROM runs JOIN outs o USING (n) WHERE tier = 1 AND source_grade = 'GG'
         UNION SELECT n FROM runs JOIN (SELECT n, sum(kg) AS out_kg FROM outs WHERE tier = 1 GROUP BY n) USING (n)
         JOIN (SELECT n, sum(iif(grade = 'Premium', kg, 0)) AS in_kg FROM ins GROUP BY n) USING (n) WHERE out_kg > in_kg * 1.005",
    ),
    (Check::TailsInPremium, "SELECT n FROM runs JOIN outs USING (n) WHERE tier = 1 AND piece = 'tail'"),
    (
        Check::PremiumDowngraded,
        "SELECT n FROM runs JOIN outs USING (n) WHERE tier IN (2, 3) AND piece = 'center_cut' AND source_grade = 'Premium'",
    ),
    (
        Check::SimplySalmonTier,
        "SELECT n FROM runs JOIN outs o USING (n) JOIN product_catalogue p ON p.product_code = o.code
         WHERE p.description LIKE '%simply salmon%' AND (o.tier <> 3 OR source_grade = 'Premium')",
    ),
    (
        Check::SpeciesMismatch,
        "SELECT r.n FROM runs r JOIN outs o USING (n) JOIN product_catalogue p ON p.product_code = o.code WHERE p.species IS NOT NULL
         AND EXISTS (SELECT 1 FROM ins i WHERE i.n = r.n) AND NOT EXISTS (SELECT 1 FROM ins i WHERE i.n = r.n AND lower(i.species) = lower(p.species))",
    ),
    (
        Check::ScanbackWithoutParent,
        "SELECT n FROM runs JOIN batch_lineage ON trim(run_number) = n WHERE direction = 'SCANBACK' AND return_method = 'OCM' AND coalesce(parent_batch, '')
         NOT IN (SELECT batch_code FROM traceability UNION SELECT new_batch_code FROM batch_lineage WHERE new_batch_code IS NOT NULL)",
    ),
    (Check::MissingProductCode, "SELECT n FROM runs WHERE coalesce(code, '') = ''"),
    (Check::PluMismatch, "SELECT n FROM runs JOIN cases USING (n) WHERE trim(expected_plu) <> trim(scanned_plu)"),
    (
        Check::UnmappedExceptionRun,
        "SELECT r.n FROM runs r JOIN outs o USING (n) JOIN product_catalogue p ON p.product_code = o.code WHERE complete
         AND (o.piece = 'marinade' OR p.description LIKE '%family pack%' OR p.description LIKE '%marinade%' OR p.description LIKE '%simply salmon%')
         AND NOT EXISTS (SELECT 1 FROM ins i WHERE i.n = r.n)",
    ),
    (
        Check::NegativeQuantity,
        "SELECT n FROM runs JOIN (SELECT trim(run_number) AS n FROM run_inputs GROUP BY 1 HAVING sum(qty_kg) < 0) USING (n)",
    ),
    (
        Check::RejectedRows,
        "SELECT n FROM runs JOIN (
         SELECT trim(RunNumber) AS n FROM SI_OCM_TRANS WHERE TransNo IS NULL OR Tare < 0 OR typeof(Weight) = 'text'
         UNION SELECT trim(run_number) FROM run_inputs WHERE typeof(qty_kg) = 'text'
         UNION SELECT trim(run_number) FROM run_outputs WHERE tier NOT BETWEEN 1 AND 3
         UNION SELECT trim(run_number) FROM case_verification WHERE trim(label_seq) GLOB '*[^0-9]*'
         UNION SELECT trim(run_number) FROM run_sheets WHERE shelf_life_adjustment > 3
         UNION SELECT trim(run_number) FROM despatch WHERE qty_cases = 'tbc') USING (n)",
    ),
    (
        Check::LowYield,
        "SELECT n FROM runs JOIN (SELECT n, sum(kg) AS out_kg FROM outs GROUP BY n) USING (n) JOIN (SELECT n, sum(kg) AS in_kg FROM ins GROUP BY n) USING (n)
         WHERE complete AND out_kg < 0.9 * in_kg",
    ),
    (
        Check::HighGiveaway,
        "SELECT n FROM runs JOIN packs USING (n) GROUP BY n HAVING sum(net_g - target_g) > 0.03 * sum(target_g)",
    ),
    (
        Check::LabelGap,
        "SELECT r.n FROM runs r JOIN run_sheets s ON trim(s.run_number) = r.n AND substr(s.production_date, 1, 10) = substr(r.d, 1, 10)
         WHERE complete AND coalesce(s.shelf_life_adjustment, 0) <= 3 AND end_label - start_label + 1 >
         (SELECT count(DISTINCT label_seq) FROM cases c WHERE c.n = r.n AND label_seq BETWEEN start_label AND end_label)",
    ),
    (
        Check::WeightMismatch,
        "SELECT n FROM runs JOIN (SELECT n, sum(kg) AS out_kg FROM outs GROUP BY n) USING (n) JOIN SI_OCM_TOTALS t ON trim(t.RunNumber) = n
         WHERE complete AND abs(out_kg - TotalWeight) > 0.02 * TotalWeight",
    ),
    // The tolerable error in tenths of a gram, for whole nominal weights from 100 g to under 10 kg.
    (
        Check::UnderweightLot,
        "SELECT n FROM (SELECT n, net_g, target_g, CASE WHEN target_g < 200 THEN (CAST(target_g AS INTEGER) * 45 + 99) / 100
                WHEN target_g < 300 THEN 90 WHEN target_g < 500 THEN (CAST(target_g AS INTEGER) * 30 + 99) / 100
                WHEN target_g < 1000 THEN 150 ELSE (CAST(target_g AS INTEGER) * 15 + 99) / 100 END / 10.0 AS error_g
            FROM packs JOIN runs USING (n))
         GROUP BY n HAVING avg(net_g) < max(target_g) - 0.000001
            OR 1000 * sum(net_g < target_g - error_g - 0.000001) > 25 * count(*) OR max(net_g < target_g - 2 * error_g - 0.000001)",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_check_finds_in_a_week_of_a_factory_what_sql_finds() {
    let factory = Factory::sandbox("2026-11-08T14:00:00", 7).await;
    factory.job_ok(Mode::Incremental).await;
    let found = findings(&factory).await;
    for check in Check::ALL.iter().filter(|check| !check.is_judged_when_asked()) {
        assert!(found.iter().any(|finding| finding.check == check.as_str()), "{check} finds nothing");
    }

    let erp = Connection::open(factory.erp()).unwrap();
    erp.execute_batch(
        "CREATE TEMP TABLE runs AS SELECT trim(RunNumber) AS n, ProductionDate AS d, trim(ProductCode) AS code,
                lower(trim(coalesce(Complete, 0))) IN ('1', 'y', 'yes', 'true') AS complete FROM RunNumber;
         CREATE TEMP TABLE ins AS SELECT trim(run_number) AS n, qty_kg AS kg, trim(grade) AS grade, trim(species) AS species FROM run_inputs WHERE qty_kg >= 0 AND typeof(qty_kg) <> 'text';
         CREATE TEMP TABLE outs AS SELECT trim(run_number) AS n, trim(product_code) AS code, qty_kg AS kg, tier, trim(piece_type) AS piece, source_grade
                FROM run_outputs WHERE tier BETWEEN 1 AND 3;
         CREATE TEMP TABLE cases AS SELECT trim(run_number) AS n, label_seq, expected_plu, scanned_plu FROM case_verification WHERE trim(label_seq) NOT GLOB '*[^0-9]*';
         CREATE TEMP TABLE packs AS SELECT trim(RunNumber) AS n, NetWeight AS net_g, TargetWeight AS target_g FROM SI_OCM_TRANS
                WHERE TransNo IS NOT NULL AND Tare >= 0 AND typeof(Weight) <> 'text';
         CREATE INDEX temp.ins_n ON ins (n); CREATE INDEX temp.cases_n ON cases (n, label_seq); CREATE INDEX temp.outs_n ON outs (n);",
    )
    .unwrap();
    for (check, sql) in BY_SQL {
        let mut query = erp.prepare(sql).unwrap();
        let by_sql: BTreeSet<String> =
            query.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        let ours = found
            .iter()
            .filter(|finding| finding.check == check.as_str())
            .filter_map(|finding| finding.run_number.clone());
        assert_eq!(ours.collect::<BTreeSet<_>>(), by_sql, "{check}");
    }
}

/// A complete run of salmon made of cod of batch B1, with labels, and a scan-back of batch B9.
async fn factory(access: ErpAccess) -> Factory {
    let factory = Factory::empty("2026-11-20T14:00:00").await.over(access);
    let at = "'2026-11-20 12:00:00'";
    for number in ["007", "008"] {
        factory.insert(
            "RunNumber",
            &[
                ("RunNumber", &format!("'{number}'")),
                ("ProductionDate", "'2026-11-20'"),
                ("ProductCode", "'SAL-1'"),
                ("Active", "0"),
                ("Complete", "1"),
                ("Created", "'2026-11-20 06:00:00'"),
                ("Updated", "'2026-11-20 13:00:00'"),
            ],
        );
    }
    factory.insert(
        "product_catalogue",
        &[
            ("product_code", "'SAL-1'"),
            ("description", "'SIMPLY SALMON SIDES'"),
            ("active", "1"),
            ("updated_at", at),
        ],
    );
    for (id, number) in [("1", "'007'"), ("2", "'008'")] {
        let common = [("run_number", number), ("qty_kg", "100"), ("updated_at", at)];
        factory
            .insert("run_inputs", &[[("input_id", id), ("batch_code", "'B1'")].as_slice(), &common].concat());
        factory.insert(
            "run_outputs",
            &[[("output_id", id), ("product_code", "'SAL-1'"), ("tier", "3")].as_slice(), &common].concat(),
        );
    }
    factory.insert(
        "batch_lineage",
        &[
            ("lineage_id", "1"),
            ("run_number", "'007'"),
            ("direction", "'SCANBACK'"),
            ("return_method", "'OCM'"),
            ("new_batch_code", "'N1'"),
            ("parent_batch", "'B9'"),
            ("updated_at", at),
        ],
    );
    let labels = [
        ("run_number", "'007'"),
        ("production_date", "'2026-11-20'"),
        ("start_label", "1"),
        ("end_label", "3"),
        ("updated_at", at),
    ];
    factory.insert("run_sheets", &labels);
    factory.insert(
        "case_verification",
        &[("verify_id", "1"), ("run_number", "'007'"), ("label_seq", "2"), ("updated_at", at)],
    );
    factory.insert(
        "traceability",
        &[("trace_id", "'T1'"), ("batch_code", "'B1'"), ("species", "'Cod'"), ("updated_at", at)],
    );
    factory
}

async fn a_batch_that_becomes_known_later_clears_the_scan_back(access: ErpAccess) {
    let factory = factory(access).await;
    factory.job_ok(Mode::Incremental).await;
    assert_eq!(
        of_check(&factory, Check::ScanbackWithoutParent).await,
        ["007: batch N1 has the unknown parent B9"]
    );

    // The batch becomes known by a scan-back in another run that made it. It is unknown again when that
    // scan-back is deleted.
    factory.insert(
        "batch_lineage",
        &[
            ("lineage_id", "2"),
            ("run_number", "'008'"),
            ("new_batch_code", "'B9'"),
            ("updated_at", "'2026-11-20 13:10:00'"),
        ],
    );
    factory.job_ok(Mode::Incremental).await;
    assert_eq!(of_check(&factory, Check::ScanbackWithoutParent).await, [""; 0]);
    factory.execute("DELETE FROM batch_lineage WHERE lineage_id = 2");
    factory.job_ok(Mode::Reconcile).await;
    assert_eq!(of_check(&factory, Check::ScanbackWithoutParent).await.len(), 1);

    // The batch becomes known by its intake.
    factory.insert(
        "traceability",
        &[("trace_id", "'T9'"), ("batch_code", "'B9'"), ("updated_at", "'2026-11-20 13:20:00'")],
    );
    factory.job_ok(Mode::Incremental).await;
    assert_eq!(of_check(&factory, Check::ScanbackWithoutParent).await, [""; 0]);
}

async fn a_corrected_species_clears_the_mismatch_of_every_run_that_used_the_batch(access: ErpAccess) {
    let factory = factory(access).await;
    factory.job_ok(Mode::Incremental).await;
    let words = "SAL-1 is salmon; what went in is Cod (B1)";
    assert_eq!(
        of_check(&factory, Check::SpeciesMismatch).await,
        [format!("007: {words}"), format!("008: {words}")]
    );
    factory
        .execute("UPDATE traceability SET species = 'Atlantic Salmon', updated_at = '2026-11-20 13:30:00'");
    factory.job_ok(Mode::Incremental).await;
    assert_eq!(of_check(&factory, Check::SpeciesMismatch).await, [""; 0]);
}

async fn what_the_erp_has_no_table_of_is_not_missed(access: ErpAccess) {
    let factory = factory(access).await;
    factory.execute("DROP TABLE case_verification; DROP TABLE traceability; DROP TABLE run_inputs;");
    factory.job_ok(Mode::Incremental).await;
    assert_eq!(findings(&factory).await, BTreeSet::new());
    let manifest = manifest(&factory).await;
    assert_eq!(manifest.never_read(FCT_COMPLIANCE_CHECKS.tables().map(|source| source.staging)), None);
    assert!(manifest.as_of(FCT_COMPLIANCE_CHECKS.tables().map(|source| source.staging)).is_some());
}

async fn a_table_that_the_erp_gets_later_is_judged_in_all_runs(access: ErpAccess) {
    let factory = factory(access).await;
    factory.execute("ALTER TABLE case_verification RENAME TO case_verification_to_be; ALTER TABLE traceability RENAME TO traceability_to_be;");
    factory.job_ok(Mode::Incremental).await;
    assert_eq!(findings(&factory).await, BTreeSet::new());
    factory.execute("ALTER TABLE case_verification_to_be RENAME TO case_verification; ALTER TABLE traceability_to_be RENAME TO traceability; DELETE FROM case_verification;");
    factory.job_ok(Mode::Incremental).await;
    assert_eq!(of_check(&factory, Check::LabelGap).await, ["007: 1-3"]);
    assert_eq!(of_check(&factory, Check::ScanbackWithoutParent).await.len(), 1);
}

/// The id of each finding of run 007, by its check and words.
async fn ids(factory: &Factory) -> BTreeMap<String, String> {
    let rows = all_findings(factory).await.into_iter().map(|row| row.finding);
    let of_run = rows.filter(|finding| finding.run_number.as_deref() == Some("007"));
    of_run.map(|finding| (format!("{}: {}", finding.check, finding.detail), finding.finding_id)).collect()
}

async fn a_finding_keeps_its_id_while_its_figures_change(access: ErpAccess) {
    let factory = factory(access).await;
    factory.job_ok(Mode::Incremental).await;
    let before = ids(&factory).await;
    let gap = before["label_gap: 1, 3"].clone();
    let mismatch = before["species_mismatch: SAL-1 is salmon; what went in is Cod (B1)"].clone();

    // Another label is scanned, somebody writes the species in another way, and a job reads all again.
    factory.insert(
        "case_verification",
        &[
            ("verify_id", "2"),
            ("run_number", "'007'"),
            ("label_seq", "3"),
            ("updated_at", "'2026-11-20 13:20:00'"),
        ],
    );
    factory.execute("UPDATE traceability SET species = 'COD', updated_at = '2026-11-20 13:30:00'");
    factory.job_ok(Mode::Incremental).await;
    factory.job_ok(Mode::Full).await;
    let after = ids(&factory).await;
    assert_eq!(after["label_gap: 1"], gap);
    assert_eq!(after["species_mismatch: SAL-1 is salmon; what went in is COD (B1)"], mismatch);
}

/// The words and the id of each finding of a check that is asked for in this way.
async fn asked(factory: &Factory, query: &str) -> Vec<(String, String)> {
    let found = answer_of(factory, &format!("/compliance/checks?{query}")).await;
    let found: Vec<CheckFinding> = serde_json::from_value(found).unwrap();
    found.into_iter().map(|finding| (finding.detail, finding.finding_id)).collect()
}

async fn records_that_are_missing_or_stay_open_are_findings_until_somebody_acts(access: ErpAccess) {
    let factory = Factory::in_memory("2026-11-20T14:00:00").await.over(access);
    for minute in (0..50).step_by(5) {
        let at = format!("'2026-11-18 08:{minute:02}:00'");
        factory.insert(
            "temperature_logs",
            &[
                ("log_id", &(minute + 1).to_string()),
                ("location", "'Dock'"),
                ("reading_time", &at),
                ("temp_celsius", "7.5"),
                ("target_max", "5"),
                ("updated_at", &at),
            ],
        );
    }
    factory.insert(
        "non_conformance",
        &[
            ("nc_id", "1"),
            ("nc_date", "'2026-11-17'"),
            ("nc_type", "'bones'"),
            ("severity", "'Critical'"),
            ("status", "'Open'"),
            ("updated_at", "'2026-11-17 09:00:00'"),
        ],
    );
    factory.job_ok(Mode::Incremental).await;
    let breach = asked(&factory, "check=breach_without_record").await;
    assert!(breach.len() == 1 && breach[0].0.starts_with("outside its limits for 45 minutes"), "{breach:?}");
    let open = asked(&factory, "check=critical_nc_open&days=1").await;
    assert_eq!(open[0].0, "critical record 1 of type bones of 2026-11-17 is open");
    let of_the_day = asked(&factory, "from=2026-11-18&to=2026-11-18&check=breach_without_record").await;
    assert_eq!(of_the_day, breach, "it is a finding of its day");
    let earlier = asked(&factory, "from=2026-11-01&to=2026-11-19&check=critical_nc_open").await;
    assert!(earlier.is_empty(), "what lasts is found today: {earlier:?}");

    // Time passes, and nobody does anything.
    factory.now.set(moment("2026-11-21T14:00:00"));
    factory.job_ok(Mode::Full).await;
    assert_eq!(asked(&factory, "check=breach_without_record").await, breach);
    assert_eq!(asked(&factory, "check=critical_nc_open").await, open);

    factory.insert(
        "non_conformance",
        &[
            ("nc_id", "2"),
            ("nc_date", "'2026-11-19'"),
            ("nc_type", "'Temperature'"),
            ("updated_at", "'2026-11-21 13:00:00'"),
        ],
    );
    factory.execute(
        "UPDATE non_conformance SET status = 'closed', updated_at = '2026-11-21 13:00:00' WHERE nc_id = 1",
    );
    factory.job_ok(Mode::Incremental).await;
    for check in ["breach_without_record", "critical_nc_open"] {
        let found = asked(&factory, &format!("check={check}")).await;
        assert!(found.is_empty(), "{found:?}");
    }
}

async fn manifest(factory: &Factory) -> Manifest {
    factory.lake().manifest().await.unwrap().unwrap().0
}
