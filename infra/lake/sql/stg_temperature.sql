-- stg_temperature: the readings whose time is known, with their date and the degrees by which they lie outside their limits (null if inside).
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
    -- A reading can break both of two limits that contradict each other. The worse breach counts.
    CASE WHEN degrees_below > degrees_above OR degrees_above IS NULL THEN degrees_below ELSE degrees_above END AS degrees_over,
    recorded_by
FROM measured;
