-- run_despatches: the despatches, each with its run (see run_starts). Of the runs with its number, a despatch belongs to the latest that had begun by the end of its
-- day. A despatch without a date belongs to the latest that had begun when the despatch was first read.
CREATE OR REPLACE VIEW run_despatches AS
WITH dated AS (
    SELECT d.*, CAST(d.despatch_date AS TIMESTAMP) + INTERVAL '1' DAY AS day_ends_at
    FROM staging.despatch d
)
SELECT
    r.run_number,
    r.production_date,
    d.despatch_id,
    d.qty_kg,
    LOWER(TRIM(d.status)) AS status
FROM dated d
JOIN run_starts r
    ON r.run_key = LOWER(d.run_number)
    AND (r.is_first OR r.began_at < d.day_ends_at OR (d.day_ends_at IS NULL AND r.began_at <= d.first_stamp))
    AND (r.next_began_at IS NULL OR d.day_ends_at <= r.next_began_at OR (d.day_ends_at IS NULL AND d.first_stamp < r.next_began_at));
