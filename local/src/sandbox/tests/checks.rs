//! In any week of a sandbox each compliance check finds something. The tests judge that by their own SQL.

use super::*;

/// Makes tables of the runs and of what belongs to them. Within these two weeks no run number recurs.
fn with_runs(db: &Connection) {
    db.execute_batch(&format!(
        "CREATE TEMP TABLE runs AS SELECT trim(RunNumber) AS n, ProductionDate AS d, trim(ProductCode) AS code,
                lower(trim(coalesce(Complete, 0))) IN {YES} AS complete FROM RunNumber;
         CREATE TEMP TABLE ins AS SELECT run_number AS n, sum(qty_kg) AS kg, sum(iif(grade = 'Premium', qty_kg, 0)) AS premium_kg
                FROM run_inputs WHERE qty_kg > 0 AND typeof(qty_kg) <> 'text' GROUP BY 1;
         CREATE TEMP TABLE outs AS SELECT run_number AS n, sum(qty_kg) AS kg, sum(iif(tier = 1, qty_kg, 0)) AS tier_1_kg
                FROM run_outputs WHERE tier BETWEEN 1 AND 3 GROUP BY 1;
         CREATE TEMP TABLE weights AS SELECT trim(RunNumber) AS n, avg(NetWeight) AS mean_g, max(TargetWeight) AS nominal_g,
                100 * (sum(NetWeight) / sum(TargetWeight) - 1) AS giveaway_pct FROM SI_OCM_TRANS GROUP BY 1;"
    ))
    .unwrap();
}

/// Each check, with a query for the dates of its findings.
const CHECKS: [(&str, &str); 24] = [
    ("gg_in_premium by grade", "SELECT d FROM runs JOIN run_outputs o ON o.run_number = n WHERE tier = 1 AND source_grade = 'GG'"),
    ("gg_in_premium by weight", "SELECT d FROM runs JOIN ins USING (n) JOIN outs USING (n) WHERE tier_1_kg > premium_kg * 1.005"),
    ("tails_in_premium", "SELECT d FROM runs JOIN run_outputs o ON o.run_number = n WHERE tier = 1 AND piece_type = 'tail'"),
    (
        "premium_downgraded",
        "SELECT d FROM runs JOIN run_outputs o ON o.run_number = n WHERE tier IN (2, 3) AND piece_type = 'center_cut' AND source_grade = 'Premium'",
    ),
    (
        "simply_salmon_tier",
        "SELECT d FROM runs JOIN run_outputs o ON o.run_number = n JOIN product_catalogue p USING (product_code) WHERE p.description LIKE '%simply salmon%'
         AND (o.tier IN (1, 2) OR source_grade = 'Premium')",
    ),
    (
        "species_mismatch",
        "SELECT d FROM runs JOIN run_outputs o ON o.run_number = n JOIN product_catalogue p USING (product_code) WHERE p.species IS NOT NULL
         AND EXISTS (SELECT 1 FROM run_inputs i WHERE i.run_number = n)
         AND NOT EXISTS (SELECT 1 FROM run_inputs i WHERE i.run_number = n AND i.species = p.species)",
    ),
    (
        "scanback_without_parent",
        "SELECT d FROM runs JOIN batch_lineage ON run_number = n WHERE direction = 'SCANBACK' AND return_method = 'OCM' AND coalesce(parent_batch, '') NOT IN
         (SELECT batch_code FROM traceability UNION SELECT new_batch_code FROM batch_lineage WHERE new_batch_code IS NOT NULL)",
    ),
    ("missing_product_code", "SELECT d FROM runs WHERE coalesce(code, '') = ''"),
    ("plu_mismatch", "SELECT d FROM runs JOIN case_verification ON run_number = n WHERE trim(expected_plu) <> trim(scanned_plu)"),
    (
        "unmapped_exception_run",
        "SELECT d FROM runs JOIN run_outputs o ON o.run_number = n JOIN product_catalogue p USING (product_code)
         WHERE complete AND (o.piece_type = 'marinade' OR p.description LIKE '%family pack%' OR p.description LIKE '%simply salmon%')
         AND NOT EXISTS (SELECT 1 FROM run_inputs i WHERE i.run_number = n)",
    ),
    (
        "negative_quantity",
        "SELECT d FROM runs JOIN (SELECT run_number AS n FROM run_inputs GROUP BY 1 HAVING sum(qty_kg) < 0) USING (n)",
    ),
    (
        "rejected_rows",
        "SELECT d FROM runs JOIN (SELECT DISTINCT trim(RunNumber) AS n FROM SI_OCM_TRANS WHERE typeof(Weight) = 'text') USING (n)",
    ),
    (
        "temperature_breach",
        "SELECT substr(reading_time, 1, 10) FROM temperature_logs WHERE typeof(temp_celsius) = 'real' AND temp_celsius NOT BETWEEN target_min AND target_max",
    ),
    (
        "sensor_fault",
        "SELECT substr(reading_time, 1, 10) FROM temperature_logs WHERE typeof(temp_celsius) = 'real' AND temp_celsius NOT BETWEEN -60 AND 60",
    ),
    (
        "sensor_silent",
        "SELECT substr(reading_time, 1, 10) FROM (SELECT reading_time, lag(reading_time) OVER (PARTITION BY location ORDER BY reading_time) AS before
         FROM temperature_logs) WHERE julianday(reading_time) - julianday(before) > 31.0 / 1440",
    ),
    (
        "sensor_stuck",
        "SELECT substr(max(reading_time), 1, 10) FROM (SELECT *, row_number() OVER (PARTITION BY location ORDER BY reading_time)
         - row_number() OVER (PARTITION BY location, temp_celsius ORDER BY reading_time) AS island FROM temperature_logs)
         GROUP BY location, temp_celsius, island HAVING count(*) >= 289",
    ),
    (
        "warm_intake",
        "SELECT substr(received_date, 1, 10) FROM traceability WHERE cast(received_temp_c AS REAL) > 4",
    ),
    (
        "warm_vehicle",
        "SELECT substr(despatch_date, 1, 10) FROM despatch WHERE cast(trim(vehicle_temp_c) AS REAL) > 5",
    ),
    (
        "missing_kde",
        "SELECT substr(received_date, 1, 10) FROM traceability WHERE catch_method IS NULL OR (catch_method = 'Farmed' AND kill_date IS NULL)
         OR (catch_method <> 'Farmed' AND (catch_area IS NULL OR vessel_name IS NULL OR landing_date IS NULL))",
    ),
    ("low_yield", "SELECT d FROM runs JOIN ins USING (n) JOIN outs USING (n) WHERE complete AND outs.kg < 0.9 * ins.kg"),
    ("high_giveaway", "SELECT d FROM runs JOIN weights USING (n) WHERE giveaway_pct > 3"),
    (
        "label_gap",
        "SELECT d FROM runs JOIN run_sheets ON trim(run_number) = n WHERE complete AND end_label - start_label + 1 >
         (SELECT count(DISTINCT label_seq) FROM case_verification c WHERE c.run_number = n AND label_seq BETWEEN start_label AND end_label)",
    ),
    (
        "weight_mismatch",
        "SELECT d FROM runs JOIN outs USING (n) JOIN SI_OCM_TOTALS t ON t.RunNumber = n WHERE complete AND abs(kg - TotalWeight) > 0.02 * TotalWeight",
    ),
    ("underweight_lot", "SELECT d FROM runs JOIN weights USING (n) WHERE mean_g < nominal_g"),
];

