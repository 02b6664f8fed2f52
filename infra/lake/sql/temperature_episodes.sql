-- temperature_episodes: readings in a row outside their limits, at one location on one day, with the worst of them. A time without a reading that is longer than
-- gap_seconds ends an episode. An episode that goes on over midnight has a row on each day: the last one of the first day (is_to_end) and the first one of the next
-- day (is_from_start), if no gap lies between them. open tells that no reading of the day was inside the limits after it.
CREATE OR REPLACE VIEW temperature_episodes AS
WITH followed AS (
    SELECT
        t.*,
        LAG(reading_time) OVER (PARTITION BY reading_date, location ORDER BY reading_time, log_id) AS before,
        ROW_NUMBER() OVER (PARTITION BY reading_date, location ORDER BY reading_time, log_id) AS place_of_day,
        COUNT(*) OVER (PARTITION BY reading_date, location) AS readings_of_day,
        SUM(CASE WHEN degrees_over IS NULL THEN 1 ELSE 0 END) OVER (PARTITION BY reading_date, location) AS inside
    FROM stg_temperature t
    WHERE temp_celsius IS NOT NULL AND NOT sensor_fault
),
timed AS (
    SELECT
        f.*,
        i.gap_seconds,
        CASE
            WHEN FLOOR(
                EXTRACT(HOUR FROM (reading_time - before)) * 3600
                + EXTRACT(MINUTE FROM (reading_time - before)) * 60
                + EXTRACT(SECOND FROM (reading_time - before))
            ) > i.gap_seconds THEN 1
            ELSE 0
        END AS after_gap
    FROM followed f
    JOIN place_intervals i ON i.reading_date = f.reading_date AND (i.location = f.location OR (i.location IS NULL AND f.location IS NULL))
),
counted AS (
    -- episode counts the readings inside the limits and the gaps so far. It is the same for all breaches of one episode.
    SELECT
        t.*,
        SUM(CASE WHEN degrees_over IS NULL THEN 1 ELSE 0 END)
            OVER (PARTITION BY reading_date, location ORDER BY reading_time, log_id ROWS UNBOUNDED PRECEDING) AS inside_so_far,
        SUM(CASE WHEN degrees_over IS NULL THEN 1 ELSE after_gap END)
            OVER (PARTITION BY reading_date, location ORDER BY reading_time, log_id ROWS UNBOUNDED PRECEDING) AS episode
    FROM timed t
),
ranked AS (
    SELECT
        c.*,
        ROW_NUMBER() OVER (PARTITION BY reading_date, location, episode ORDER BY degrees_over DESC, reading_time, log_id) AS worst,
        ROW_NUMBER() OVER (PARTITION BY reading_date, location, episode ORDER BY reading_time, log_id) AS place
    FROM counted c
    WHERE degrees_over IS NOT NULL
),
episodes AS (
    SELECT
        MAX(CASE WHEN place = 1 THEN log_id END) AS first_log_id,
        reading_date,
        location,
        MIN(reading_time) AS started_at,
        MAX(reading_time) AS ended_at,
        COUNT(*) AS readings,
        MAX(CASE WHEN worst = 1 THEN temp_celsius END) AS peak_celsius,
        MAX(degrees_over) AS max_degrees_over,
        MAX(inside_so_far) = MAX(inside) AS open,
        MIN(place_of_day) = 1 AS is_from_start,
        MAX(place_of_day) = MAX(readings_of_day) AS is_to_end,
        MAX(gap_seconds) AS gap_seconds
    FROM ranked
    GROUP BY reading_date, location, episode
)
SELECT
    e.*,
    CAST(EXTRACT(HOUR FROM (ended_at - started_at)) * 60 + EXTRACT(MINUTE FROM (ended_at - started_at)) AS BIGINT) AS duration_minutes
FROM episodes e;
