-- shift_lines: what each line made in each shift, and how long it stood still until its packs (see line_stops).
--
-- best_packs_per_min: the most packs per minute of a quarter of an hour that does not touch the hour that the clock shows twice.
CREATE OR REPLACE VIEW shift_lines AS
WITH made AS (
    SELECT
        shift_date,
        shift_code,
        prod_line,
        MIN(line_name) AS line_name,
        MIN(starts_at) AS starts_at,
        MIN(ends_at) AS ends_at,
        CAST(MIN(working_seconds) AS DOUBLE) / 60 AS working_minutes,
        CAST(SUM(packs) AS BIGINT) AS packs,
        CAST(SUM(packs_excluded) AS BIGINT) AS packs_excluded,
        SUM(made_kg) AS made_kg,
        SUM(giveaway_kg) AS giveaway_kg,
        SUM(pack_target_kg) AS pack_target_kg,
        MIN(first_pack_at) AS first_pack_at,
        MAX(last_pack_at) AS last_pack_at
    FROM shift_minutes
    GROUP BY shift_date, shift_code, prod_line
),
lasts AS (
    SELECT
        shift_date,
        shift_code,
        prod_line,
        run_number,
        production_date,
        stop_after_minutes,
        ROW_NUMBER() OVER (PARTITION BY shift_date, shift_code, prod_line ORDER BY last_pack_at DESC, run_number DESC, production_date DESC) AS place
    FROM shift_minutes
),
stood AS (
    SELECT shift_date, shift_code, prod_line, COUNT(*) AS stops, SUM(minutes) AS stopped_minutes, MAX(minutes) AS longest_stop_minutes
    FROM line_stops
    GROUP BY shift_date, shift_code, prod_line
),
per_minute AS (
    SELECT shift_date, shift_code, prod_line, "minute", SUM(packs) AS packs FROM shift_minutes GROUP BY shift_date, shift_code, prod_line, "minute"
),
unsure AS (
    SELECT DISTINCT m."minute"
    FROM per_minute m
    JOIN clock_changes c
        ON NOT c.is_left_out AND m."minute" < c.to_time AND m."minute" + INTERVAL '14' MINUTE >= c.from_time
),
paces AS (
    SELECT a.shift_date, a.shift_code, a.prod_line, a."minute", SUM(b.packs) AS packs
    FROM per_minute a
    JOIN per_minute b
        ON b.shift_date = a.shift_date
        AND b.shift_code = a.shift_code
        AND (b.prod_line = a.prod_line OR (b.prod_line IS NULL AND a.prod_line IS NULL))
        AND b."minute" >= a."minute"
        AND b."minute" < a."minute" + INTERVAL '15' MINUTE
    WHERE a."minute" NOT IN (SELECT u."minute" FROM unsure u)
    GROUP BY a.shift_date, a.shift_code, a.prod_line, a."minute"
),
bests AS (
    SELECT shift_date, shift_code, prod_line, CAST(MAX(packs) AS DOUBLE) / 15 AS best_packs_per_min FROM paces GROUP BY shift_date, shift_code, prod_line
)
SELECT
    m.shift_date,
    m.shift_code,
    m.prod_line,
    m.line_name,
    m.starts_at,
    m.ends_at,
    m.working_minutes,
    m.packs,
    m.packs_excluded,
    m.made_kg,
    m.giveaway_kg,
    m.pack_target_kg,
    m.first_pack_at,
    m.last_pack_at,
    l.run_number AS last_run_number,
    l.production_date AS last_run_date,
    l.stop_after_minutes,
    COALESCE(t.stops, 0) AS stops,
    COALESCE(t.stopped_minutes, 0) AS stopped_minutes,
    COALESCE(t.longest_stop_minutes, 0) AS longest_stop_minutes,
    b.best_packs_per_min
FROM made m
JOIN lasts l
    ON l.place = 1
    AND l.shift_date = m.shift_date
    AND l.shift_code = m.shift_code
    AND (l.prod_line = m.prod_line OR (l.prod_line IS NULL AND m.prod_line IS NULL))
LEFT JOIN stood t
    ON t.shift_date = m.shift_date
    AND t.shift_code = m.shift_code
    AND (t.prod_line = m.prod_line OR (t.prod_line IS NULL AND m.prod_line IS NULL))
LEFT JOIN bests b
    ON b.shift_date = m.shift_date
    AND b.shift_code = m.shift_code
    AND (b.prod_line = m.prod_line OR (b.prod_line IS NULL AND m.prod_line IS NULL));
