-- run_activity: when something was last booked to each run (see run_starts): a pack, an input, an output or a scan.
CREATE OR REPLACE VIEW run_activity AS
WITH booked AS (
    SELECT run_number, trans_date AS own_time, trans_date AS booked_at FROM staging.transactions
    UNION ALL
    SELECT run_number, first_stamp AS own_time, updated_at AS booked_at FROM staging.run_inputs
    UNION ALL
    SELECT run_number, first_stamp AS own_time, updated_at AS booked_at FROM staging.run_outputs
    UNION ALL
    SELECT run_number, COALESCE(scan_time, first_stamp) AS own_time, COALESCE(scan_time, updated_at) AS booked_at FROM staging.batch_lineage
    UNION ALL
    SELECT run_number, COALESCE(scan_time, first_stamp) AS own_time, COALESCE(scan_time, updated_at) AS booked_at FROM staging.case_verification
)
SELECT
    r.run_number,
    r.production_date,
    MAX(c.booked_at) AS last_activity_at
FROM booked c
JOIN run_starts r
    ON r.run_key = LOWER(c.run_number)
    AND (r.is_first OR r.began_at <= c.own_time)
    AND (r.next_began_at IS NULL OR c.own_time < r.next_began_at)
GROUP BY r.run_number, r.production_date;
