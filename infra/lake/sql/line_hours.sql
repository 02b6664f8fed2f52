-- line_hours: what each line made in each hour of a shift, and how long it stood still in it (see line_stops).
CREATE OR REPLACE VIEW line_hours AS
WITH made AS (
    SELECT
        shift_date,
        shift_code,
        prod_line,
        DATE_TRUNC('hour', "minute") AS hour_start,
        MIN(line_name) AS line_name,
        SUM(packs) AS packs,
        SUM(made_kg) AS made_kg,
        SUM(giveaway_kg) AS giveaway_kg,
        COUNT(DISTINCT CONCAT(run_number, ' ', CAST(production_date AS VARCHAR(10)))) AS runs
    FROM shift_minutes
    GROUP BY shift_date, shift_code, prod_line, DATE_TRUNC('hour', "minute")
),
stood AS (
    SELECT
        g.shift_date,
        g.shift_code,
        g.prod_line,
        g.hour_start,
        MIN(g.line_name) AS line_name,
        COUNT(CASE WHEN g.is_first THEN 1 END) AS stops,
        CAST(SUM(g.seconds) AS DOUBLE) / 60 AS stopped_minutes,
        CAST(MAX(g.seconds) AS DOUBLE) / 60 AS longest_stop_minutes
    FROM line_gaps g
    JOIN line_stops t
        ON t.shift_date = g.shift_date
        AND t.shift_code = g.shift_code
        AND (t.prod_line = g.prod_line OR (t.prod_line IS NULL AND g.prod_line IS NULL))
        AND t.started_at = g.gap_from
    WHERE g.seconds > 0 OR g.is_first
    GROUP BY g.shift_date, g.shift_code, g.prod_line, g.hour_start
)
SELECT
    COALESCE(m.shift_date, t.shift_date) AS shift_date,
    COALESCE(m.shift_code, t.shift_code) AS shift_code,
    COALESCE(m.prod_line, t.prod_line) AS prod_line,
    COALESCE(m.line_name, t.line_name) AS line_name,
    COALESCE(m.hour_start, t.hour_start) AS hour_start,
    CAST(COALESCE(m.packs, 0) AS BIGINT) AS packs,
    COALESCE(m.made_kg, 0) AS made_kg,
    COALESCE(m.giveaway_kg, 0) AS giveaway_kg,
    COALESCE(t.stops, 0) AS stops,
    COALESCE(t.stopped_minutes, 0) AS stopped_minutes,
    COALESCE(t.longest_stop_minutes, 0) AS longest_stop_minutes,
    COALESCE(m.runs, 0) AS runs
FROM made m
FULL OUTER JOIN stood t
    ON t.shift_date = m.shift_date
    AND t.shift_code = m.shift_code
    AND COALESCE(t.prod_line, '') = COALESCE(m.prod_line, '')
    AND t.hour_start = m.hour_start;
