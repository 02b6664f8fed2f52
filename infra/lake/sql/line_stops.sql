-- line_stops: when each line stood still in a shift until its next pack: the gaps (see line_gaps) that are longer than stop_after_minutes.
CREATE OR REPLACE VIEW line_stops AS
WITH whole AS (
    SELECT
        starts_at,
        prod_line,
        gap_from,
        MIN(gap_to) AS gap_to,
        MIN(shift_date) AS shift_date,
        MIN(shift_code) AS shift_code,
        MIN(line_name) AS line_name,
        MIN(run_before) AS run_before,
        MIN(date_before) AS date_before,
        MIN(run_after) AS run_after,
        MIN(date_after) AS date_after,
        MIN(product_code) AS product_code,
        MIN(stop_after_minutes) AS stop_after_minutes,
        CAST(SUM(seconds) AS DOUBLE) / 60 AS minutes
    FROM line_gaps
    GROUP BY starts_at, prod_line, gap_from
)
SELECT
    shift_date,
    shift_code,
    prod_line,
    line_name,
    gap_from AS started_at,
    gap_to AS ended_at,
    minutes,
    CASE WHEN run_before = run_after AND date_before = date_after THEN 'within_run' ELSE 'changeover' END AS kind,
    run_before,
    run_after,
    product_code
FROM whole
WHERE minutes > stop_after_minutes;
