-- run_weight_points: the mean and the range of every five consecutive packs of a run, for an X-bar and R chart. Packs that fill no subgroup are left out.
CREATE OR REPLACE VIEW run_weight_points AS
WITH numbered AS (
    SELECT
        k.*,
        ROW_NUMBER() OVER (PARTITION BY run_number, production_date ORDER BY trans_date, trans_no) AS place
    FROM run_packs k
    WHERE is_placed
),
grouped AS (
    SELECT n.*, CAST(FLOOR((place + 4) / 5.0) AS BIGINT) AS subgroup
    FROM numbered n
)
SELECT
    run_number,
    production_date,
    subgroup,
    MAX(trans_date) AS weighed_at,
    AVG(net_weight) AS mean_g,
    MAX(net_weight) - MIN(net_weight) AS range_g
FROM grouped
GROUP BY run_number, production_date, subgroup
HAVING COUNT(*) = 5;
