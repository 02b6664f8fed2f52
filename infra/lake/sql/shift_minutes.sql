-- shift_minutes: the rows of line_minutes that lie in a shift, each with that shift. Its working time is what passes in it less its breaks, to the second.
--
-- working_seconds: that of the whole shift. worked_seconds: that of it which had passed when the minute began.
-- place: the order of the rows of a line in a shift.
CREATE OR REPLACE VIEW shift_minutes AS
WITH midnights AS (
    -- A shift that is on started today or yesterday.
    SELECT m.*, CAST(m.packed_on AS TIMESTAMP) - d.days_ago * INTERVAL '1' DAY AS midnight
    FROM line_minutes m
    CROSS JOIN (VALUES (0), (1)) AS d (days_ago)
),
placed AS (
    SELECT
        CAST(m.midnight + t.dated_after_days * INTERVAL '1' DAY AS DATE) AS shift_date,
        t.shift_name AS shift_code,
        t.shift_code AS shift_key,
        t.weekday,
        t.starts_after_minutes,
        m.midnight + t.starts_after_minutes * INTERVAL '1' MINUTE AS starts_at,
        m.midnight + t.ends_after_minutes * INTERVAL '1' MINUTE AS ends_at,
        m.*
    FROM midnights m
    JOIN shift_times t
        -- 1 January 1900 was a Monday.
        ON t.weekday = MOD(EXTRACT(DAY FROM (m.midnight - TIMESTAMP '1900-01-01 00:00:00')), 7)
        AND m."minute" >= m.midnight + t.starts_after_minutes * INTERVAL '1' MINUTE
        AND m."minute" < m.midnight + t.ends_after_minutes * INTERVAL '1' MINUTE
),
moments AS (
    -- Both ends of what is measured from the start of a shift: its own end, and the start of each minute.
    SELECT DISTINCT shift_key, weekday, starts_after_minutes, midnight, starts_at, ends_at AS until FROM placed
    UNION
    SELECT DISTINCT shift_key, weekday, starts_after_minutes, midnight, starts_at, "minute" AS until FROM placed
),
spans AS (
    -- What is added up to the working time until then: all less the breaks. A break that is on counts as far as it has come.
    SELECT starts_at, until, 1 AS counts, starts_at AS from_time, until AS to_time FROM moments
    UNION ALL
    SELECT
        m.starts_at,
        m.until,
        -1,
        m.midnight + b.begins_after_minutes * INTERVAL '1' MINUTE,
        LEAST(m.until, m.midnight + b.ends_after_minutes * INTERVAL '1' MINUTE)
    FROM moments m
    JOIN shift_breaks b
        ON b.shift_code = m.shift_key
        AND b.weekday = m.weekday
        AND b.starts_after_minutes = m.starts_after_minutes
        AND m.midnight + b.begins_after_minutes * INTERVAL '1' MINUTE < m.until
    UNION ALL
    SELECT m.starts_at, m.until, -1, GREATEST(c.from_time, m.starts_at), LEAST(c.to_time, m.until)
    FROM moments m
    JOIN clock_changes c ON c.is_left_out AND c.from_time < m.until AND c.to_time > m.starts_at
    UNION ALL
    SELECT m.starts_at, m.until, 1, c.from_time, c.to_time
    FROM moments m
    JOIN clock_changes c ON NOT c.is_left_out AND m.starts_at < c.to_time AND m.until >= c.to_time
),
passed AS (
    SELECT
        s.starts_at,
        s.until,
        CAST(FLOOR(SUM(counts * (EXTRACT(DAY FROM (s.to_time - s.from_time)) * 86400 + EXTRACT(HOUR FROM (s.to_time - s.from_time)) * 3600 + EXTRACT(MINUTE FROM (s.to_time - s.from_time)) * 60 + EXTRACT(SECOND FROM (s.to_time - s.from_time))))) AS BIGINT) AS seconds
    FROM spans s
    GROUP BY s.starts_at, s.until
)
SELECT
    s.*,
    w.seconds AS working_seconds,
    b.seconds AS worked_seconds,
    ROW_NUMBER() OVER (PARTITION BY s.starts_at, s.prod_line ORDER BY s.first_pack_at, s.last_pack_at, s.run_number) AS place
FROM placed s
JOIN passed w ON w.starts_at = s.starts_at AND w.until = s.ends_at
JOIN passed b ON b.starts_at = s.starts_at AND b.until = s."minute";
