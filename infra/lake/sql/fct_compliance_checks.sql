-- fct_compliance_checks: the violations of the checks. Several findings of one check in one run share a row.
--
-- What time alone makes a violation depends on when somebody asks: whether a probe is silent or stuck, whether a breach has no quality record, whether a critical record
-- stays open. It follows from temperature_places, temperature_episodes and stg_non_conformance.
--
-- finding_id is the same as long as the finding is: the first 16 bytes of the SHA-256 of the check and of what it is about, in hexadecimal digits.
--
-- detail lists the things found: codes, PLUs, ranges of labels. In the published mart the same things stand in sentences.
CREATE OR REPLACE VIEW fct_compliance_checks AS
WITH violations AS (
    SELECT 'gg_in_premium' AS "check", 'CRITICAL' AS severity, v.* FROM check_gg_in_premium v
    UNION ALL
    SELECT 'tails_in_premium' AS "check", 'CRITICAL' AS severity, v.* FROM check_tails_in_premium v
    UNION ALL
    SELECT 'premium_downgraded' AS "check", 'INFO' AS severity, v.* FROM check_premium_downgraded v
    UNION ALL
    SELECT 'simply_salmon_tier' AS "check", 'MAJOR' AS severity, v.* FROM check_simply_salmon_tier v
    UNION ALL
    SELECT 'species_mismatch' AS "check", 'CRITICAL' AS severity, v.* FROM check_species_mismatch v
    UNION ALL
    SELECT 'scanback_without_parent' AS "check", 'MAJOR' AS severity, v.* FROM check_scanback_without_parent v
    UNION ALL
    SELECT
        'missing_product_code' AS "check",
        'MAJOR' AS severity,
        run_number,
        production_date,
        CAST(NULL AS DOUBLE) AS measured,
        CAST(NULL AS DOUBLE) AS "limit",
        CAST(NULL AS VARCHAR(1)) AS detail
    FROM runs
    WHERE COALESCE(TRIM(product_code), '') = ''
    UNION ALL
    SELECT 'plu_mismatch' AS "check", 'MAJOR' AS severity, v.* FROM check_plu_mismatch v
    UNION ALL
    SELECT 'unmapped_exception_run' AS "check", 'MAJOR' AS severity, v.* FROM check_unmapped_exception_run v
    UNION ALL
    SELECT 'negative_quantity' AS "check", 'MAJOR' AS severity, v.* FROM check_negative_quantity v
    UNION ALL
    SELECT 'rejected_rows' AS "check", 'MAJOR' AS severity, v.* FROM check_rejected_rows v
    UNION ALL
    SELECT
        'low_yield' AS "check",
        'WARNING' AS severity,
        r.run_number,
        r.production_date,
        r.yield_pct AS measured,
        l.low_yield_pct AS "limit",
        CAST(NULL AS VARCHAR(1)) AS detail
    FROM runs r
    CROSS JOIN limits l
    WHERE r.complete AND r.yield_pct < l.low_yield_pct * (1 - 1e-9)
    UNION ALL
    SELECT
        'high_giveaway' AS "check",
        'WARNING' AS severity,
        r.run_number,
        r.production_date,
        r.giveaway_pct AS measured,
        l.giveaway_pct AS "limit",
        CAST(NULL AS VARCHAR(1)) AS detail
    FROM runs r
    CROSS JOIN limits l
    WHERE r.giveaway_pct > l.giveaway_pct * (1 + 1e-9)
    UNION ALL
    SELECT 'label_gap' AS "check", 'WARNING' AS severity, v.* FROM check_label_gap v
    UNION ALL
    SELECT 'weight_mismatch' AS "check", 'WARNING' AS severity, v.* FROM check_weight_mismatch v
    UNION ALL
    SELECT 'underweight_lot' AS "check", 'CRITICAL' AS severity, v.* FROM check_underweight_lot v
)
SELECT
    v."check",
    v.severity,
    v.run_number,
    v.production_date,
    r.prod_line,
    r.product_code,
    CAST(NULL AS VARCHAR(1)) AS location,
    v.measured,
    v."limit",
    v.detail,
    COALESCE(r.finished_at, r.started_at, CAST(v.production_date AS TIMESTAMP)) AS detected_at,
    v.production_date AS detected_on,
    CAST(NULL AS BIGINT) AS reading_id,
    SUBSTR(LOWER(to_hex(sha256(to_utf8(v."check" || '|' || LOWER(v.run_number) || '|' || CAST(v.production_date AS VARCHAR(10)))))), 1, 32) AS finding_id
FROM violations v
JOIN runs r ON r.run_number = v.run_number AND r.production_date = v.production_date
UNION ALL
SELECT
    CASE WHEN sensor_fault THEN 'sensor_fault' ELSE 'temperature_breach' END AS "check",
    CASE WHEN sensor_fault THEN 'MAJOR' ELSE 'CRITICAL' END AS severity,
    CAST(NULL AS VARCHAR(1)) AS run_number,
    CAST(NULL AS DATE) AS production_date,
    CAST(NULL AS VARCHAR(1)) AS prod_line,
    CAST(NULL AS VARCHAR(1)) AS product_code,
    location,
    temp_celsius AS measured,
    -- For a breach, the limit from which degrees_over is counted.
    CASE
        WHEN sensor_fault AND temp_celsius < sensor_min_c THEN sensor_min_c
        WHEN sensor_fault THEN sensor_max_c
        WHEN temp_celsius - target_max = degrees_over THEN target_max
        ELSE target_min
    END AS "limit",
    CAST(NULL AS VARCHAR(1)) AS detail,
    reading_time AS detected_at,
    reading_date AS detected_on,
    log_id AS reading_id,
    SUBSTR(
        LOWER(
            to_hex(sha256(to_utf8(CASE WHEN sensor_fault THEN 'sensor_fault|' ELSE 'temperature_breach|' END || CAST(log_id AS VARCHAR(20)))))
        ),
        1,
        32
    ) AS finding_id
FROM stg_temperature
CROSS JOIN limits
WHERE sensor_fault OR degrees_over IS NOT NULL
UNION ALL
SELECT
    v."check",
    v.severity,
    CAST(NULL AS VARCHAR(1)) AS run_number,
    CAST(NULL AS DATE) AS production_date,
    CAST(NULL AS VARCHAR(1)) AS prod_line,
    v.product_code,
    CAST(NULL AS VARCHAR(1)) AS location,
    v.measured,
    v."limit",
    v.detail,
    CAST(v.detected_on AS TIMESTAMP) AS detected_at,
    v.detected_on,
    CAST(NULL AS BIGINT) AS reading_id,
    SUBSTR(LOWER(to_hex(sha256(to_utf8(v."check" || '|' || v.row_key)))), 1, 32) AS finding_id
FROM (
    SELECT 'warm_intake' AS "check", 'MAJOR' AS severity, w.* FROM check_warm_intake w
    UNION ALL
    SELECT 'missing_kde' AS "check", 'WARNING' AS severity, k.* FROM check_missing_kde k
    UNION ALL
    SELECT 'warm_vehicle' AS "check", 'MAJOR' AS severity, t.* FROM check_warm_vehicle t
) v;
