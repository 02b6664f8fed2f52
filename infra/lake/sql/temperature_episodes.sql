-- temperature_episodes: readings in a row outside their limits, at one location on one day, with the worst of them. An episode that goes on over midnight has a row
-- on each day: the last one of the first day (is_to_end) and the first one of the next day (is_from_start).
CREATE OR REPLACE VIEW temperature_episodes AS
WITH counted AS (
    -- episode counts the readings inside the limits so far. It is the same for all breaches of one episode.
    SELECT
        t.*,
        SUM(CASE WHEN degrees_over IS NULL THEN 1 ELSE 0 END)
            OVER (PARTITION BY reading_date, location ORDER BY reading_time, log_id ROWS UNBOUNDED PRECEDING) AS episode,
        SUM(CASE WHEN degrees_over IS NULL THEN 1 ELSE 0 END) OVER (PARTITION BY reading_date, location) AS inside
    FROM stg_temperature t
    WHERE temp_celsius IS NOT NULL
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
        episode = 0 AS is_from_start,
        episode = MAX(inside) AS is_to_end
    FROM ranked
    GROUP BY reading_date, location, episode
)
SELECT
    e.*,
    CAST(EXTRACT(HOUR FROM (ended_at - started_at)) * 60 + EXTRACT(MINUTE FROM (ended_at - started_at)) AS BIGINT) AS duration_minutes
FROM episodes e;
