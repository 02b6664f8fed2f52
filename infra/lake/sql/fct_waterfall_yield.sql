-- fct_waterfall_yield: the output of each complete run per tier, and the input that no tier caught. Percentages are shares of the run's input.
--
-- total_kg is all output, including output without a tier. A run without outputs has its input alone. A run without outputs and inputs is left out.
CREATE OR REPLACE VIEW fct_waterfall_yield AS
WITH outputs AS (
    SELECT
        run_number,
        production_date,
        CASE WHEN COUNT(*) = COUNT(qty_kg) AND SUM(qty_kg) >= -1e-9 THEN GREATEST(SUM(qty_kg), 0) END AS total_kg,
        -- A tier without rows is zero. A tier with a row without weight is unknown.
        CASE WHEN COUNT(CASE WHEN tier = 1 AND qty_kg IS NULL THEN 1 END) = 0 THEN COALESCE(SUM(CASE WHEN tier = 1 THEN qty_kg END), 0) END AS tier1_kg,
        CASE WHEN COUNT(CASE WHEN tier = 2 AND qty_kg IS NULL THEN 1 END) = 0 THEN COALESCE(SUM(CASE WHEN tier = 2 THEN qty_kg END), 0) END AS tier2_kg,
        CASE WHEN COUNT(CASE WHEN tier = 3 AND qty_kg IS NULL THEN 1 END) = 0 THEN COALESCE(SUM(CASE WHEN tier = 3 THEN qty_kg END), 0) END AS tier3_kg
    FROM run_outputs
    GROUP BY run_number, production_date
),
quantities AS (
    -- A sum of less than nothing is no quantity.
    SELECT
        run_number,
        production_date,
        total_kg,
        CASE WHEN tier1_kg >= -1e-9 THEN GREATEST(tier1_kg, 0) END AS tier1_kg,
        CASE WHEN tier2_kg >= -1e-9 THEN GREATEST(tier2_kg, 0) END AS tier2_kg,
        CASE WHEN tier3_kg >= -1e-9 THEN GREATEST(tier3_kg, 0) END AS tier3_kg
    FROM outputs
)
SELECT
    r.run_number,
    r.production_date,
    r.prod_line,
    r.line_name,
    r.shift_code,
    r.species,
    r.product_code,
    r.product,
    r.input_kg,
    o.tier1_kg,
    CASE WHEN r.input_kg > 0 THEN o.tier1_kg / r.input_kg * 100 END AS tier1_pct,
    o.tier2_kg,
    CASE WHEN r.input_kg > 0 THEN o.tier2_kg / r.input_kg * 100 END AS tier2_pct,
    o.tier3_kg,
    CASE WHEN r.input_kg > 0 THEN o.tier3_kg / r.input_kg * 100 END AS tier3_pct,
    o.total_kg,
    CASE WHEN r.input_kg > 0 THEN o.total_kg / r.input_kg * 100 END AS capture_rate_pct,
    r.input_kg - o.total_kg AS true_waste_kg,
    r.inputs_without_weight,
    r.outputs_without_weight,
    r.rejected_rows
FROM runs r
LEFT JOIN quantities o ON o.run_number = r.run_number AND o.production_date = r.production_date
WHERE r.complete AND (r.input_kg IS NOT NULL OR o.total_kg IS NOT NULL);
