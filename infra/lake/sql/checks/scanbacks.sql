-- check_scanback_without_parent: fish that was scanned back as a new batch without a known parent. A factory without intake records knows no batches. There the
-- only violation is a parent that is not named.
CREATE OR REPLACE VIEW check_scanback_without_parent AS
WITH batches AS (
    SELECT LOWER(batch_code) AS batch_key FROM staging.traceability
    UNION
    SELECT LOWER(TRIM(new_batch_code)) AS batch_key FROM staging.batch_lineage
),
orphans AS (
    SELECT s.*
    FROM run_scans s
    LEFT JOIN batches b ON b.batch_key = LOWER(s.parent_batch)
    WHERE s.direction = 'SCANBACK'
        AND s.return_method = 'OCM'
        AND (s.parent_batch IS NULL OR (b.batch_key IS NULL AND EXISTS (SELECT 1 FROM known_tables WHERE table_name = 'traceability')))
)
SELECT
    run_number,
    production_date,
    COUNT(*) AS measured,
    0 AS "limit",
    array_join(array_sort(array_agg(DISTINCT COALESCE(new_batch_code, '') || ', ' || COALESCE(parent_batch, ''))), ', ') AS detail
FROM orphans
GROUP BY run_number, production_date;
