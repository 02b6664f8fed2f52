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
paused AS (
    SELECT
        m.starts_at,
        m.until,
        SUM(CAST(FLOOR(EXTRACT(DAY FROM (LEAST(m.until, m.midnight + b.ends_after_minutes * INTERVAL '1' MINUTE) - (m.midnight + b.begins_after_minutes * INTERVAL '1' MINUTE))) * 86400 + EXTRACT(HOUR FROM (LEAST(m.until, m.midnight + b.ends_after_minutes * INTERVAL '1' MINUTE) - (m.midnight + b.begins_after_minutes * INTERVAL '1' MINUTE))) * 3600 + EXTRACT(MINUTE FROM (LEAST(m.until, m.midnight + b.ends_after_minutes * INTERVAL '1' MINUTE) - (m.midnight + b.begins_after_minutes * INTERVAL '1' MINUTE))) * 60 + EXTRACT(SECOND FROM (LEAST(m.until, m.midnight + b.ends_after_minutes * INTERVAL '1' MINUTE) - (m.midnight + b.begins_after_minutes * INTERVAL '1' MINUTE)))) AS BIGINT)) AS paused_seconds
    FROM moments m
    JOIN shift_breaks b
        ON b.shift_code = m.shift_key
        AND b.weekday = m.weekday
        AND b.starts_after_minutes = m.starts_after_minutes
        AND m.midnight + b.begins_after_minutes * INTERVAL '1' MINUTE < m.until
    GROUP BY m.starts_at, m.until
),
changed AS (
    SELECT
        m.starts_at,
        m.until,
        SUM(CASE
            WHEN c.is_left_out AND c.from_time < m.until AND c.to_time > m.starts_at THEN
                -CAST(FLOOR(EXTRACT(DAY FROM (LEAST(c.to_time, m.until) - GREATEST(c.from_time, m.starts_at))) * 86400 + EXTRACT(HOUR FROM (LEAST(c.to_time, m.until) - GREATEST(c.from_time, m.starts_at))) * 3600 + EXTRACT(MINUTE FROM (LEAST(c.to_time, m.until) - GREATEST(c.from_time, m.starts_at))) * 60 + EXTRACT(SECOND FROM (LEAST(c.to_time, m.until) - GREATEST(c.from_time, m.starts_at)))) AS BIGINT)
            WHEN NOT c.is_left_out AND m.starts_at < c.to_time AND m.until >= c.to_time THEN
                CAST(FLOOR(EXTRACT(DAY FROM (c.to_time - c.from_time)) * 86400 + EXTRACT(HOUR FROM (c.to_time - c.from_time)) * 3600 + EXTRACT(MINUTE FROM (c.to_time - c.from_time)) * 60 + EXTRACT(SECOND FROM (c.to_time - c.from_time))) AS BIGINT)
        END) AS changed_seconds
    FROM moments m
    CROSS JOIN clock_changes c
    GROUP BY m.starts_at, m.until
),
passed AS (
    SELECT
        m.starts_at,
        m.until,
        CAST(FLOOR(EXTRACT(DAY FROM (m.until - m.starts_at)) * 86400 + EXTRACT(HOUR FROM (m.until - m.starts_at)) * 3600 + EXTRACT(MINUTE FROM (m.until - m.starts_at)) * 60 + EXTRACT(SECOND FROM (m.until - m.starts_at))) AS BIGINT) - COALESCE(p.paused_seconds, 0) + COALESCE(c.changed_seconds, 0) AS seconds
    FROM moments m
    LEFT JOIN paused p ON p.starts_at = m.starts_at AND p.until = m.until
    LEFT JOIN changed c ON c.starts_at = m.starts_at AND c.until = m.until
)
SELECT
    s.*,
    w.seconds AS working_seconds,
    b.seconds AS worked_seconds,
    ROW_NUMBER() OVER (PARTITION BY s.starts_at, s.prod_line ORDER BY s.first_pack_at, s.last_pack_at, s.run_number) AS place
FROM placed s
JOIN passed w ON w.starts_at = s.starts_at AND w.until = s.ends_at
JOIN passed b ON b.starts_at = s.starts_at AND b.until = s."minute";
