-- line_hours: what each line made in each hour of a shift, and how long it stood still in it (see line_stops).
CREATE OR REPLACE VIEW line_hours AS
WITH shifts AS (
    SELECT DISTINCT shift_date, shift_code, shift_key, weekday, starts_after_minutes, midnight, starts_at FROM shift_minutes
),
made AS (
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
pieces AS (
    SELECT
        t.shift_date,
        t.shift_code,
        t.prod_line,
        t.line_name,
        t.started_at,
        t.ended_at,
        DATE_TRUNC('hour', t.started_at) + h.hours * INTERVAL '1' HOUR AS hour_start,
        h.hours = 0 AS is_first,
        GREATEST(t.started_at, DATE_TRUNC('hour', t.started_at) + h.hours * INTERVAL '1' HOUR) AS from_time,
        LEAST(t.ended_at, DATE_TRUNC('hour', t.started_at) + (h.hours + 1) * INTERVAL '1' HOUR) AS to_time
    FROM line_stops t
    JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16), (17), (18), (19), (20), (21), (22), (23), (24)) AS h (hours)
        ON DATE_TRUNC('hour', t.started_at) + h.hours * INTERVAL '1' HOUR < t.ended_at
),
paused AS (
    SELECT
        p.shift_date,
        p.shift_code,
        p.prod_line,
        p.from_time,
        SUM(CAST(FLOOR(EXTRACT(DAY FROM (LEAST(p.to_time, s.midnight + b.ends_after_minutes * INTERVAL '1' MINUTE) - GREATEST(p.from_time, s.midnight + b.begins_after_minutes * INTERVAL '1' MINUTE))) * 86400 + EXTRACT(HOUR FROM (LEAST(p.to_time, s.midnight + b.ends_after_minutes * INTERVAL '1' MINUTE) - GREATEST(p.from_time, s.midnight + b.begins_after_minutes * INTERVAL '1' MINUTE))) * 3600 + EXTRACT(MINUTE FROM (LEAST(p.to_time, s.midnight + b.ends_after_minutes * INTERVAL '1' MINUTE) - GREATEST(p.from_time, s.midnight + b.begins_after_minutes * INTERVAL '1' MINUTE))) * 60 + EXTRACT(SECOND FROM (LEAST(p.to_time, s.midnight + b.ends_after_minutes * INTERVAL '1' MINUTE) - GREATEST(p.from_time, s.midnight + b.begins_after_minutes * INTERVAL '1' MINUTE)))) AS BIGINT)) AS paused_seconds
    FROM pieces p
    JOIN shifts s ON s.shift_date = p.shift_date AND s.shift_code = p.shift_code
    JOIN shift_breaks b
        ON b.shift_code = s.shift_key
        AND b.weekday = s.weekday
        AND b.starts_after_minutes = s.starts_after_minutes
        AND s.midnight + b.begins_after_minutes * INTERVAL '1' MINUTE < p.to_time
        AND s.midnight + b.ends_after_minutes * INTERVAL '1' MINUTE > p.from_time
    GROUP BY p.shift_date, p.shift_code, p.prod_line, p.from_time
),
changed AS (
    SELECT
        p.shift_date,
        p.shift_code,
        p.prod_line,
        p.from_time,
        SUM(CASE
            WHEN c.is_left_out AND c.from_time < p.to_time AND c.to_time > p.from_time THEN
                -CAST(FLOOR(EXTRACT(DAY FROM (LEAST(c.to_time, p.to_time) - GREATEST(c.from_time, p.from_time))) * 86400 + EXTRACT(HOUR FROM (LEAST(c.to_time, p.to_time) - GREATEST(c.from_time, p.from_time))) * 3600 + EXTRACT(MINUTE FROM (LEAST(c.to_time, p.to_time) - GREATEST(c.from_time, p.from_time))) * 60 + EXTRACT(SECOND FROM (LEAST(c.to_time, p.to_time) - GREATEST(c.from_time, p.from_time)))) AS BIGINT)
            WHEN NOT c.is_left_out AND p.from_time <= c.from_time AND p.to_time >= c.to_time AND p.started_at < c.from_time THEN
                CAST(FLOOR(EXTRACT(DAY FROM (c.to_time - c.from_time)) * 86400 + EXTRACT(HOUR FROM (c.to_time - c.from_time)) * 3600 + EXTRACT(MINUTE FROM (c.to_time - c.from_time)) * 60 + EXTRACT(SECOND FROM (c.to_time - c.from_time))) AS BIGINT)
        END) AS changed_seconds
    FROM pieces p
    CROSS JOIN clock_changes c
    GROUP BY p.shift_date, p.shift_code, p.prod_line, p.from_time
),
measured AS (
    SELECT
        p.*,
        CAST(CAST(FLOOR(EXTRACT(DAY FROM (p.to_time - p.from_time)) * 86400 + EXTRACT(HOUR FROM (p.to_time - p.from_time)) * 3600 + EXTRACT(MINUTE FROM (p.to_time - p.from_time)) * 60 + EXTRACT(SECOND FROM (p.to_time - p.from_time))) AS BIGINT) - COALESCE(z.paused_seconds, 0) + COALESCE(c.changed_seconds, 0) AS DOUBLE) / 60 AS minutes
    FROM pieces p
    LEFT JOIN paused z
        ON z.shift_date = p.shift_date
        AND z.shift_code = p.shift_code
        AND (z.prod_line = p.prod_line OR (z.prod_line IS NULL AND p.prod_line IS NULL))
        AND z.from_time = p.from_time
    LEFT JOIN changed c
        ON c.shift_date = p.shift_date
        AND c.shift_code = p.shift_code
        AND (c.prod_line = p.prod_line OR (c.prod_line IS NULL AND p.prod_line IS NULL))
        AND c.from_time = p.from_time
),
stood AS (
    SELECT
        shift_date,
        shift_code,
        prod_line,
        hour_start,
        MIN(line_name) AS line_name,
        COUNT(CASE WHEN is_first THEN 1 END) AS stops,
        SUM(minutes) AS stopped_minutes,
        MAX(minutes) AS longest_stop_minutes
    FROM measured
    WHERE minutes > 0 OR is_first
    GROUP BY shift_date, shift_code, prod_line, hour_start
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
