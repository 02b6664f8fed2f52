-- run_rejected: the open rejected rows of runs, each with the run that its original values name.
--
-- A row of a table with a production date belongs to the run of that date. Other rows belong to a run by their own time, as valid rows do (see run_starts and
-- run_despatches). Where that cannot be read, it is the watermark, or else the time when the row was found.
CREATE OR REPLACE VIEW run_rejected AS
WITH named AS (
    SELECT
        ROW_NUMBER() OVER (ORDER BY o.table_name, o."key", o.reason, o."row") AS rejected_id,
        o.table_name,
        o."key",
        o.reason,
        TRIM(COALESCE(json_extract_scalar(o."row", '$.RunNumber'), json_extract_scalar(o."row", '$.run_number'))) AS run_number,
        TRY_CAST(
            SUBSTR(TRIM(COALESCE(json_extract_scalar(o."row", '$.ProductionDate'), json_extract_scalar(o."row", '$.production_date'))), 1, 10) AS DATE
        ) AS dated,
        CASE WHEN o.table_name = 'despatch' THEN TRY_CAST(SUBSTR(json_extract_scalar(o."row", '$.despatch_date'), 1, 10) AS DATE) END AS own_day,
        COALESCE(
            CASE
                WHEN o.table_name = 'transactions'
                    THEN TRY_CAST(REPLACE(json_extract_scalar(o."row", '$.TransDate'), 'T', ' ') AS TIMESTAMP)
                WHEN o.table_name IN ('batch_lineage', 'case_verification')
                    THEN TRY_CAST(REPLACE(json_extract_scalar(o."row", '$.scan_time'), 'T', ' ') AS TIMESTAMP)
                -- An order counts by the end of its day.
                WHEN o.table_name = 'despatch'
                    THEN CAST(TRY_CAST(SUBSTR(json_extract_scalar(o."row", '$.despatch_date'), 1, 10) AS DATE) AS TIMESTAMP) + INTERVAL '86399' SECOND
            END,
            TRY_CAST(o.watermark AS TIMESTAMP),
            TRY_CAST(REPLACE(SUBSTR(o.rejected_at, 1, 19), 'T', ' ') AS TIMESTAMP)
        ) AS own_time
    FROM open_rejected o
    WHERE o.table_name IN (
        'run_numbers', 'transactions', 'run_totals', 'run_sheets', 'run_inputs', 'run_outputs', 'batch_lineage', 'case_verification', 'despatch',
        'downgrade_log'
    )
),
paired AS (
    SELECT
        r.run_number,
        r.production_date,
        r.began_at,
        n.rejected_id,
        n.table_name,
        n."key",
        n.reason,
        CASE WHEN r.began_at <= n.own_time AND (n.own_day IS NULL OR r.production_date <= n.own_day) THEN 1 ELSE 0 END AS had_begun
    FROM named n
    JOIN run_starts r ON r.run_key = LOWER(n.run_number) AND (n.dated IS NULL OR r.production_date = n.dated)
),
ranked AS (
    SELECT
        p.*,
        ROW_NUMBER() OVER (
            PARTITION BY rejected_id
            ORDER BY
                had_begun DESC,
                CASE WHEN had_begun = 1 THEN began_at END DESC,
                CASE WHEN had_begun = 1 THEN production_date END DESC,
                began_at,
                production_date
        ) AS place
    FROM paired p
)
SELECT run_number, production_date, table_name, "key", reason
FROM ranked
WHERE place = 1;
