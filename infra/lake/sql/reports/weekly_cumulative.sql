-- weekly-cumulative: the complete runs of each date and line, and what the line has made since Monday, even if the window begins later in the week. Newest date
-- first, then line.
CREATE OR REPLACE VIEW report_weekly_cumulative AS
WITH days AS (
    SELECT
        CAST(date_trunc('week', r.production_date) AS DATE) AS week_start,
        r.production_date,
        r.prod_line,
        MIN(r.line_name) AS line_name,
        COUNT(*) AS runs,
        SUM(r.input_kg) AS known_input_kg,
        SUM(r.actual_kg) AS known_kg,
        COUNT(CASE WHEN r.has_inputs AND r.input_kg IS NULL THEN 1 END) AS unknown_inputs,
        COUNT(CASE WHEN (r.has_outputs OR r.has_totals) AND r.actual_kg IS NULL THEN 1 END) AS unknown_outputs,
        SUM(CASE WHEN r.input_kg > 0 AND r.actual_kg IS NOT NULL THEN r.input_kg END) AS yield_input_kg,
        SUM(CASE WHEN r.input_kg > 0 AND r.actual_kg IS NOT NULL THEN r.actual_kg END) AS yield_actual_kg
    FROM runs r
    CROSS JOIN report_scope s
    WHERE r.complete
        AND r.production_date BETWEEN CAST(date_trunc('week', s.from_date) AS DATE) AND s.to_date
        AND (s.line IS NULL OR LOWER(TRIM(s.line)) IN (LOWER(TRIM(r.prod_line)), LOWER(TRIM(r.line_name))))
        AND (s.species IS NULL OR LOWER(TRIM(s.species)) = r.species)
    GROUP BY r.production_date, r.prod_line
),
cumulated AS (
    SELECT
        d.*,
        -- A sum with an unknown part is unknown.
        CASE WHEN unknown_inputs = 0 THEN known_input_kg END AS input_kg,
        CASE WHEN unknown_outputs = 0 THEN known_kg END AS total_kg,
        CASE WHEN SUM(unknown_inputs) OVER (PARTITION BY week_start, prod_line ORDER BY production_date ROWS UNBOUNDED PRECEDING) = 0
            THEN SUM(known_input_kg) OVER (PARTITION BY week_start, prod_line ORDER BY production_date ROWS UNBOUNDED PRECEDING) END AS cumulative_input_kg,
        CASE WHEN SUM(unknown_outputs) OVER (PARTITION BY week_start, prod_line ORDER BY production_date ROWS UNBOUNDED PRECEDING) = 0
            THEN SUM(known_kg) OVER (PARTITION BY week_start, prod_line ORDER BY production_date ROWS UNBOUNDED PRECEDING) END AS cumulative_kg,
        SUM(yield_input_kg) OVER (PARTITION BY week_start, prod_line ORDER BY production_date ROWS UNBOUNDED PRECEDING) AS cumulative_yield_input_kg,
        SUM(yield_actual_kg) OVER (PARTITION BY week_start, prod_line ORDER BY production_date ROWS UNBOUNDED PRECEDING) AS cumulative_yield_actual_kg
    FROM days d
)
SELECT
    c.week_start,
    c.production_date,
    c.prod_line,
    c.line_name,
    c.runs,
    c.input_kg,
    c.total_kg,
    c.cumulative_input_kg,
    c.cumulative_kg,
    c.cumulative_yield_actual_kg / c.cumulative_yield_input_kg * 100 AS cumulative_yield_pct
FROM cumulated c
CROSS JOIN report_scope s
WHERE c.production_date BETWEEN s.from_date AND s.to_date;
