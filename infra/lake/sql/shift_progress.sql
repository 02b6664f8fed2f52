-- shift_progress: what each line had made when a share of a shift's working time had passed. At the end of the shift all counts.
CREATE OR REPLACE VIEW shift_progress AS
WITH steps AS (
    SELECT elapsed_pct
    FROM (VALUES (0), (5), (10), (15), (20), (25), (30), (35), (40), (45), (50), (55), (60), (65), (70), (75), (80), (85), (90), (95), (100)) AS v (elapsed_pct)
)
SELECT
    m.shift_date,
    m.shift_code,
    m.prod_line,
    CAST(s.elapsed_pct AS BIGINT) AS elapsed_pct,
    CAST(COALESCE(SUM(CASE WHEN m.worked_seconds * 100 < m.working_seconds * s.elapsed_pct OR s.elapsed_pct = 100 THEN m.packs END), 0) AS BIGINT) AS packs,
    COALESCE(SUM(CASE WHEN m.worked_seconds * 100 < m.working_seconds * s.elapsed_pct OR s.elapsed_pct = 100 THEN m.made_kg END), 0) AS made_kg
FROM shift_minutes m
CROSS JOIN steps s
GROUP BY m.shift_date, m.shift_code, m.prod_line, s.elapsed_pct;
