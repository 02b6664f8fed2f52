-- run_sums: the sums of the weighing system, each row with its run (see run_starts).
CREATE OR REPLACE VIEW run_sums AS
WITH versions AS (
    SELECT t.*, ROW_NUMBER() OVER (PARTITION BY LOWER(run_number) ORDER BY updated DESC, run_number DESC) AS place
    FROM staging.run_totals t
)
SELECT
    r.run_number,
    r.production_date,
    c.total_packs,
    c.total_weight AS total_weight_kg,
    c.avg_weight AS avg_weight_g,
    c.min_weight AS min_weight_g,
    c.max_weight AS max_weight_g,
    c.std_dev AS std_dev_g,
    c.giveaway AS total_giveaway_kg,
    c.giveaway_pct AS total_giveaway_pct,
    c.reject_count,
    c.downtime_mins AS downtime_minutes
FROM (SELECT * FROM versions WHERE place = 1) c
JOIN run_starts r
    ON r.run_key = LOWER(c.run_number)
    AND (r.is_first OR r.began_at <= c.first_stamp)
    AND (r.next_began_at IS NULL OR c.first_stamp < r.next_began_at);
