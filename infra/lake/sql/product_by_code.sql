-- product_by_code: one product per code in whatever case, so that a join with it multiplies no rows. Of several PLUs with one code an active one wins, then the lowest number.
CREATE OR REPLACE VIEW product_by_code AS
WITH ranked AS (
    SELECT p.*, ROW_NUMBER() OVER (PARTITION BY LOWER(product_code) ORDER BY active DESC, plu_number NULLS LAST) AS place
    FROM products p
    WHERE product_code <> ''
)
SELECT
    r.*,
    w.product_type,
    COALESCE(w.is_exception, FALSE) OR COALESCE(LOWER(TRIM(r.piece_type)) IN ('marinade', 'marinades'), FALSE) AS is_exception,
    COALESCE(w.is_simply_salmon, FALSE) OR COALESCE(b.is_simply_salmon, FALSE) AS is_simply_salmon
FROM ranked r
LEFT JOIN words w ON w.text = r.description
LEFT JOIN words b ON b.text = r.brand
WHERE r.place = 1;
