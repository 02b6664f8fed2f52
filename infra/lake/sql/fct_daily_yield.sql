-- fct_daily_yield: the complete runs of a date, shift, line, product and customer, these being the run's: each run is in one row.
--
-- Percentages are ratios of sums over the same runs: a run without inputs counts in total_kg, and not in yield_pct.
CREATE OR REPLACE VIEW fct_daily_yield AS
WITH complete AS (
    SELECT
        r.*,
        input_kg > 0 AND actual_kg IS NOT NULL AS has_yield,
        target_kg > 0 AND actual_kg IS NOT NULL AS has_efficiency,
        pack_target_g > 0 AND pack_giveaway_g IS NOT NULL AS has_giveaway
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
        SUM(input_kg) AS input_kg,
        SUM(target_kg) AS target_kg,
        SUM(actual_kg) AS total_kg,
        SUM(CASE WHEN has_yield THEN input_kg END) AS yield_input_kg,
        SUM(CASE WHEN has_yield THEN actual_kg END) AS yield_actual_kg,
        SUM(CASE WHEN has_efficiency THEN target_kg END) AS efficiency_target_kg,
        SUM(CASE WHEN has_efficiency THEN actual_kg END) AS efficiency_actual_kg,
        SUM(CASE WHEN has_giveaway THEN pack_giveaway_g END) AS giveaway_g,
        SUM(CASE WHEN has_giveaway THEN pack_target_g END) AS giveaway_target_g
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
    yield_input_kg - yield_actual_kg AS waste_kg,
    yield_actual_kg / yield_input_kg * 100 AS yield_pct,
    (yield_input_kg - yield_actual_kg) / yield_input_kg * 100 AS waste_pct,
    efficiency_actual_kg / efficiency_target_kg * 100 AS efficiency_pct,
    giveaway_g / giveaway_target_g * 100 AS giveaway_pct
FROM sums;
