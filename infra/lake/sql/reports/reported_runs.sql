-- reported_runs: the runs that the window and the filters of report_scope let through, complete or not.
CREATE OR REPLACE VIEW reported_runs AS
SELECT r.*
FROM runs r
CROSS JOIN report_scope s
WHERE r.production_date BETWEEN s.from_date AND s.to_date
    AND (s.line IS NULL OR LOWER(TRIM(s.line)) IN (LOWER(TRIM(r.prod_line)), LOWER(TRIM(r.line_name))))
    AND (s.shift IS NULL OR LOWER(TRIM(s.shift)) = LOWER(TRIM(r.shift_code)))
    AND (s.species IS NULL OR LOWER(TRIM(s.species)) = r.species);
