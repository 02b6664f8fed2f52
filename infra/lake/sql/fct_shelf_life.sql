-- fct_shelf_life: how much of each complete run has not been despatched, and the pack date from which its days count.
--
-- For a given day: day_number = day - pack_date, and use_by = pack_date + shelf_life_days (9 where it is null or 0) + adjustment_days. The rest has to be frozen from pack_date + 13. It is listed from day 9
-- to day 30.
CREATE OR REPLACE VIEW fct_shelf_life AS
WITH despatched AS (
    SELECT
        run_number,
        production_date,
        COUNT(*) - COUNT(qty_kg) AS despatches_without_weight,
        -- A sum with an unknown part is unknown, and a sum of less than nothing is no quantity.
        CASE WHEN COUNT(*) = COUNT(qty_kg) AND SUM(qty_kg) >= -1e-9 THEN GREATEST(SUM(qty_kg), 0) END AS gone_kg
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
    r.shelf_life_days,
    COALESCE(r.shelf_life_adjustment, 0) AS adjustment_days,
    r.actual_kg,
    CASE WHEN d.run_number IS NULL THEN 0 ELSE d.gone_kg END AS despatched_kg,
    COALESCE(d.despatches_without_weight, 0) AS despatches_without_weight,
    r.actual_kg - CASE WHEN d.run_number IS NULL THEN 0 ELSE d.gone_kg END AS left_kg,
    r.has_outputs,
    r.outputs_without_weight,
    r.rejected_rows
FROM runs r
LEFT JOIN despatched d ON d.run_number = r.run_number AND d.production_date = r.production_date
WHERE r.complete;
