-- stg_temperature: the readings whose time is known, with their date and how many degrees they lie outside their limits (null inside).
CREATE OR REPLACE VIEW stg_temperature AS
WITH measured AS (
    SELECT
        t.*,
        CAST(reading_time AS DATE) AS reading_date,
        CASE WHEN temp_celsius < target_min THEN target_min - temp_celsius END AS degrees_below,
        CASE WHEN temp_celsius > target_max THEN temp_celsius - target_max END AS degrees_above
    FROM staging.temperature_logs t
    WHERE reading_time IS NOT NULL
)
SELECT
    log_id,
    reading_date,
    location,
    reading_time,
    temp_celsius,
    target_min,
    target_max,
    -- Limits that contradict each other can both be broken: the worse counts.
    CASE WHEN degrees_below > degrees_above OR degrees_above IS NULL THEN degrees_below ELSE degrees_above END AS degrees_over,
    recorded_by
FROM measured;
