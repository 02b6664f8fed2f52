-- run_scans: the scans of batches into runs and back out, each with its run (see run_starts).
CREATE OR REPLACE VIEW run_scans AS
SELECT
    r.run_number,
    r.production_date,
    c.lineage_id,
    c.qty_kg,
    UPPER(TRIM(c.direction)) AS direction,
    UPPER(TRIM(c.return_method)) AS return_method,
    NULLIF(TRIM(c.new_batch_code), '') AS new_batch_code,
    COALESCE(b.batch_code, NULLIF(TRIM(c.parent_batch), '')) AS parent_batch
FROM staging.batch_lineage c
JOIN run_starts r
    ON r.run_key = LOWER(c.run_number)
    AND (r.is_first OR r.began_at <= COALESCE(c.scan_time, c.first_stamp))
    AND (r.next_began_at IS NULL OR COALESCE(c.scan_time, c.first_stamp) < r.next_began_at)
LEFT JOIN batch_names b ON b.batch_key = LOWER(c.parent_batch);
