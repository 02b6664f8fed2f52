-- check_underweight_lot: packs that are lighter than the average-quantity rules allow. measured and limit are those of the first rule that the run breaks. detail
-- names all rules that it breaks.
CREATE OR REPLACE VIEW check_underweight_lot AS
WITH judged AS (
    SELECT
        w.*,
        mean_g < nominal_g * (1 - 1e-9) AS is_light,
        below_t1 * 1000 > packs * 25 AS has_many_below_t1
    FROM run_weights w
    WHERE verdict = 'fail'
)
SELECT
    run_number,
    production_date,
    CASE WHEN is_light THEN mean_g WHEN has_many_below_t1 THEN CAST(below_t1 AS DOUBLE) / packs * 100 ELSE below_t2 END AS measured,
    CASE WHEN is_light THEN nominal_g WHEN has_many_below_t1 THEN 2.5 ELSE 0 END AS "limit",
    CASE WHEN is_light THEN 'mean' ELSE '' END
        || CASE WHEN has_many_below_t1 THEN ', T1' ELSE '' END
        || CASE WHEN below_t2 > 0 THEN ', T2' ELSE '' END AS detail
FROM judged;
