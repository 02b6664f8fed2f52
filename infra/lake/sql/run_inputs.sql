-- run_inputs: what went into runs, each row with its run (see run_starts).
CREATE OR REPLACE VIEW run_inputs AS
SELECT
    r.run_number,
    r.production_date,
    c.input_id,
    c.batch_code,
    c.grade,
    c.species,
    c.qty_kg
FROM staging.run_inputs c
JOIN run_starts r
    ON r.run_number = c.run_number
    AND (r.is_first OR r.began_at <= c.updated_at)
    AND (r.next_began_at IS NULL OR c.updated_at < r.next_began_at);
