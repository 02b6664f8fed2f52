-- line_months: the complete runs of each month, line, shift and species, added up. The yield is over the runs that know both sides of it.
CREATE OR REPLACE VIEW line_months AS
WITH complete AS (
    SELECT
        r.*,
        CAST(DATE_TRUNC('month', production_date) AS DATE) AS month,
        COALESCE(input_kg > 0 AND actual_kg IS NOT NULL, FALSE) AS has_yield
    FROM runs r
    WHERE complete
)
SELECT
    month,
    prod_line,
    line_name,
    shift_code,
    species,
    COUNT(*) AS runs,
    SUM(input_kg) AS input_kg,
    SUM(actual_kg) AS total_kg,
    SUM(CASE WHEN has_yield THEN input_kg END) AS yield_input_kg,
    SUM(CASE WHEN has_yield THEN actual_kg END) AS yield_output_kg,
    MIN(production_date) AS first_date,
    MAX(production_date) AS last_date
FROM complete
GROUP BY month, prod_line, line_name, shift_code, species;
