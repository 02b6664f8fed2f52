-- stg_temperature: the readings whose time is known, with their date and the degrees by which they lie outside their limits (null if inside).
--
-- A reading outside sensor_min_c to sensor_max_c is no temperature, but a fault of its probe. It breaks no limit.
CREATE OR REPLACE VIEW stg_temperature AS
WITH said AS (
    -- A number that was stored in single precision has many more digits in double precision. It means its shortest decimal.
    SELECT
        log_id,
        location,
        reading_time,
        recorded_by,
        CASE
            WHEN ABS(temp_celsius) < 1e9 AND CAST(CAST(temp_celsius AS REAL) AS DOUBLE) = temp_celsius
                AND LENGTH(CAST(temp_celsius AS VARCHAR(40))) >= LENGTH(CAST(CAST(temp_celsius AS REAL) AS VARCHAR(40))) + 4
            THEN CAST(CAST(CAST(temp_celsius AS REAL) AS VARCHAR(40)) AS DOUBLE)
            ELSE temp_celsius
        END AS temp_celsius,
        CASE
            WHEN ABS(target_min) < 1e9 AND CAST(CAST(target_min AS REAL) AS DOUBLE) = target_min
                AND LENGTH(CAST(target_min AS VARCHAR(40))) >= LENGTH(CAST(CAST(target_min AS REAL) AS VARCHAR(40))) + 4
            THEN CAST(CAST(CAST(target_min AS REAL) AS VARCHAR(40)) AS DOUBLE)
            ELSE target_min
        END AS target_min,
        CASE
            WHEN ABS(target_max) < 1e9 AND CAST(CAST(target_max AS REAL) AS DOUBLE) = target_max
                AND LENGTH(CAST(target_max AS VARCHAR(40))) >= LENGTH(CAST(CAST(target_max AS REAL) AS VARCHAR(40))) + 4
            THEN CAST(CAST(CAST(target_max AS REAL) AS VARCHAR(40)) AS DOUBLE)
            ELSE target_max
        END AS target_max
    FROM staging.temperature_logs
    WHERE reading_time IS NOT NULL
),
measured AS (
    SELECT
        s.*,
        CAST(reading_time AS DATE) AS reading_date,
        temp_celsius IS NOT NULL AND temp_celsius NOT BETWEEN sensor_min_c AND sensor_max_c AS sensor_fault,
        -- The last digits of a sum or of a conversion decide nothing.
        CASE
            WHEN temp_celsius BETWEEN sensor_min_c AND sensor_max_c AND temp_celsius < target_min - 1e-9 * GREATEST(ABS(target_min), 1)
            THEN target_min - temp_celsius
        END AS degrees_below,
        CASE
            WHEN temp_celsius BETWEEN sensor_min_c AND sensor_max_c AND temp_celsius > target_max + 1e-9 * GREATEST(ABS(target_max), 1)
            THEN temp_celsius - target_max
        END AS degrees_above
    FROM said s
    CROSS JOIN limits
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
    sensor_fault,
    recorded_by
FROM measured;
