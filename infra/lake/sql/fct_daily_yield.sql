-- fct_daily_yield: the complete runs of each date, shift, line, product and customer. These are the run's own, so each run counts in one row.
--
-- Percentages are ratios of sums over the same runs. A run without inputs counts in total_kg, but not in yield_pct.
CREATE OR REPLACE VIEW fct_daily_yield AS
WITH complete AS (
    SELECT
        r.*,
        input_kg > 0 AND actual_kg IS NOT NULL AS has_yield,
        target_kg > 0 AND actual_kg IS NOT NULL AS has_efficiency,
        COALESCE(pack_target_g > 0 AND pack_giveaway_g IS NOT NULL, FALSE) AS has_packs,
        -- If the packs of the run are not known: its target weight by the sums of the weighing system.
        CASE WHEN giveaway_pct IS NOT NULL THEN COALESCE(total_weight_kg, actual_kg) - COALESCE(total_giveaway_kg, 0) END AS told_target_kg
    FROM runs r
    WHERE complete
),
sums AS (
    SELECT
        production_date,
        shift_code,
        prod_line,
        MIN(line_name) AS line_name,
        product_code,
        CASE WHEN COUNT(product) = COUNT(*) AND COUNT(DISTINCT product) = 1 THEN MIN(product) END AS product,
        customer,
        COUNT(*) AS runs,
        -- A sum with an unknown part is unknown. A run without bookings has no part.
        CASE WHEN COUNT(CASE WHEN has_inputs AND input_kg IS NULL THEN 1 END) = 0 THEN SUM(input_kg) END AS input_kg,
        SUM(target_kg) AS target_kg,
        CASE WHEN COUNT(CASE WHEN (has_outputs OR has_totals) AND actual_kg IS NULL THEN 1 END) = 0 THEN SUM(actual_kg) END AS total_kg,
        COUNT(CASE WHEN has_inputs AND (input_kg IS NULL OR ((has_outputs OR has_totals) AND actual_kg IS NULL)) THEN 1 END) AS unknown_wastes,
        SUM(CASE WHEN has_yield THEN input_kg END) AS yield_input_kg,
        SUM(CASE WHEN has_yield THEN actual_kg END) AS yield_actual_kg,
        SUM(CASE WHEN has_efficiency THEN target_kg END) AS efficiency_target_kg,
        SUM(CASE WHEN has_efficiency THEN actual_kg END) AS efficiency_actual_kg,
        SUM(CASE WHEN has_packs THEN pack_giveaway_g END) AS giveaway_g,
        SUM(CASE WHEN has_packs THEN pack_target_g END) AS giveaway_target_g,
        SUM(CASE WHEN NOT has_packs THEN giveaway_pct / 100 * told_target_kg END) AS told_giveaway_kg,
        SUM(CASE WHEN NOT has_packs THEN told_target_kg END) AS told_target_kg
    FROM complete
    GROUP BY production_date, shift_code, prod_line, product_code, customer
)
SELECT
    production_date,
    shift_code,
    prod_line,
    line_name,
    product_code,
    product,
    customer,
    runs,
    input_kg,
    target_kg,
    total_kg,
    CASE WHEN unknown_wastes = 0 THEN yield_input_kg - yield_actual_kg END AS waste_kg,
    yield_actual_kg / yield_input_kg * 100 AS yield_pct,
    (yield_input_kg - yield_actual_kg) / yield_input_kg * 100 AS waste_pct,
    efficiency_actual_kg / efficiency_target_kg * 100 AS efficiency_pct,
    CASE
        WHEN giveaway_target_g > 0 THEN giveaway_g / giveaway_target_g * 100
        WHEN told_target_kg > 0 THEN told_giveaway_kg / told_target_kg * 100
    END AS giveaway_pct
FROM sums;
