-- giveaway: how much the packs of complete runs weigh above their targets, by product and line. Only packs whose two weights are known count. The most first.
CREATE OR REPLACE VIEW report_giveaway AS
WITH packs AS (
    SELECT run_number, production_date, COUNT(*) AS packs, SUM(target_weight) / 1000 AS target_kg, SUM(net_weight) / 1000 AS net_kg
    FROM run_packs
    WHERE net_weight IS NOT NULL AND target_weight IS NOT NULL
    GROUP BY run_number, production_date
),
sums AS (
    SELECT
        r.product_code,
        CASE WHEN COUNT(r.product) = COUNT(*) AND COUNT(DISTINCT r.product) = 1 THEN MIN(r.product) END AS product,
        r.prod_line,
        MIN(r.line_name) AS line_name,
        COUNT(*) AS runs,
        CAST(SUM(k.packs) AS BIGINT) AS packs,
        SUM(k.target_kg) AS target_kg,
        SUM(k.net_kg) AS net_kg,
        SUM(CASE WHEN k.target_kg > 0 THEN k.net_kg - k.target_kg END) AS giveaway_of_target_kg
    FROM reported_runs r
    JOIN packs k ON k.run_number = r.run_number AND k.production_date = r.production_date
    WHERE r.complete
    GROUP BY r.product_code, r.prod_line
)
SELECT
    product_code,
    product,
    prod_line,
    line_name,
    runs,
    packs,
    target_kg,
    net_kg,
    net_kg - target_kg AS giveaway_kg,
    CASE WHEN target_kg > 0 THEN giveaway_of_target_kg / target_kg * 100 END AS giveaway_pct
FROM sums;
