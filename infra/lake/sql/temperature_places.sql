-- temperature_places: what the readings of a location and day tell of its probe. A probe is silent if it was read for the last time longer ago than three usual
-- intervals and half an hour. It is stuck if it has shown one value for 24 hours.
CREATE OR REPLACE VIEW temperature_places AS
WITH placed AS (
    SELECT
        t.*,
        ROW_NUMBER() OVER (PARTITION BY reading_date, location ORDER BY reading_time DESC, log_id DESC) AS place
    FROM stg_temperature t
    WHERE temp_celsius IS NOT NULL
),
last_readings AS (
    SELECT reading_date, location, temp_celsius AS last_celsius FROM placed WHERE place = 1
),
compared AS (
    SELECT
        p.*,
        l.last_celsius,
        -- The place, counted from the last, of the last reading that differs.
        MIN(CASE WHEN p.temp_celsius <> l.last_celsius THEN p.place END) OVER (PARTITION BY p.reading_date, p.location) AS differs_at
    FROM placed p
    JOIN last_readings l
        ON l.reading_date = p.reading_date AND (l.location = p.location OR (l.location IS NULL AND p.location IS NULL))
),
days AS (
    SELECT
        reading_date,
        location,
        MAX(reading_time) AS last_reading_at,
        MAX(CASE WHEN degrees_over IS NULL AND NOT sensor_fault THEN reading_time END) AS last_good_at,
        MAX(last_celsius) AS last_celsius,
        MIN(CASE WHEN differs_at IS NULL OR place < differs_at THEN reading_time END) AS same_since,
        COUNT(CASE WHEN differs_at IS NULL OR place < differs_at THEN 1 END) AS same_readings,
        MIN(differs_at) IS NULL AS is_same_all_day
    FROM compared
    GROUP BY reading_date, location
)
SELECT d.reading_date, d.location, i.usual_interval_seconds, d.last_reading_at, d.last_good_at, d.last_celsius, d.same_since, d.same_readings, d.is_same_all_day
FROM days d
JOIN place_intervals i ON i.reading_date = d.reading_date AND (i.location = d.location OR (i.location IS NULL AND d.location IS NULL));
