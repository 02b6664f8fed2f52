-- batch_names: how the code of a batch is written. A row per code in lower case: as its intake writes it, else as the scan-back that made it. Of several spellings
-- the first in the order of characters wins.
CREATE OR REPLACE VIEW batch_names AS
WITH named AS (
    SELECT LOWER(batch_code) AS batch_key, batch_code AS taken_in, CAST(NULL AS VARCHAR(100)) AS made FROM staging.traceability WHERE batch_code <> ''
    UNION ALL
    SELECT LOWER(new_batch_code) AS batch_key, CAST(NULL AS VARCHAR(100)) AS taken_in, new_batch_code AS made FROM staging.batch_lineage WHERE new_batch_code <> ''
)
SELECT batch_key, COALESCE(MIN(taken_in), MIN(made)) AS batch_code
FROM named
GROUP BY batch_key;
