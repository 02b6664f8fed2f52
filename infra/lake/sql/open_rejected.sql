-- open_rejected: the rejected rows that the ERP has not mended yet, as they lie in rejected/<table>/open.parquet. table_name is the <table>. "row" holds the original
-- values as JSON.
--
-- A view cannot know which tables have rejected rows. This one is empty: then no run has any. README.md says how to fill it.
CREATE OR REPLACE VIEW open_rejected AS
SELECT
    CAST(NULL AS VARCHAR(100)) AS table_name,
    CAST(NULL AS VARCHAR(100)) AS "key",
    CAST(NULL AS VARCHAR(100)) AS reason,
    CAST(NULL AS VARCHAR(100)) AS "row",
    CAST(NULL AS VARCHAR(100)) AS watermark,
    CAST(NULL AS VARCHAR(100)) AS rejected_at
FROM (VALUES (1)) AS v (n)
WHERE n = 0;
