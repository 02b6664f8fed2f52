-- place_intervals: for each day and location that has readings, how often the location is usually read, in seconds. That is the median of the intervals between its
-- readings of this day and the two days before, the shorter one of two in the middle. It is null where there are fewer than three.
CREATE OR REPLACE VIEW place_intervals AS
WITH days AS (
    SELECT DISTINCT reading_date, location FROM stg_temperature WHERE temp_celsius IS NOT NULL
),
seen AS (
    SELECT d.reading_date, d.location, t.reading_time
    FROM days d
    JOIN stg_temperature t
        ON (t.location = d.location OR (t.location IS NULL AND d.location IS NULL))
        AND t.reading_date <= d.reading_date
        AND t.reading_date >= d.reading_date - INTERVAL '2' DAY
        AND t.temp_celsius IS NOT NULL
),
followed AS (
    SELECT s.*, LAG(reading_time) OVER (PARTITION BY reading_date, location ORDER BY reading_time) AS before
    FROM seen s
),
intervals AS (
    SELECT
        reading_date,
        location,
        CAST(FLOOR(
            EXTRACT(DAY FROM (reading_time - before)) * 86400
            + EXTRACT(HOUR FROM (reading_time - before)) * 3600
            + EXTRACT(MINUTE FROM (reading_time - before)) * 60
            + EXTRACT(SECOND FROM (reading_time - before))
        ) AS BIGINT) AS interval_seconds
    FROM followed
    WHERE before IS NOT NULL
),
ranked AS (
    SELECT
        i.*,
        ROW_NUMBER() OVER (PARTITION BY reading_date, location ORDER BY interval_seconds) AS place,
        COUNT(*) OVER (PARTITION BY reading_date, location) AS intervals
    FROM intervals i
    WHERE interval_seconds > 0
),
medians AS (
    SELECT reading_date, location, interval_seconds
    FROM ranked
    WHERE intervals >= 3 AND (2 * place = intervals OR 2 * place = intervals + 1)
)
SELECT d.reading_date, d.location, m.interval_seconds AS usual_interval_seconds, GREATEST(COALESCE(3 * m.interval_seconds, 0), 1800) AS gap_seconds
FROM days d
LEFT JOIN medians m ON m.reading_date = d.reading_date AND (m.location = d.location OR (m.location IS NULL AND d.location IS NULL));
