-- line_names: the production line that a text of the ERP means. A row per text, in lower case.
--
-- A text may be the id or the name of a line. Where it fits several lines, an id beats a name, then an active line beats one that is not, then the first id wins.
CREATE OR REPLACE VIEW line_names AS
WITH lines AS (
    SELECT line_id, COALESCE(NULLIF(TRIM(line_name), ''), line_id) AS line_name, active
    FROM staging.prod_lines
),
called AS (
    SELECT LOWER(line_id) AS text, 1 AS choice, line_id, line_name, active FROM lines
    UNION ALL
    SELECT LOWER(line_name) AS text, 2 AS choice, line_id, line_name, active FROM lines
),
ranked AS (
    SELECT text, line_id, line_name, ROW_NUMBER() OVER (PARTITION BY text ORDER BY choice, active DESC, line_id) AS place
    FROM called
)
SELECT text, line_id, line_name
FROM ranked
WHERE place = 1;
