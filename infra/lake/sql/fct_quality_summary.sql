-- fct_quality_summary: the quality records per date, type and severity: how many are closed, and how long that took.
CREATE OR REPLACE VIEW fct_quality_summary AS
SELECT
    nc_date,
    nc_type,
    severity,
    COUNT(*) AS total,
    COUNT(CASE WHEN status = 'open' THEN 1 END) AS "open",
    COUNT(CASE WHEN status = 'investigating' THEN 1 END) AS investigating,
    COUNT(CASE WHEN status = 'closed' THEN 1 END) AS closed,
    CAST(COUNT(CASE WHEN status = 'closed' THEN 1 END) AS DOUBLE) / COUNT(*) * 100 AS closure_rate_pct,
    AVG(CAST(days_to_close AS DOUBLE)) AS avg_days_to_close
FROM stg_non_conformance
GROUP BY nc_date, nc_type, severity;
