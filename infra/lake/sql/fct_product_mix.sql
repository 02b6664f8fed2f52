-- fct_product_mix: the products that each run was made into, and how much of each. share_pct is the share of the run's whole output. Outputs without a product code
-- share a row.
CREATE OR REPLACE VIEW fct_product_mix AS
WITH of_run AS (
    SELECT run_number, production_date, CASE WHEN COUNT(*) = COUNT(qty_kg) AND SUM(qty_kg) >= -1e-9 THEN GREATEST(SUM(qty_kg), 0) END AS run_kg
    FROM run_outputs
    GROUP BY run_number, production_date
),
of_product AS (
    -- A sum with an unknown part is unknown. One of less than nothing is no quantity.
    SELECT
        run_number,
        production_date,
        product_code,
        CASE WHEN COUNT(*) = COUNT(qty_packs) THEN SUM(qty_packs) END AS qty_packs,
        CASE WHEN COUNT(*) = COUNT(qty_kg) AND SUM(qty_kg) >= -1e-9 THEN GREATEST(SUM(qty_kg), 0) END AS qty_kg
    FROM run_outputs
    GROUP BY run_number, production_date, product_code
)
SELECT
    o.run_number,
    o.production_date,
    r.prod_line,
    r.line_name,
    r.shift_code,
    o.product_code,
    p.description AS product,
    p.species,
    CAST(o.qty_packs AS BIGINT) AS qty_packs,
    o.qty_kg,
    t.run_kg,
    CASE WHEN t.run_kg > 0 THEN o.qty_kg / t.run_kg * 100 END AS share_pct
FROM of_product o
JOIN of_run t ON t.run_number = o.run_number AND t.production_date = o.production_date
JOIN run_starts r ON r.run_number = o.run_number AND r.production_date = o.production_date
LEFT JOIN product_by_code p ON p.product_code = o.product_code;