#[test]
fn every_check_finds_something_in_any_week_and_nothing_on_most_runs() {
    for seed in [1, 2] {
        let factory = Factory::of(afternoon(), 14, seed);
        let db = factory.reader();
        with_runs(&db);
        let runs = number(&db, "SELECT count(*) FROM runs");
        for (check, sql) in CHECKS {
            for first in 9..=17 {
                let (from, to) = (format!("2026-11-{first:02}"), format!("2026-11-{:02}", first + 6));
                let found = number(
                    &db,
                    &format!(
                        "WITH found (at) AS ({sql}) SELECT count(*) FROM found WHERE at BETWEEN '{from}' AND '{to}'"
                    ),
                );
                assert!(found > 0, "{check} finds nothing from {from} to {to} with seed {seed}");
            }
            if sql.starts_with("SELECT d") {
                let struck = number(&db, &sql.replacen("SELECT d", "SELECT count(DISTINCT n)", 1));
                assert!(struck * 100 < runs * 6, "{check} strikes {struck} of {runs} runs with seed {seed}");
            }
        }
        let excursion = number(
            &db,
            "SELECT max(c) FROM (SELECT count(*) AS c FROM temperature_logs WHERE temp_celsius > target_max GROUP BY location, substr(reading_time, 1, 13))",
        );
        assert!(excursion >= 4, "an excursion lasts several readings");
    }
}

#[test]
fn yields_and_weights_are_those_of_a_factory() {
    let factory = Factory::of(afternoon(), 14, 1);
    let db = factory.reader();
    with_runs(&db);
    let usual = number(
        &db,
        "SELECT 100 * sum(outs.kg BETWEEN 0.91 * ins.kg AND 0.97 * ins.kg) / count(*) FROM runs JOIN ins USING (n) JOIN outs USING (n) WHERE complete",
    );
    assert!((90..100).contains(&usual), "{usual} % of the runs yield 91 to 97 %");
    let light = number(
        &db,
        "SELECT 1000 * sum(NetWeight < TargetWeight * 0.955) / count(*) FROM SI_OCM_TRANS WHERE TargetWeight <= 500",
    );
    assert!(light < 5, "{light} of 1000 small packs are far too light");
    let spread = number(
        &db,
        "SELECT cast(100 * avg(StdDev / AvgWeight * 100) AS INTEGER) FROM SI_OCM_TOTALS WHERE AvgWeight < 510",
    );
    assert!((110..170).contains(&spread), "packs spread by {spread} hundredths of a percent");
}

/// Time alone makes these findings. They are rarer than one a week.
#[test]
fn now_and_then_a_breach_is_not_written_down_and_a_critical_record_stays_open() {
    let factory = Factory::of(afternoon(), 40, 1);
    let db = factory.reader();
    let open = "SELECT count(*) FROM non_conformance WHERE trim(severity) = 'critical'
        AND julianday(coalesce(closed_date, '2026-11-23')) - julianday(nc_date) > 3";
    assert!(number(&db, open) > 0, "every critical record is closed in time");
    // Readings outside their limits in a row, five minutes apart.
    let unrecorded = "WITH warm AS (
            SELECT location, reading_time AS at, julianday(reading_time) * 288 - row_number() OVER (PARTITION BY location ORDER BY reading_time) AS island
            FROM temperature_logs WHERE typeof(temp_celsius) = 'real' AND temp_celsius BETWEEN -60 AND 60 AND temp_celsius NOT BETWEEN target_min AND target_max
        ),
        breaches AS (SELECT min(at) AS began FROM warm GROUP BY location, round(island) HAVING count(*) > 7)
        SELECT count(*) FROM breaches WHERE NOT EXISTS (
            SELECT 1 FROM non_conformance WHERE nc_type LIKE '%temp%' AND nc_date BETWEEN substr(began, 1, 10) AND date(began, '+1 day')
        )";
    assert!(number(&db, unrecorded) > 0, "every long breach is written down");
}
