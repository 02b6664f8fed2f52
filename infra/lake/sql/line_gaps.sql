-- line_gaps: the times without a pack on each line in a shift, each cut at full hours: a row for each piece. The first of a line begins with the shift. stop_after_minutes is
-- that of the run that made the pack before, else of the run after it.
--
-- seconds: the working time of a piece. Breaks are none of it, nor is what the clock leaves out. What the clock shows twice counts twice where the whole of it lies in the
-- gap: a time of that hour may be either of two moments.
CREATE OR REPLACE VIEW line_gaps AS
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
        COALESCE(e.last_before, e.starts_at) AS gap_from,
        e.first_pack_at AS gap_to,
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
pieces AS (
    SELECT
        g.*,
        DATE_TRUNC('hour', g.gap_from) + h.hours * INTERVAL '1' HOUR AS hour_start,
        h.hours = 0 AS is_first,
        GREATEST(g.gap_from, DATE_TRUNC('hour', g.gap_from) + h.hours * INTERVAL '1' HOUR) AS from_time,
        LEAST(g.gap_to, DATE_TRUNC('hour', g.gap_from) + (h.hours + 1) * INTERVAL '1' HOUR) AS to_time
    FROM gaps g
    JOIN (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16), (17), (18), (19), (20), (21), (22), (23), (24)) AS h (hours)
        ON DATE_TRUNC('hour', g.gap_from) + h.hours * INTERVAL '1' HOUR < g.gap_to
),
spans AS (
    -- What is added up to the working time of each piece: the piece less its breaks.
    SELECT starts_at, prod_line, from_time AS piece_from, 1 AS counts, from_time, to_time FROM pieces
    UNION ALL
    SELECT
        p.starts_at,
        p.prod_line,
        p.from_time,
        -1,
        GREATEST(p.from_time, p.midnight + b.begins_after_minutes * INTERVAL '1' MINUTE),
        LEAST(p.to_time, p.midnight + b.ends_after_minutes * INTERVAL '1' MINUTE)
    FROM pieces p
    JOIN shift_breaks b
        ON b.shift_code = p.shift_key
        AND b.weekday = p.weekday
        AND b.starts_after_minutes = p.starts_after_minutes
        AND p.midnight + b.begins_after_minutes * INTERVAL '1' MINUTE < p.to_time
        AND p.midnight + b.ends_after_minutes * INTERVAL '1' MINUTE > p.from_time
    UNION ALL
    SELECT p.starts_at, p.prod_line, p.from_time, -1, GREATEST(c.from_time, p.from_time), LEAST(c.to_time, p.to_time)
    FROM pieces p
    JOIN clock_changes c ON c.is_left_out AND c.from_time < p.to_time AND c.to_time > p.from_time
    UNION ALL
    SELECT p.starts_at, p.prod_line, p.from_time, 1, c.from_time, c.to_time
    FROM pieces p
    JOIN clock_changes c ON NOT c.is_left_out AND p.from_time <= c.from_time AND p.to_time >= c.to_time AND p.gap_from < c.from_time
),
sums AS (
    SELECT
        s.starts_at,
        s.prod_line,
        s.piece_from,
        CAST(FLOOR(SUM(counts * (EXTRACT(DAY FROM (s.to_time - s.from_time)) * 86400 + EXTRACT(HOUR FROM (s.to_time - s.from_time)) * 3600 + EXTRACT(MINUTE FROM (s.to_time - s.from_time)) * 60 + EXTRACT(SECOND FROM (s.to_time - s.from_time))))) AS BIGINT) AS seconds
    FROM spans s
    GROUP BY s.starts_at, s.prod_line, s.piece_from
)
SELECT
    p.*,
    x.seconds
FROM pieces p
JOIN sums x ON x.starts_at = p.starts_at AND (x.prod_line = p.prod_line OR (x.prod_line IS NULL AND p.prod_line IS NULL)) AND x.piece_from = p.from_time;
