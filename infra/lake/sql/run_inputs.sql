-- run_inputs: what went into runs, each row with its run (see run_starts).
CREATE OR REPLACE VIEW run_inputs AS
SELECT
    r.run_number,
    r.production_date,
    c.input_id,
    COALESCE(b.batch_code, c.batch_code) AS batch_code,
    c.grade,
    c.species,
    c.qty_kg
FROM staging.run_inputs c
JOIN run_starts r
    ON r.run_key = LOWER(c.run_number)
    AND (r.is_first OR r.began_at <= c.first_stamp)
    AND (r.next_began_at IS NULL OR c.first_stamp < r.next_began_at)
LEFT JOIN batch_names b ON b.batch_key = LOWER(c.batch_code);
