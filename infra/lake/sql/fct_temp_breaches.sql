-- fct_temp_breaches: temperatures per date and location, also where nothing was outside its limits.
CREATE OR REPLACE VIEW fct_temp_breaches AS
SELECT
    reading_date,
    location,
    COUNT(*) AS readings,
    COUNT(degrees_over) AS breaches,
    MIN(temp_celsius) AS min_temp_celsius,
    MAX(temp_celsius) AS max_temp_celsius,
    MAX(degrees_over) AS max_degrees_over,
    MIN(CASE WHEN degrees_over IS NOT NULL THEN reading_time END) AS first_breach_at,
    MAX(CASE WHEN degrees_over IS NOT NULL THEN reading_time END) AS last_breach_at
FROM stg_temperature
GROUP BY reading_date, location;
