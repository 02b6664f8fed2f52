-- run_starts: a row per run number and production date, with the line of the run and the time from which rows of that number belong to it.
--
-- Run numbers recur. A row that has no production date belongs to the latest run of its number that began at or before the row's time, or else to the earliest run.
-- That is the run for which
--     (is_first OR began_at <= time) AND (next_began_at IS NULL OR time < next_began_at)
-- A run begins when its row was created, or else with its production date.
CREATE OR REPLACE VIEW run_starts AS
WITH began AS (
    SELECT r.*, COALESCE(r.created, CAST(r.production_date AS TIMESTAMP)) AS began_at
    FROM staging.run_numbers r
)
SELECT
    b.run_number,
    b.production_date,
    b.description,
    b.product_code,
    COALESCE(l.line_id, NULLIF(TRIM(b.prod_line), '')) AS prod_line,
    COALESCE(l.line_name, NULLIF(TRIM(b.prod_line), '')) AS line_name,
    b.shift_code,
    b.spec,
    b.active,
    b.complete,
    b.created,
    b.updated,
    b.began_at,
    LEAD(b.began_at) OVER (PARTITION BY b.run_number ORDER BY b.began_at, b.production_date) AS next_began_at,
    ROW_NUMBER() OVER (PARTITION BY b.run_number ORDER BY b.began_at, b.production_date) = 1 AS is_first
FROM began b
LEFT JOIN line_names l ON l.text = LOWER(TRIM(b.prod_line));
