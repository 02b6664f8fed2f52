-- temperature-audit: readings and breaches of each date and location. Newest date first, then location.
CREATE OR REPLACE VIEW report_temperature_audit AS
SELECT t.*, CAST(t.breaches AS DOUBLE) / NULLIF(t.readings - t.sensor_faults, 0) * 100 AS breach_pct
FROM fct_temp_breaches t
CROSS JOIN report_scope s
WHERE t.reading_date BETWEEN s.from_date AND s.to_date;
