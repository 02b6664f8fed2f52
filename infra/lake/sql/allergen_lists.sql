-- allergen_lists: how the product master's texts of allergens are shown. A row per text that says something: as it was written, if its items stand between commas,
-- else the items in alphabetical order.
CREATE OR REPLACE VIEW allergen_lists AS
WITH padded AS (
    SELECT text, ' ' || LOWER(text) || ' ' AS said, array_join(array_sort(array_agg(item)), ', ') AS listed
    FROM allergen_items
    GROUP BY text
)
SELECT
    text,
    CASE
        WHEN REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(said, CHR(160), ' '), CHR(9), ','), CHR(10), ','), CHR(13), ','), ' n/a ', ' unknown '), CHR(59), ','), '/', ','), '|', ','), '&', ','), '+', ','), ':', ','), '.', ','), ' - ', ','), ' and ', ',') = said THEN text
        ELSE listed
    END AS shown
FROM padded;
