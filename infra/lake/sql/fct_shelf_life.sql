-- fct_shelf_life: how much of each complete run has not been despatched, and the pack date from which its days count.
--
-- For a given day: day_number = day - pack_date, and use_by = pack_date + 9 + adjustment_days. The rest has to be frozen from pack_date + 13. It is listed from day 9
-- to day 30.
CREATE OR REPLACE VIEW fct_shelf_life AS
WITH despatched AS (
    SELECT run_number, production_date, SUM(qty_kg) AS despatched_kg
    FROM run_despatches
    WHERE status IN ('loaded', 'delivered')
    GROUP BY run_number, production_date
)
SELECT
    r.run_number,
    r.production_date,
    r.product_code,
    r.product AS description,
    COALESCE(r.pack_date, r.production_date) AS pack_date,
    COALESCE(r.shelf_life_adjustment, 0) AS adjustment_days,
    r.actual_kg,
    COALESCE(d.despatched_kg, 0) AS despatched_kg,
    r.actual_kg - COALESCE(d.despatched_kg, 0) AS left_kg
FROM runs r
LEFT JOIN despatched d ON d.run_number = r.run_number AND d.production_date = r.production_date
WHERE r.complete;
