-- allergen-changeovers: consecutive runs of a line and day whose allergens differ, with the allergens that come and those that go. Those that go must be cleaned away.
--
-- Newest date first, then line, then the latest start. A run whose product is unknown has no allergens. Lists are sorted and in lower case. An empty list is null.
CREATE OR REPLACE VIEW report_allergen_changeovers AS
WITH digits AS (
    SELECT d FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS v (d)
),
places AS (
    -- A product names at most 100 allergens.
    SELECT tens.d * 10 + ones.d + 1 AS n FROM digits tens CROSS JOIN digits ones
),
allergens AS (
    SELECT DISTINCT p.product_code, LOWER(TRIM(split_part(p.allergens, ',', places.n))) AS allergen
    FROM product_by_code p
    CROSS JOIN places
    WHERE places.n <= LENGTH(p.allergens) - LENGTH(REPLACE(p.allergens, ',', '')) + 1 AND TRIM(split_part(p.allergens, ',', places.n)) <> ''
),
started AS (
    SELECT
        r.*,
        LEAD(run_number) OVER (PARTITION BY production_date, prod_line ORDER BY started_at, run_number) AS to_run,
        LEAD(product_code) OVER (PARTITION BY production_date, prod_line ORDER BY started_at, run_number) AS to_product_code,
        LEAD(started_at) OVER (PARTITION BY production_date, prod_line ORDER BY started_at, run_number) AS to_started_at
    FROM runs r
    CROSS JOIN report_scope s
    WHERE r.started_at IS NOT NULL
        AND r.prod_line IS NOT NULL
        AND r.production_date BETWEEN s.from_date AND s.to_date
        AND (s.line IS NULL OR LOWER(TRIM(s.line)) IN (LOWER(TRIM(r.prod_line)), LOWER(TRIM(r.line_name))))
),
pairs AS (
    SELECT s.*, EXTRACT(DAY FROM (to_started_at - finished_at)) * 1440.0
        + EXTRACT(HOUR FROM (to_started_at - finished_at)) * 60.0
        + EXTRACT(MINUTE FROM (to_started_at - finished_at))
        + EXTRACT(SECOND FROM (to_started_at - finished_at)) / 60.0 AS gap_minutes
    FROM started s
    WHERE to_run IS NOT NULL
),
sides AS (
    SELECT p.production_date, p.run_number, p.to_run, a.allergen, 1 AS was_there, 0 AS is_there
    FROM pairs p
    JOIN allergens a ON a.product_code = p.product_code
    UNION ALL
    SELECT p.production_date, p.run_number, p.to_run, a.allergen, 0 AS was_there, 1 AS is_there
    FROM pairs p
    JOIN allergens a ON a.product_code = p.to_product_code
),
changes AS (
    SELECT production_date, run_number, to_run, allergen, MAX(was_there) AS was_there, MAX(is_there) AS is_there
    FROM sides
    GROUP BY production_date, run_number, to_run, allergen
),
lists AS (
    -- array_join leaves out the nulls of an array.
    SELECT
        production_date,
        run_number,
        to_run,
        NULLIF(array_join(array_sort(array_agg(CASE WHEN was_there = 1 THEN allergen END)), ', '), '') AS from_all,
        NULLIF(array_join(array_sort(array_agg(CASE WHEN is_there = 1 THEN allergen END)), ', '), '') AS to_all,
        NULLIF(array_join(array_sort(array_agg(CASE WHEN was_there = 0 THEN allergen END)), ', '), '') AS added_all,
        NULLIF(array_join(array_sort(array_agg(CASE WHEN is_there = 0 THEN allergen END)), ', '), '') AS removed_all
    FROM changes
    GROUP BY production_date, run_number, to_run
    HAVING MAX(CASE WHEN was_there <> is_there THEN 1 ELSE 0 END) = 1
)
SELECT
    p.production_date,
    p.prod_line,
    p.line_name,
    p.run_number AS from_run,
    p.product_code AS from_product_code,
    l.from_all AS from_allergens,
    p.to_run,
    p.to_product_code,
    l.to_all AS to_allergens,
    l.added_all AS added,
    l.removed_all AS removed,
    l.removed_all IS NOT NULL AS cleaning_required,
    p.gap_minutes
FROM pairs p
JOIN lists l ON l.production_date = p.production_date AND l.run_number = p.run_number AND l.to_run = p.to_run;
