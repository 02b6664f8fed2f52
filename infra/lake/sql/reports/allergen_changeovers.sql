-- allergen-changeovers: consecutive runs of a line whose allergens differ or are not known, with the allergens that come and those that go. Those that go must be
-- cleaned away. Two runs of one product are no change.
--
-- Newest date first, then line, then the latest start. The date is that of the run after. The run before may lie up to 7 days before the window. Lists are sorted and
-- in lower case. An empty list of what comes or goes is null. A product's own list is 'none' where it is known to have none, and null where it is not known.
CREATE OR REPLACE VIEW report_allergen_changeovers AS
WITH items AS (
    SELECT DISTINCT p.product_code, i.item
    FROM product_by_code p
    JOIN allergen_lists l ON l.shown = p.allergens
    JOIN allergen_items i ON i.text = l.text
),
known AS (
    SELECT
        product_code,
        COALESCE(
            NULLIF(
                array_join(
                    array_sort(array_agg(CASE WHEN item NOT IN ('none', 'nil', 'no allergens', 'none known') THEN item END)),
                    ', '
                ),
                ''
            ),
            'none'
        ) AS all_items
    FROM items
    GROUP BY product_code
    HAVING MAX(CASE WHEN item IN ('unknown', 'not known', 'tbc', 'tba', 'tbd', '?') THEN 1 ELSE 0 END) = 0
),
allergens AS (
    SELECT i.product_code, i.item AS allergen
    FROM items i
    JOIN known k ON k.product_code = i.product_code
    WHERE i.item NOT IN ('none', 'nil', 'no allergens', 'none known')
),
started AS (
    SELECT
        r.*,
        LEAD(run_number) OVER (PARTITION BY prod_line ORDER BY started_at, run_number, production_date) AS to_run,
        LEAD(production_date) OVER (PARTITION BY prod_line ORDER BY started_at, run_number, production_date) AS to_date,
        LEAD(product_code) OVER (PARTITION BY prod_line ORDER BY started_at, run_number, production_date) AS to_product_code,
        LEAD(line_name) OVER (PARTITION BY prod_line ORDER BY started_at, run_number, production_date) AS to_line_name,
        LEAD(started_at) OVER (PARTITION BY prod_line ORDER BY started_at, run_number, production_date) AS to_started_at
    FROM runs r
    CROSS JOIN report_scope s
    WHERE r.started_at IS NOT NULL
        AND r.prod_line IS NOT NULL
        AND r.production_date BETWEEN s.from_date - INTERVAL '7' DAY AND s.to_date + INTERVAL '1' DAY
        AND (s.line IS NULL OR LOWER(TRIM(s.line)) IN (LOWER(TRIM(r.prod_line)), LOWER(TRIM(r.line_name))))
),
pairs AS (
    SELECT
        p.*,
        had.all_items AS from_all,
        has.all_items AS to_all,
        EXTRACT(DAY FROM (to_started_at - finished_at)) * 1440.0
        + EXTRACT(HOUR FROM (to_started_at - finished_at)) * 60.0
        + EXTRACT(MINUTE FROM (to_started_at - finished_at))
        + EXTRACT(SECOND FROM (to_started_at - finished_at)) / 60.0 AS gap_minutes
    FROM started p
    CROSS JOIN report_scope s
    LEFT JOIN known had ON had.product_code = p.product_code
    LEFT JOIN known has ON has.product_code = p.to_product_code
    WHERE p.to_run IS NOT NULL
        AND p.to_date BETWEEN s.from_date AND s.to_date
        AND (NULLIF(TRIM(p.product_code), '') IS NULL OR p.to_product_code IS NULL OR LOWER(p.product_code) <> LOWER(p.to_product_code))
        AND (had.all_items IS NULL OR has.all_items IS NULL OR had.all_items <> has.all_items)
),
sides AS (
    SELECT p.production_date, p.run_number, a.allergen, 1 AS was_there, 0 AS is_there
    FROM pairs p
    JOIN allergens a ON a.product_code = p.product_code
    UNION ALL
    SELECT p.production_date, p.run_number, a.allergen, 0 AS was_there, 1 AS is_there
    FROM pairs p
    JOIN allergens a ON a.product_code = p.to_product_code
),
changes AS (
    SELECT production_date, run_number, allergen, MAX(was_there) AS was_there, MAX(is_there) AS is_there
    FROM sides
    GROUP BY production_date, run_number, allergen
),
lists AS (
    -- array_join leaves out the nulls of an array.
    SELECT
        production_date,
        run_number,
        NULLIF(array_join(array_sort(array_agg(CASE WHEN was_there = 0 THEN allergen END)), ', '), '') AS added_all,
        NULLIF(array_join(array_sort(array_agg(CASE WHEN is_there = 0 THEN allergen END)), ', '), '') AS removed_all
    FROM changes
    GROUP BY production_date, run_number
)
SELECT
    p.to_date AS production_date,
    p.prod_line,
    p.to_line_name AS line_name,
    p.run_number AS from_run,
    p.product_code AS from_product_code,
    p.from_all AS from_allergens,
    p.to_run,
    p.to_product_code,
    p.to_all AS to_allergens,
    CASE WHEN p.from_all IS NOT NULL AND p.to_all IS NOT NULL THEN l.added_all END AS added,
    CASE WHEN p.from_all IS NOT NULL AND p.to_all IS NOT NULL THEN l.removed_all END AS removed,
    CASE WHEN p.from_all IS NOT NULL AND p.to_all IS NOT NULL THEN l.removed_all IS NOT NULL END AS cleaning_required,
    p.gap_minutes
FROM pairs p
LEFT JOIN lists l ON l.production_date = p.production_date AND l.run_number = p.run_number;
