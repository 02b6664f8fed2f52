-- line_minutes: what each run packed on a line in each minute. A pack is of the line that it names, else of the run's. Times are whole seconds.
--
-- A run whose packs are all stamped with midnight has dates alone: nobody knows when they were made, so it has no row.
-- stop_after_minutes: a line stops when it makes no pack for longer than the factory says, and for longer than eight times the median gap between two packs of the run on it.
CREATE OR REPLACE VIEW line_minutes AS
WITH packs AS (
    SELECT
        p.run_number,
        p.production_date,
        p.trans_no,
        DATE_TRUNC('second', p.trans_date) AS packed_at,
        p.net_weight,
        p.target_weight,
        p.is_placed,
        r.product_code,
        COALESCE(l.line_id, NULLIF(TRIM(p.prod_line), ''), r.prod_line) AS prod_line,
        CASE WHEN NULLIF(TRIM(p.prod_line), '') IS NULL THEN r.line_name ELSE COALESCE(l.line_name, TRIM(p.prod_line)) END AS line_name,
        MAX(CASE WHEN p.trans_date <> CAST(CAST(p.trans_date AS DATE) AS TIMESTAMP) THEN 1 ELSE 0 END) OVER (PARTITION BY p.run_number, p.production_date) AS has_times
    FROM run_packs p
    JOIN runs r ON r.run_number = p.run_number AND r.production_date = p.production_date
    LEFT JOIN line_names l ON l.text = LOWER(TRIM(p.prod_line))
    WHERE p.trans_date IS NOT NULL
),
timed AS (
    SELECT
        p.*,
        DATE_TRUNC('minute', packed_at) AS packed_minute,
        LAG(packed_at) OVER (PARTITION BY run_number, production_date, prod_line ORDER BY packed_at, trans_no) AS before
    FROM packs p
    WHERE has_times = 1
),
gaps AS (
    SELECT
        run_number,
        production_date,
        prod_line,
        CAST(FLOOR(EXTRACT(DAY FROM (packed_at - before)) * 86400 + EXTRACT(HOUR FROM (packed_at - before)) * 3600 + EXTRACT(MINUTE FROM (packed_at - before)) * 60 + EXTRACT(SECOND FROM (packed_at - before))) AS BIGINT) AS gap_seconds
    FROM timed
    WHERE before IS NOT NULL
),
ranked AS (
    SELECT
        g.*,
        ROW_NUMBER() OVER (PARTITION BY run_number, production_date, prod_line ORDER BY gap_seconds) AS place,
        COUNT(*) OVER (PARTITION BY run_number, production_date, prod_line) AS gaps
    FROM gaps g
),
medians AS (
    SELECT run_number, production_date, prod_line, AVG(CASE WHEN 2 * place BETWEEN gaps AND gaps + 2 THEN CAST(gap_seconds AS DOUBLE) END) AS median_gap_seconds
    FROM ranked
    GROUP BY run_number, production_date, prod_line
),
minutes AS (
    SELECT
        run_number,
        production_date,
        prod_line,
        packed_minute,
        MIN(line_name) AS line_name,
        MIN(product_code) AS product_code,
        MIN(packed_at) AS first_pack_at,
        MAX(packed_at) AS last_pack_at,
        COUNT(CASE WHEN is_placed THEN 1 END) AS packs,
        COUNT(CASE WHEN NOT is_placed THEN 1 END) AS packs_excluded,
        COALESCE(SUM(CASE WHEN is_placed THEN net_weight END), 0) / 1000 AS made_kg,
        COALESCE(SUM(net_weight - target_weight), 0) / 1000 AS giveaway_kg,
        COALESCE(SUM(CASE WHEN net_weight IS NOT NULL THEN target_weight END), 0) / 1000 AS pack_target_kg
    FROM timed
    GROUP BY run_number, production_date, prod_line, packed_minute
)
SELECT
    m.run_number,
    m.production_date,
    m.prod_line,
    m.line_name,
    m.product_code,
    CAST(m.packed_minute AS DATE) AS packed_on,
    m.packed_minute AS "minute",
    m.first_pack_at,
    m.last_pack_at,
    m.packs,
    m.packs_excluded,
    m.made_kg,
    m.giveaway_kg,
    m.pack_target_kg,
    GREATEST(l.stop_minutes, COALESCE(d.median_gap_seconds, 0) * 8 / 60) AS stop_after_minutes
FROM minutes m
CROSS JOIN limits l
LEFT JOIN medians d
    ON d.run_number = m.run_number
    AND d.production_date = m.production_date
    AND (d.prod_line = m.prod_line OR (d.prod_line IS NULL AND m.prod_line IS NULL));
