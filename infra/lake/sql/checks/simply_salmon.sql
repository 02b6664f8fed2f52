-- check_simply_salmon_tier: Simply Salmon in another tier than 3, or of Premium fish.
CREATE OR REPLACE VIEW check_simply_salmon_tier AS
SELECT
    o.run_number,
    o.production_date,
    CASE WHEN COUNT(*) = COUNT(o.qty_kg) THEN SUM(o.qty_kg) END AS measured,
    0 AS "limit",
    array_join(array_sort(array_agg(DISTINCT o.product_code)), ', ') AS detail
FROM run_outputs o
JOIN product_by_code p ON p.product_code = o.product_code AND p.is_simply_salmon
LEFT JOIN grades g ON g.grade_text = LOWER(TRIM(o.source_grade))
WHERE o.tier <> 3 OR g.grade = 'Premium'
GROUP BY o.run_number, o.production_date;
