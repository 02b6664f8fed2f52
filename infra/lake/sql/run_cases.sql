-- run_cases: the scanned cases, each with its run (see run_starts).
CREATE OR REPLACE VIEW run_cases AS
SELECT
    r.run_number,
    r.production_date,
    c.verify_id,
    c.label_seq,
    NULLIF(TRIM(c.expected_plu), '') AS expected_plu,
    NULLIF(TRIM(c.scanned_plu), '') AS scanned_plu
FROM staging.case_verification c
JOIN run_starts r
    ON r.run_key = LOWER(c.run_number)
    AND (r.is_first OR r.began_at <= COALESCE(c.scan_time, c.first_stamp))
    AND (r.next_began_at IS NULL OR COALESCE(c.scan_time, c.first_stamp) < r.next_began_at);
