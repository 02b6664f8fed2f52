-- run_outputs: what came out of runs, each row with its run (see run_starts) and the description of its product.
CREATE OR REPLACE VIEW run_outputs AS
SELECT
    c.output_id,
    r.run_number,
    r.production_date,
    c.product_code,
    p.description AS product,
    c.tier,
    c.piece_type,
    c.source_grade,
    c.qty_packs,
    c.qty_kg
FROM staging.run_outputs c
JOIN run_starts r
    ON r.run_number = c.run_number
    AND (r.is_first OR r.began_at <= c.updated_at)
    AND (r.next_began_at IS NULL OR c.updated_at < r.next_began_at)
LEFT JOIN product_by_code p ON p.product_code = c.product_code;
