-- temperature_breaches: the readings below target_min or above target_max.
CREATE OR REPLACE VIEW temperature_breaches AS
SELECT log_id, reading_date, location, reading_time, temp_celsius, target_min, target_max, degrees_over, recorded_by
FROM stg_temperature
WHERE degrees_over IS NOT NULL;
