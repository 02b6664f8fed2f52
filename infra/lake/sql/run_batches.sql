-- run_batches: the batches that went into each run, each with the intake row of its delivery (of several, the one with the smallest trace_id). Inputs without a batch
-- share a row.
CREATE OR REPLACE VIEW run_batches AS
WITH intakes AS (
    SELECT
        t.*,
        LOWER(batch_code) AS batch_key,
        COALESCE(received_date, landing_date, kill_date, CAST('0001-01-01' AS DATE)) AS received_on
    FROM staging.traceability t
    WHERE TRIM(batch_code) <> ''
),
first_intakes AS (
    SELECT i.*, ROW_NUMBER() OVER (PARTITION BY batch_key, received_on ORDER BY trace_id) AS place
    FROM intakes i
),
batches AS (
    SELECT
        run_number,
        production_date,
        MIN(NULLIF(TRIM(batch_code), '')) AS batch_code,
        LOWER(NULLIF(TRIM(batch_code), '')) AS batch_key,
        -- A sum with an unknown part is unknown. One of less than nothing is no quantity.
        CASE WHEN COUNT(*) = COUNT(qty_kg) AND SUM(qty_kg) >= -1e-9 THEN GREATEST(SUM(qty_kg), 0) END AS input_kg
    FROM run_inputs
    GROUP BY run_number, production_date, LOWER(NULLIF(TRIM(batch_code), ''))
)
SELECT
    b.run_number,
    b.production_date,
    b.batch_code,
    i.supplier,
    i.vessel_name,
    i.catch_area,
    i.catch_method,
    i.certified,
    i.country_origin,
    i.landing_date,
    i.species AS batch_species,
    i.grade,
    b.input_kg
FROM batches b
LEFT JOIN run_intakes k ON k.run_number = b.run_number AND k.production_date = b.production_date AND k.batch_key = b.batch_key
LEFT JOIN first_intakes i ON i.batch_key = k.batch_key AND i.received_on = k.received_on AND i.place = 1;
