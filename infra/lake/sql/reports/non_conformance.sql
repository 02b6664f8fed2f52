-- non-conformance: the quality records of the window by type and severity. The worst severity first, then the most raised, then type.
CREATE OR REPLACE VIEW report_non_conformance AS
SELECT
    n.nc_type,
    n.severity,
    COUNT(*) AS raised,
    COUNT(CASE WHEN n.status = 'open' THEN 1 END) AS "open",
    COUNT(CASE WHEN n.status = 'investigating' THEN 1 END) AS investigating,
    COUNT(CASE WHEN n.status = 'closed' THEN 1 END) AS closed,
    CAST(COUNT(CASE WHEN n.status = 'closed' THEN 1 END) AS DOUBLE) / COUNT(*) * 100 AS closure_rate_pct,
    AVG(CAST(n.days_to_close AS DOUBLE)) AS avg_days_to_close,
    MIN(CASE WHEN n.status = 'closed' THEN NULL ELSE n.nc_date END) AS oldest_open_date
FROM stg_non_conformance n
CROSS JOIN report_scope s
WHERE n.nc_date BETWEEN s.from_date AND s.to_date
GROUP BY n.nc_type, n.severity;
