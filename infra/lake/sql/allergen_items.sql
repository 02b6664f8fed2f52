-- allergen_items: what the product master's texts of allergens list, a row per text and item, in lower case. "FISH, MILK" and "contains fish and milk" list the same.
--
-- Items such as "none" and "unknown" are among them.
CREATE OR REPLACE VIEW allergen_items AS
WITH digits AS (
    SELECT d FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS v (d)
),
places AS (
    -- A product names at most 100 allergens.
    SELECT tens.d * 10 + ones.d + 1 AS n FROM digits tens CROSS JOIN digits ones
),
padded AS (
    -- The blanks at both ends put one on either side of the first and the last word.
    SELECT DISTINCT allergens AS text, ' ' || LOWER(allergens) || ' ' AS said
    FROM staging.plu
    WHERE allergens IS NOT NULL
),
separated AS (
    -- 160 is a blank that does not break a line, 59 a semicolon.
    SELECT
        text,
        REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(said, CHR(160), ' '), CHR(9), ','), CHR(10), ','), CHR(13), ','), ' n/a ', ' unknown '), CHR(59), ','), '/', ','), '|', ','), '&', ','), '+', ','), ':', ','), '.', ','), ' - ', ','), ' and ', ',') AS list
    FROM padded
),
parts AS (
    SELECT text, TRIM(split_part(list, ',', places.n)) AS part
    FROM separated
    CROSS JOIN places
    WHERE places.n <= LENGTH(list) - LENGTH(REPLACE(list, ',', '')) + 1
),
listed AS (
    SELECT text, CASE WHEN part LIKE 'and %' THEN TRIM(SUBSTR(part, 5)) ELSE part END AS part
    FROM parts
),
items AS (
    SELECT
        text,
        TRIM(CASE WHEN part LIKE 'may contain %' THEN SUBSTR(part, 13) WHEN part LIKE 'contains %' THEN SUBSTR(part, 10) ELSE part END) AS item
    FROM listed
)
SELECT DISTINCT text, item
FROM items
WHERE item NOT IN ('', 'and', 'allergen', 'allergens', 'contains', 'may contain');
