-- fct_temp_breaches: temperatures per date and location, with or without breaches.
CREATE OR REPLACE VIEW fct_temp_breaches AS
WITH days AS (
    SELECT
        reading_date,
        location,
        COUNT(*) AS readings,
        COUNT(degrees_over) AS breaches,
        SUM(CASE WHEN sensor_fault THEN 1 ELSE 0 END) AS sensor_faults,
        MIN(CASE WHEN NOT sensor_fault THEN temp_celsius END) AS min_temp_celsius,
        MAX(CASE WHEN NOT sensor_fault THEN temp_celsius END) AS max_temp_celsius,
        MAX(degrees_over) AS max_degrees_over,
        MIN(CASE WHEN degrees_over IS NOT NULL THEN reading_time END) AS first_breach_at,
        MAX(CASE WHEN degrees_over IS NOT NULL THEN reading_time END) AS last_breach_at
    FROM stg_temperature
    GROUP BY reading_date, location
),
episodes AS (
    SELECT reading_date, location, COUNT(*) AS episodes, MAX(duration_minutes) AS longest_episode_minutes
    FROM temperature_episodes
    GROUP BY reading_date, location
)
SELECT d.*, COALESCE(e.episodes, 0) AS episodes, e.longest_episode_minutes
FROM days d
LEFT JOIN episodes e ON e.reading_date = d.reading_date AND (e.location = d.location OR (e.location IS NULL AND d.location IS NULL));
