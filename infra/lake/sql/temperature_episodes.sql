-- temperature_episodes: breaches of one location without a reading inside the limits between them, with their worst reading. A row per episode.
CREATE OR REPLACE VIEW temperature_episodes AS
WITH counted AS (
    -- Readings inside the limits so far: the same number for all breaches of one episode.
    SELECT
        t.*,
        SUM(CASE WHEN degrees_over IS NULL THEN 1 ELSE 0 END) OVER (PARTITION BY location ORDER BY reading_time, log_id ROWS UNBOUNDED PRECEDING) AS episode
    FROM stg_temperature t
    WHERE temp_celsius IS NOT NULL
),
ranked AS (
    SELECT c.*, ROW_NUMBER() OVER (PARTITION BY location, episode ORDER BY degrees_over DESC, reading_time, log_id) AS place
    FROM counted c
    WHERE degrees_over IS NOT NULL
)
SELECT
    location,
    MIN(reading_time) AS started_at,
    MAX(reading_time) AS ended_at,
    COUNT(*) AS readings,
    MAX(CASE WHEN place = 1 THEN temp_celsius END) AS peak_celsius,
    MAX(degrees_over) AS max_degrees_over
FROM ranked
GROUP BY location, episode;
