-- stg_non_conformance: the quality records, with states and severities in one spelling, and with the days that a closed one was open. Records without a date are left
-- out.
CREATE OR REPLACE VIEW stg_non_conformance AS
WITH spelt AS (
    SELECT
        n.*,
        NULLIF(TRIM(nc_type), '') AS kind,
        CASE WHEN LOWER(TRIM(severity)) IN ('critical', 'major', 'minor') THEN LOWER(TRIM(severity)) ELSE NULLIF(TRIM(severity), '') END AS gravity,
        CASE WHEN LOWER(TRIM(status)) IN ('open', 'investigating', 'closed') THEN LOWER(TRIM(status)) ELSE NULLIF(TRIM(status), '') END AS state
    FROM staging.non_conformance n
    WHERE nc_date IS NOT NULL
)
SELECT
    nc_id,
    nc_date,
    run_number,
    product_code,
    kind AS nc_type,
    gravity AS severity,
    state AS status,
    description,
    root_cause,
    corrective_action,
    raised_by,
    closed_by,
    closed_date,
    -- A record that was opened again may still have the date on which it was closed before. A date before the first is a typing error.
    CASE WHEN state = 'closed' AND closed_date >= nc_date THEN EXTRACT(DAY FROM (CAST(closed_date AS TIMESTAMP) - CAST(nc_date AS TIMESTAMP))) END AS days_to_close
FROM spelt;
