-- check_unmapped_exception_run and check_weight_mismatch: complete runs whose paperwork lacks the inputs or has a wrong weight.
CREATE OR REPLACE VIEW check_unmapped_exception_run AS
SELECT
    o.run_number,
    o.production_date,
    CAST(NULL AS DOUBLE) AS measured,
    CAST(NULL AS DOUBLE) AS "limit",
    array_join(array_sort(array_agg(DISTINCT COALESCE(o.product_code, ''))), ', ') AS detail
FROM run_outputs o
JOIN run_starts r ON r.run_number = o.run_number AND r.production_date = o.production_date AND r.complete
LEFT JOIN product_by_code p ON p.product_code = o.product_code
LEFT JOIN (
    SELECT run_number, production_date FROM run_inputs
    UNION
    -- An input that cannot be read is recorded all the same.
    SELECT run_number, production_date FROM run_rejected WHERE table_name = 'run_inputs'
) i ON i.run_number = o.run_number AND i.production_date = o.production_date
WHERE (p.is_exception OR LOWER(TRIM(o.piece_type)) IN ('marinade', 'marinades'))
    AND i.run_number IS NULL
    AND EXISTS (SELECT 1 FROM known_tables WHERE table_name = 'run_inputs')
GROUP BY o.run_number, o.production_date;

CREATE OR REPLACE VIEW check_weight_mismatch AS
WITH outputs AS (
    -- A sum with an unknown part, or of less than nothing, is not judged.
    SELECT run_number, production_date, CASE WHEN COUNT(*) = COUNT(qty_kg) AND SUM(qty_kg) >= -1e-9 THEN GREATEST(SUM(qty_kg), 0) END AS output_kg
    FROM run_outputs
    GROUP BY run_number, production_date
)
SELECT
    r.run_number,
    r.production_date,
    CASE WHEN r.total_weight_kg > 0 THEN ABS(o.output_kg - r.total_weight_kg) / r.total_weight_kg * 100 END AS measured,
    2 AS "limit",
    CAST(NULL AS VARCHAR(1)) AS detail
FROM runs r
JOIN outputs o ON o.run_number = r.run_number AND o.production_date = r.production_date
WHERE r.complete AND ABS(o.output_kg - r.total_weight_kg) > 0.02 * r.total_weight_kg * (1 + 1e-9) + 1e-9;
