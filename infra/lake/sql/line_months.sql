-- line_months: the complete runs of each month, line, shift and species, added up. A sum with an unknown part is unknown. The yield is over the runs that know both sides of it.
CREATE OR REPLACE VIEW line_months AS
WITH complete AS (
    SELECT
        r.*,
        CAST(DATE_TRUNC('month', production_date) AS DATE) AS month,
        COALESCE(input_kg > 0 AND actual_kg IS NOT NULL, FALSE) AS has_yield,
        has_inputs AND input_kg IS NULL AS is_input_unknown,
        (has_outputs OR has_totals) AND actual_kg IS NULL AS is_output_unknown,
        has_inputs AND (input_kg IS NULL OR ((has_outputs OR has_totals) AND actual_kg IS NULL)) AS is_waste_unknown
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
    CASE WHEN COUNT(CASE WHEN is_input_unknown THEN 1 END) = 0 THEN SUM(input_kg) END AS input_kg,
    CASE WHEN COUNT(CASE WHEN is_output_unknown THEN 1 END) = 0 THEN SUM(actual_kg) END AS total_kg,
    COUNT(CASE WHEN is_input_unknown THEN 1 END) AS unknown_inputs,
    COUNT(CASE WHEN is_output_unknown THEN 1 END) AS unknown_outputs,
    COUNT(CASE WHEN is_waste_unknown THEN 1 END) AS unknown_wastes,
    SUM(CASE WHEN has_yield THEN input_kg END) AS yield_input_kg,
    SUM(CASE WHEN has_yield THEN actual_kg END) AS yield_output_kg,
    MIN(production_date) AS first_date,
    MAX(production_date) AS last_date
FROM complete
GROUP BY month, prod_line, line_name, shift_code, species;
