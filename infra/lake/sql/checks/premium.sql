-- check_gg_in_premium and check_tails_in_premium: fish in tier 1 that must not be there. check_premium_downgraded: Premium centre cut below tier 1.
CREATE OR REPLACE VIEW check_gg_in_premium AS
WITH inputs AS (
    -- Fish of an unknown grade may be Premium: this is the most Premium fish that can have gone in. It is not known where a part is not, nor where the bookings
    -- of Premium add up to less than nothing.
    SELECT
        i.run_number,
        i.production_date,
        CASE
            WHEN COUNT(CASE WHEN COALESCE(g.grade, '') <> 'GG' AND i.qty_kg IS NULL THEN 1 END) > 0 THEN NULL
            WHEN SUM(CASE WHEN g.grade = 'Premium' THEN i.qty_kg END) < -1e-9 THEN NULL
            ELSE GREATEST(COALESCE(SUM(CASE WHEN g.grade = 'Premium' THEN i.qty_kg END), 0), 0)
                + GREATEST(COALESCE(SUM(CASE WHEN g.grade IS NULL THEN i.qty_kg END), 0), 0)
        END AS premium_kg
    FROM run_inputs i
    LEFT JOIN grades g ON g.grade_text = LOWER(TRIM(i.grade))
    GROUP BY i.run_number, i.production_date
),
tier1 AS (
    SELECT o.run_number, o.production_date, o.product_code, o.qty_kg, g.grade
    FROM run_outputs o
    LEFT JOIN grades g ON g.grade_text = LOWER(TRIM(o.source_grade))
    WHERE o.tier = 1
),
outputs AS (
    SELECT
        run_number,
        production_date,
        CASE WHEN COUNT(*) = COUNT(qty_kg) THEN SUM(qty_kg) END AS tier1_kg,
        COUNT(CASE WHEN grade = 'GG' THEN 1 END) AS gg_rows,
        CASE WHEN COUNT(CASE WHEN grade = 'GG' AND qty_kg IS NULL THEN 1 END) = 0 THEN SUM(CASE WHEN grade = 'GG' THEN qty_kg END) END AS gg_kg
    FROM tier1
    GROUP BY run_number, production_date
),
names AS (
    SELECT run_number, production_date, array_join(array_sort(array_agg(DISTINCT product_code)), ', ') AS detail
    FROM tier1
    WHERE grade = 'GG' AND product_code IS NOT NULL
    GROUP BY run_number, production_date
)
SELECT
    o.run_number,
    o.production_date,
    CASE WHEN o.gg_rows > 0 THEN o.gg_kg ELSE o.tier1_kg END AS measured,
    CASE WHEN o.gg_rows > 0 THEN 0 ELSE i.premium_kg * 1.005 END AS "limit",
    n.detail
FROM outputs o
LEFT JOIN inputs i ON i.run_number = o.run_number AND i.production_date = o.production_date
LEFT JOIN names n ON n.run_number = o.run_number AND n.production_date = o.production_date
-- Only runs with inputs are judged by weight. A billionth is the inexactness of a sum.
WHERE o.gg_rows > 0 OR o.tier1_kg > i.premium_kg * 1.005 * (1 + 1e-9) + 1e-9;

CREATE OR REPLACE VIEW check_tails_in_premium AS
SELECT
    run_number,
    production_date,
    CASE WHEN COUNT(*) = COUNT(qty_kg) THEN SUM(qty_kg) END AS measured,
    0 AS "limit",
    array_join(array_sort(array_agg(DISTINCT COALESCE(product_code, ''))), ', ') AS detail
FROM run_outputs
WHERE tier = 1 AND LOWER(TRIM(piece_type)) IN ('tail', 'tails')
GROUP BY run_number, production_date;

CREATE OR REPLACE VIEW check_premium_downgraded AS
SELECT
    o.run_number,
    o.production_date,
    CASE WHEN COUNT(*) = COUNT(o.qty_kg) THEN SUM(o.qty_kg) END AS measured,
    CAST(NULL AS DOUBLE) AS "limit",
    array_join(array_sort(array_agg(DISTINCT COALESCE(o.product_code, ''))), ', ') AS detail
FROM run_outputs o
JOIN grades g ON g.grade_text = LOWER(TRIM(o.source_grade)) AND g.grade = 'Premium'
WHERE o.tier IN (2, 3)
    -- However it is spelt: "centre cut", "center-cuts".
    AND regexp_like(LOWER(o.piece_type), '^ *cent(er|re)[ _-]*cuts? *$')
GROUP BY o.run_number, o.production_date;
