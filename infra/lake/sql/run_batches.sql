-- run_batches: the batches that went into each run, each with its intake row (of several, the one with the smallest trace_id). Inputs without a batch share a row.
CREATE OR REPLACE VIEW run_batches AS
WITH intakes AS (
    SELECT t.*, ROW_NUMBER() OVER (PARTITION BY batch_code ORDER BY trace_id) AS place
    FROM staging.traceability t
    WHERE TRIM(batch_code) <> ''
),
batches AS (
    SELECT run_number, production_date, NULLIF(TRIM(batch_code), '') AS batch_code, SUM(qty_kg) AS input_kg
    FROM run_inputs
    GROUP BY run_number, production_date, NULLIF(TRIM(batch_code), '')
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
LEFT JOIN intakes i ON i.batch_code = b.batch_code AND i.place = 1;
