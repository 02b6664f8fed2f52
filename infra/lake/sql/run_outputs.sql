-- run_outputs: what came out of runs, each row with its run (see run_starts) and the description of its product.
CREATE OR REPLACE VIEW run_outputs AS
SELECT
    c.output_id,
    r.run_number,
    r.production_date,
    COALESCE(p.product_code, c.product_code) AS product_code,
    p.description AS product,
    c.tier,
    c.piece_type,
    c.source_grade,
    c.qty_packs,
    c.qty_kg
FROM staging.run_outputs c
JOIN run_starts r
    ON r.run_key = LOWER(c.run_number)
    AND (r.is_first OR r.began_at <= c.first_stamp)
    AND (r.next_began_at IS NULL OR c.first_stamp < r.next_began_at)
LEFT JOIN product_by_code p ON LOWER(p.product_code) = LOWER(c.product_code);
