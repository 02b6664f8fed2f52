-- check_warm_intake, check_missing_kde and check_warm_vehicle: fish that came in too warm or with too little known of it, and orders on vehicles that are too warm.
CREATE OR REPLACE VIEW check_warm_intake AS
SELECT
    t.trace_id AS row_key,
    COALESCE(t.received_date, t.landing_date, t.kill_date, CAST(t.updated_at AS DATE)) AS detected_on,
    CAST(NULL AS VARCHAR(1)) AS product_code,
    t.received_temp_c AS measured,
    l.intake_max_c AS "limit",
    CAST(NULL AS VARCHAR(1)) AS detail
FROM staging.traceability t
CROSS JOIN limits l
-- A billionth is the inexactness of a temperature in other degrees.
WHERE t.received_temp_c > l.intake_max_c + ABS(l.intake_max_c) * 1e-9 + 1e-9;

-- Which of GDST's key data elements are missing. Fish is farmed if its method says so. Without a method, vessel and dates tell. Where nothing tells, what only wild or
-- only farmed fish has is not missed.
CREATE OR REPLACE VIEW check_missing_kde AS
WITH said AS (
    SELECT
        trace_id,
        COALESCE(received_date, landing_date, kill_date, CAST(updated_at AS DATE)) AS detected_on,
        NULLIF(TRIM(batch_code), '') AS batch_code,
        NULLIF(TRIM(species), '') AS species,
        qty_kg,
        NULLIF(TRIM(country_origin), '') AS country_origin,
        LOWER(NULLIF(TRIM(catch_method), '')) AS method,
        NULLIF(TRIM(catch_area), '') AS catch_area,
        NULLIF(TRIM(vessel_name), '') AS vessel_name,
        landing_date,
        kill_date
    FROM staging.traceability
),
produced AS (
    SELECT
        s.*,
        CASE
            WHEN regexp_like(method, 'farm|aquacult|cultured') THEN 'farmed'
            WHEN method IS NOT NULL OR vessel_name IS NOT NULL OR landing_date IS NOT NULL THEN 'wild'
            WHEN kill_date IS NOT NULL THEN 'farmed'
            ELSE 'unknown'
        END AS production
    FROM said s
),
missing AS (
    SELECT
        p.*,
        CASE WHEN batch_code IS NULL THEN 'batch code, ' ELSE '' END
            || CASE WHEN species IS NULL THEN 'species, ' ELSE '' END
            || CASE WHEN qty_kg IS NULL THEN 'quantity, ' ELSE '' END
            || CASE WHEN country_origin IS NULL THEN 'country of origin, ' ELSE '' END
            || CASE WHEN method IS NULL THEN 'catch method, ' ELSE '' END
            || CASE WHEN production = 'wild' AND catch_area IS NULL THEN 'catch area, ' ELSE '' END
            || CASE WHEN production = 'wild' AND vessel_name IS NULL THEN 'vessel name, ' ELSE '' END
            || CASE WHEN production = 'wild' AND landing_date IS NULL THEN 'landing date, ' ELSE '' END
            || CASE WHEN production = 'farmed' AND kill_date IS NULL THEN 'kill date, ' ELSE '' END AS names
    FROM produced p
)
SELECT
    trace_id AS row_key,
    detected_on,
    CAST(NULL AS VARCHAR(1)) AS product_code,
    -- A comma stands behind each name.
    LENGTH(names) - LENGTH(REPLACE(names, ',', '')) AS measured,
    0 AS "limit",
    names AS detail
FROM missing
WHERE names <> '';

CREATE OR REPLACE VIEW check_warm_vehicle AS
SELECT
    CAST(d.despatch_id AS VARCHAR(20)) AS row_key,
    COALESCE(d.despatch_date, CAST(d.updated_at AS DATE)) AS detected_on,
    d.product_code,
    d.vehicle_temp_c AS measured,
    l.vehicle_max_c AS "limit",
    CAST(NULL AS VARCHAR(1)) AS detail
FROM staging.despatch d
CROSS JOIN limits l
WHERE d.vehicle_temp_c > l.vehicle_max_c + ABS(l.vehicle_max_c) * 1e-9 + 1e-9;
