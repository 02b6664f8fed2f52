-- line_stops: when each line stood still in a shift until its next pack. It has stopped if it made no pack for longer than stop_after_minutes of the run that made the
-- pack before, within working time. From the start of the shift to its first pack, that of the run after it counts.
CREATE OR REPLACE VIEW line_stops AS
WITH ends AS (
    SELECT
        m.*,
        MAX(last_pack_at) OVER (PARTITION BY starts_at, prod_line ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS last_before
    FROM shift_minutes m
),
places_before AS (
    -- Of several runs that made the last pack in the same second, the one that comes last.
    SELECT e.starts_at, e.prod_line, e.place, MAX(b.place) AS place_before
    FROM ends e
    JOIN shift_minutes b
        ON b.starts_at = e.starts_at
        AND (b.prod_line = e.prod_line OR (b.prod_line IS NULL AND e.prod_line IS NULL))
        AND b.place < e.place
        AND b.last_pack_at = e.last_before
    GROUP BY e.starts_at, e.prod_line, e.place
),
gaps AS (
    SELECT
        e.shift_date,
        e.shift_code,
        e.shift_key,
        e.weekday,
        e.starts_after_minutes,
        e.midnight,
        e.starts_at,
        e.prod_line,
        e.line_name,
        COALESCE(e.last_before, e.starts_at) AS from_time,
        e.first_pack_at AS to_time,
        b.run_number AS run_before,
        b.production_date AS date_before,
        e.run_number AS run_after,
        e.production_date AS date_after,
        CASE WHEN b.run_number IS NULL THEN e.product_code ELSE b.product_code END AS product_code,
        COALESCE(b.stop_after_minutes, e.stop_after_minutes) AS stop_after_minutes
    FROM ends e
    LEFT JOIN places_before p
        ON p.starts_at = e.starts_at AND (p.prod_line = e.prod_line OR (p.prod_line IS NULL AND e.prod_line IS NULL)) AND p.place = e.place
    LEFT JOIN shift_minutes b
        ON b.starts_at = p.starts_at AND (b.prod_line = p.prod_line OR (b.prod_line IS NULL AND p.prod_line IS NULL)) AND b.place = p.place_before
    WHERE e.first_pack_at > COALESCE(e.last_before, e.starts_at)
),
paused AS (
    SELECT
        g.starts_at,
        g.prod_line,
        g.from_time,
        SUM(CAST(FLOOR(EXTRACT(DAY FROM (LEAST(g.to_time, g.midnight + b.ends_after_minutes * INTERVAL '1' MINUTE) - GREATEST(g.from_time, g.midnight + b.begins_after_minutes * INTERVAL '1' MINUTE))) * 86400 + EXTRACT(HOUR FROM (LEAST(g.to_time, g.midnight + b.ends_after_minutes * INTERVAL '1' MINUTE) - GREATEST(g.from_time, g.midnight + b.begins_after_minutes * INTERVAL '1' MINUTE))) * 3600 + EXTRACT(MINUTE FROM (LEAST(g.to_time, g.midnight + b.ends_after_minutes * INTERVAL '1' MINUTE) - GREATEST(g.from_time, g.midnight + b.begins_after_minutes * INTERVAL '1' MINUTE))) * 60 + EXTRACT(SECOND FROM (LEAST(g.to_time, g.midnight + b.ends_after_minutes * INTERVAL '1' MINUTE) - GREATEST(g.from_time, g.midnight + b.begins_after_minutes * INTERVAL '1' MINUTE)))) AS BIGINT)) AS paused_seconds
    FROM gaps g
    JOIN shift_breaks b
        ON b.shift_code = g.shift_key
        AND b.weekday = g.weekday
        AND b.starts_after_minutes = g.starts_after_minutes
        AND g.midnight + b.begins_after_minutes * INTERVAL '1' MINUTE < g.to_time
        AND g.midnight + b.ends_after_minutes * INTERVAL '1' MINUTE > g.from_time
    GROUP BY g.starts_at, g.prod_line, g.from_time
),
changed AS (
    SELECT
        g.starts_at,
        g.prod_line,
        g.from_time,
        SUM(CASE
            WHEN c.is_left_out AND c.from_time < g.to_time AND c.to_time > g.from_time THEN
                -CAST(FLOOR(EXTRACT(DAY FROM (LEAST(c.to_time, g.to_time) - GREATEST(c.from_time, g.from_time))) * 86400 + EXTRACT(HOUR FROM (LEAST(c.to_time, g.to_time) - GREATEST(c.from_time, g.from_time))) * 3600 + EXTRACT(MINUTE FROM (LEAST(c.to_time, g.to_time) - GREATEST(c.from_time, g.from_time))) * 60 + EXTRACT(SECOND FROM (LEAST(c.to_time, g.to_time) - GREATEST(c.from_time, g.from_time)))) AS BIGINT)
            -- A time of the hour that is shown twice may be either of two.
            WHEN NOT c.is_left_out AND g.from_time < c.from_time AND g.to_time >= c.to_time THEN
                CAST(FLOOR(EXTRACT(DAY FROM (c.to_time - c.from_time)) * 86400 + EXTRACT(HOUR FROM (c.to_time - c.from_time)) * 3600 + EXTRACT(MINUTE FROM (c.to_time - c.from_time)) * 60 + EXTRACT(SECOND FROM (c.to_time - c.from_time))) AS BIGINT)
        END) AS changed_seconds
    FROM gaps g
    CROSS JOIN clock_changes c
    GROUP BY g.starts_at, g.prod_line, g.from_time
),
measured AS (
    SELECT
        g.*,
        CAST(CAST(FLOOR(EXTRACT(DAY FROM (g.to_time - g.from_time)) * 86400 + EXTRACT(HOUR FROM (g.to_time - g.from_time)) * 3600 + EXTRACT(MINUTE FROM (g.to_time - g.from_time)) * 60 + EXTRACT(SECOND FROM (g.to_time - g.from_time))) AS BIGINT) - COALESCE(p.paused_seconds, 0) + COALESCE(c.changed_seconds, 0) AS DOUBLE) / 60 AS minutes
    FROM gaps g
    LEFT JOIN paused p
        ON p.starts_at = g.starts_at AND (p.prod_line = g.prod_line OR (p.prod_line IS NULL AND g.prod_line IS NULL)) AND p.from_time = g.from_time
    LEFT JOIN changed c
        ON c.starts_at = g.starts_at AND (c.prod_line = g.prod_line OR (c.prod_line IS NULL AND g.prod_line IS NULL)) AND c.from_time = g.from_time
)
SELECT
    shift_date,
    shift_code,
    prod_line,
    line_name,
    from_time AS started_at,
    to_time AS ended_at,
    minutes,
    CASE WHEN run_before = run_after AND date_before = date_after THEN 'within_run' ELSE 'changeover' END AS kind,
    run_before,
    run_after,
    product_code
FROM measured
WHERE minutes > stop_after_minutes;
