-- check_rejected_rows: runs of which rows cannot be read. detail names the keys and the reasons. The key of a row is JSON, or the whole row where the key cannot be
-- read.
CREATE OR REPLACE VIEW check_rejected_rows AS
WITH told AS (
    SELECT
        run_number,
        production_date,
        reason || CASE
            WHEN "key" LIKE '[%' THEN ', ' || REPLACE(REPLACE(REPLACE(REPLACE("key", '[', ''), ']', ''), '"', ''), ',', ', ')
            ELSE ''
        END AS what
    FROM run_rejected
)
SELECT run_number, production_date, COUNT(*) AS measured, 0 AS "limit", array_join(array_sort(array_agg(what)), ', ') AS detail
FROM told
GROUP BY run_number, production_date;
