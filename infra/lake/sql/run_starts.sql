-- run_starts: a row per run number and production date, with the line of the run and the time from which rows of that number belong to it.
--
-- Run numbers recur. A row that has no production date belongs to the latest run of its number that began at or before the row's time, or else to the earliest run.
-- That is the run for which
--     (is_first OR began_at <= time) AND (next_began_at IS NULL OR time < next_began_at)
-- A run begins when its row was created, but at most twelve hours before its production date. The time of a row is that of its event, else the stamp with which the
-- row was first read. Numbers meet without regard to case, by run_key. Of rows whose keys differ in case alone, the one that changed last counts.
CREATE OR REPLACE VIEW run_starts AS
WITH versions AS (
    SELECT
        r.*,
        CAST(r.production_date AS TIMESTAMP) - INTERVAL '12' HOUR AS night_shift_at,
        ROW_NUMBER() OVER (PARTITION BY LOWER(run_number), production_date ORDER BY COALESCE(updated, created) DESC, run_number DESC) AS place
    FROM staging.run_numbers r
),
began AS (
    SELECT v.*, LOWER(v.run_number) AS run_key, CASE WHEN v.created > v.night_shift_at THEN v.created ELSE v.night_shift_at END AS began_at
    FROM versions v
    WHERE v.place = 1
)
SELECT
    b.run_number,
    b.run_key,
    b.production_date,
    b.description,
    COALESCE(p.product_code, b.product_code) AS product_code,
    COALESCE(l.line_id, NULLIF(TRIM(b.prod_line), '')) AS prod_line,
    COALESCE(l.line_name, NULLIF(TRIM(b.prod_line), '')) AS line_name,
    b.shift_code,
    b.spec,
    b.active,
    b.complete,
    b.created,
    b.updated,
    b.began_at,
    LEAD(b.began_at) OVER (PARTITION BY b.run_key ORDER BY b.began_at, b.production_date) AS next_began_at,
    ROW_NUMBER() OVER (PARTITION BY b.run_key ORDER BY b.began_at, b.production_date) = 1 AS is_first
FROM began b
LEFT JOIN line_names l ON l.text = LOWER(TRIM(b.prod_line))
LEFT JOIN product_by_code p ON LOWER(p.product_code) = LOWER(b.product_code);
