-- run_weights: the pack weights of each run, judged by the average-quantity rules (Weights and Measures (Packaged Goods) Regulations 2006).
--
-- A lot is its packs that are placed on the market. The others are counted (packs_excluded).
-- The nominal weight is the product's pack size, else the most frequent target weight of the packs (the heaviest of several). Below 5 g the rules do not apply.
-- T1 is the nominal weight less the tolerable negative error, T2 is the nominal weight less twice that error. A billionth of a limit is the inexactness of a sum and
-- no violation.
CREATE OR REPLACE VIEW run_weights AS
WITH targets AS (
    SELECT
        run_number,
        production_date,
        target_weight,
        ROW_NUMBER() OVER (PARTITION BY run_number, production_date ORDER BY COUNT(*) DESC, target_weight DESC) AS place
    FROM run_packs
    WHERE is_placed AND target_weight IS NOT NULL
    GROUP BY run_number, production_date, target_weight
),
nominals AS (
    SELECT r.run_number, r.production_date, COALESCE(p.pack_size_g, t.target_weight) AS nominal_g
    FROM run_starts r
    LEFT JOIN product_by_code p ON p.product_code = r.product_code
    LEFT JOIN targets t ON t.run_number = r.run_number AND t.production_date = r.production_date AND t.place = 1
),
errors AS (
    SELECT
        n.*,
        -- Percentages of the nominal weight are rounded up to a tenth of a gram. The inexactness of the multiplication is taken away before.
        CASE
            WHEN nominal_g < 5 THEN NULL
            WHEN nominal_g < 50 THEN CEILING(nominal_g * 0.9 - 1e-9) / 10
            WHEN nominal_g < 100 THEN 4.5
            WHEN nominal_g < 200 THEN CEILING(nominal_g * 0.45 - 1e-9) / 10
            WHEN nominal_g < 300 THEN 9
            WHEN nominal_g < 500 THEN CEILING(nominal_g * 0.3 - 1e-9) / 10
            WHEN nominal_g < 1000 THEN 15
            WHEN nominal_g < 10000 THEN CEILING(nominal_g * 0.15 - 1e-9) / 10
            WHEN nominal_g < 15000 THEN 150
            ELSE CEILING(nominal_g * 0.1 - 1e-9) / 10
        END AS error_g
    FROM nominals n
),
lots AS (
    SELECT
        k.run_number,
        k.production_date,
        e.nominal_g,
        e.error_g,
        COUNT(CASE WHEN k.is_placed THEN 1 END) AS packs,
        COUNT(CASE WHEN NOT k.is_placed THEN 1 END) AS packs_excluded,
        AVG(CASE WHEN k.is_placed THEN k.net_weight END) AS mean_g,
        STDDEV_SAMP(CASE WHEN k.is_placed THEN k.net_weight END) AS std_dev_g,
        COUNT(CASE WHEN k.is_placed AND k.net_weight < (e.nominal_g - e.error_g) * (1 - 1e-9) THEN 1 END) AS below_t1,
        COUNT(CASE WHEN k.is_placed AND k.net_weight < (e.nominal_g - 2 * e.error_g) * (1 - 1e-9) THEN 1 END) AS below_t2
    FROM run_packs k
    JOIN errors e ON e.run_number = k.run_number AND e.production_date = k.production_date
    GROUP BY k.run_number, k.production_date, e.nominal_g, e.error_g
)
SELECT
    run_number,
    production_date,
    packs,
    packs_excluded,
    nominal_g,
    mean_g,
    std_dev_g,
    CASE WHEN error_g IS NOT NULL AND packs > 0 THEN below_t1 END AS below_t1,
    CASE WHEN error_g IS NOT NULL AND packs > 0 THEN below_t2 END AS below_t2,
    CASE
        WHEN error_g IS NULL OR packs = 0 THEN NULL
        WHEN mean_g < nominal_g * (1 - 1e-9) OR below_t1 * 1000 > packs * 25 OR below_t2 > 0 THEN 'fail'
        ELSE 'pass'
    END AS verdict
FROM lots;
