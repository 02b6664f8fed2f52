-- check_plu_mismatch and check_label_gap: wrong labels on scanned cases, and labels that were never scanned.
CREATE OR REPLACE VIEW check_plu_mismatch AS
SELECT
    run_number,
    production_date,
    COUNT(*) AS measured,
    0 AS "limit",
    array_join(array_sort(array_agg(DISTINCT scanned_plu || ', ' || expected_plu)), ', ') AS detail
FROM run_cases
WHERE scanned_plu <> expected_plu
    -- 0100 and 100.0 are the number 100.
    AND COALESCE(TRY_CAST(scanned_plu AS DECIMAL(38, 3)) <> TRY_CAST(expected_plu AS DECIMAL(38, 3)), TRUE)
GROUP BY run_number, production_date;

-- Gaps lie between two labels that were scanned, so that a mistyped end label of nine thousand million costs nothing. The labels just before and just after the
-- range are added for the gaps at its ends.
CREATE OR REPLACE VIEW check_label_gap AS
WITH ranges AS (
    SELECT run_number, production_date, CAST(start_label AS DECIMAL(20, 0)) AS first_label, CAST(end_label AS DECIMAL(20, 0)) AS last_label
    FROM runs
    WHERE complete AND start_label <= end_label AND EXISTS (SELECT 1 FROM known_tables WHERE table_name = 'case_verification')
),
labels AS (
    SELECT c.run_number, c.production_date, CAST(c.label_seq AS DECIMAL(20, 0)) AS label
    FROM run_cases c
    JOIN ranges r ON r.run_number = c.run_number AND r.production_date = c.production_date
    WHERE c.label_seq BETWEEN r.first_label AND r.last_label
    UNION
    SELECT run_number, production_date, first_label - 1 AS label FROM ranges
    UNION
    SELECT run_number, production_date, last_label + 1 AS label FROM ranges
),
steps AS (
    SELECT
        run_number,
        production_date,
        label + 1 AS first_missing,
        LEAD(label) OVER (PARTITION BY run_number, production_date ORDER BY label) - 1 AS last_missing
    FROM labels
),
gaps AS (
    SELECT
        s.*,
        CAST(CAST(first_missing AS DECIMAL(20, 0)) AS VARCHAR(20))
            || CASE WHEN first_missing < last_missing THEN '-' || CAST(CAST(last_missing AS DECIMAL(20, 0)) AS VARCHAR(20)) ELSE '' END AS gap
    FROM steps s
    WHERE first_missing <= last_missing
),
told AS (
    SELECT
        run_number,
        production_date,
        ROW_NUMBER() OVER (PARTITION BY run_number, production_date ORDER BY first_missing) AS place,
        SUM(last_missing - first_missing + 1) OVER (PARTITION BY run_number, production_date) AS missing,
        array_join(
            array_agg(gap) OVER (PARTITION BY run_number, production_date ORDER BY first_missing ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING),
            ', '
        ) AS detail
    FROM gaps
)
SELECT run_number, production_date, missing AS measured, 0 AS "limit", detail
FROM told
WHERE place = 1;
