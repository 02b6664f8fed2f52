-- run_shifts: the shift that each run counts in. That is the one that was on when the run began by its sheet (see shift_times), if the dates of run and shift are at most a
-- day apart; else the one of the run's own date and code. When the ERP made a run tells nothing of when it began.
--
-- is_of_the_night_before: the run began before its own date, and no shift times tell more. So the shift that made it stands under the day before.
-- may_go_on: nothing says that the run had ended when its shift did.
CREATE OR REPLACE VIEW run_shifts AS
WITH midnights AS (
    -- A shift that is on started today or yesterday.
    SELECT r.run_number, r.production_date, r.sheet_started_at, CAST(CAST(r.sheet_started_at AS DATE) AS TIMESTAMP) - d.days_ago * INTERVAL '1' DAY AS midnight
    FROM runs r
    CROSS JOIN (VALUES (0), (1)) AS d (days_ago)
),
instances AS (
    SELECT
        m.run_number,
        m.production_date,
        CAST(m.midnight + t.dated_after_days * INTERVAL '1' DAY AS DATE) AS shift_date,
        t.shift_code,
        m.midnight + t.ends_after_minutes * INTERVAL '1' MINUTE AS ends_at
    FROM midnights m
    JOIN shift_times t
        -- 1 January 1900 was a Monday.
        ON t.weekday = MOD(EXTRACT(DAY FROM (m.midnight - TIMESTAMP '1900-01-01 00:00:00')), 7)
        AND m.sheet_started_at >= m.midnight + t.starts_after_minutes * INTERVAL '1' MINUTE
        AND m.sheet_started_at < m.midnight + t.ends_after_minutes * INTERVAL '1' MINUTE
)
SELECT
    r.run_number,
    r.production_date,
    r.prod_line,
    COALESCE(i.shift_date, r.production_date) AS shift_date,
    COALESCE(i.shift_code, LOWER(TRIM(r.shift_code))) AS shift_code,
    i.shift_date IS NULL AND COALESCE(r.sheet_started_at < CAST(r.production_date AS TIMESTAMP), FALSE) AS is_of_the_night_before,
    i.shift_date IS NOT NULL AND COALESCE(COALESCE(r.finished_at, r.last_activity_at) > i.ends_at, TRUE) AS may_go_on,
    r.total_packs,
    r.reject_count,
    COALESCE(r.total_weight_kg, r.actual_kg) AS made_kg
FROM runs r
LEFT JOIN instances i
    ON i.run_number = r.run_number
    AND i.production_date = r.production_date
    AND i.shift_date BETWEEN r.production_date - INTERVAL '1' DAY AND r.production_date + INTERVAL '1' DAY;
