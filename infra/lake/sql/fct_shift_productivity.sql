-- fct_shift_productivity: what people made in their hours, per date, shift and line.
--
-- Each figure is a ratio of sums over the bookings that know both sides of it, and whose denominator is not zero. OEE is availability times performance times quality:
-- - availability: hours worked, as a share of the hours planned
-- - performance: the rate in the hours worked, as a share of the rate of the line. The capacity of a line is per shift, however many bookings the shift has.
-- - quality: good packs of the runs that count in the shift (see run_shifts), as a share of all their packs. It is null, as the packs are, where the booked output is
--   not that of these runs: the shift of the day before made one of them, or their weights differ by more than 2 %, or one may go on after the shift and no two weights
--   are known that would tell.
CREATE OR REPLACE VIEW fct_shift_productivity AS
WITH bookings AS (
    SELECT
        s.shift_date,
        NULLIF(TRIM(s.shift_code), '') AS shift_code,
        COALESCE(l.line_id, NULLIF(TRIM(s.line_id), '')) AS prod_line,
        COALESCE(l.line_name, NULLIF(TRIM(s.line_id), '')) AS line_name,
        s.headcount,
        s.planned_hours,
        s.actual_hours,
        s.overtime_hours,
        s.output_kg,
        s.planned_hours IS NOT NULL AND s.actual_hours IS NOT NULL AND s.output_kg IS NOT NULL AS has_rate
    FROM staging.shifts s
    LEFT JOIN line_names l ON l.text = LOWER(TRIM(s.line_id))
    WHERE s.shift_date IS NOT NULL
),
sums AS (
    SELECT
        shift_date,
        shift_code,
        prod_line,
        MIN(line_name) AS line_name,
        -- A sum with an unknown part is unknown.
        CASE WHEN COUNT(*) = COUNT(headcount) THEN SUM(headcount) END AS headcount,
        CASE WHEN COUNT(*) = COUNT(planned_hours) THEN SUM(planned_hours) END AS planned_hours,
        CASE WHEN COUNT(*) = COUNT(actual_hours) THEN SUM(actual_hours) END AS actual_hours,
        CASE WHEN COUNT(*) = COUNT(overtime_hours) THEN SUM(overtime_hours) END AS overtime_hours,
        CASE WHEN COUNT(*) = COUNT(output_kg) THEN SUM(output_kg) END AS output_kg,
        SUM(CASE WHEN headcount > 0 THEN output_kg END) AS head_output_kg,
        SUM(CASE WHEN output_kg IS NOT NULL THEN headcount END) AS output_heads,
        SUM(CASE WHEN actual_hours > 0 THEN output_kg END) AS hour_output_kg,
        SUM(CASE WHEN output_kg IS NOT NULL THEN actual_hours END) AS output_hours,
        SUM(CASE WHEN actual_hours > 0 THEN overtime_hours END) AS overtime_of_hours,
        SUM(CASE WHEN overtime_hours IS NOT NULL THEN actual_hours END) AS hours_with_overtime,
        SUM(CASE WHEN planned_hours > 0 THEN actual_hours END) AS hours_of_planned,
        SUM(CASE WHEN actual_hours IS NOT NULL THEN planned_hours END) AS planned_with_hours,
        SUM(CASE WHEN has_rate THEN output_kg END) AS rate_output_kg,
        SUM(CASE WHEN has_rate THEN actual_hours END) AS rate_hours,
        SUM(CASE WHEN has_rate THEN planned_hours END) AS rate_planned_hours
    FROM bookings
    GROUP BY shift_date, shift_code, prod_line
),
made AS (
    SELECT
        shift_date,
        shift_code,
        prod_line,
        SUM(CASE WHEN reject_count IS NOT NULL THEN total_packs END) AS packs,
        SUM(CASE WHEN total_packs IS NOT NULL THEN reject_count END) AS rejected_packs,
        CASE WHEN COUNT(made_kg) = COUNT(*) THEN SUM(made_kg) END AS made_kg,
        MAX(CASE WHEN is_of_the_night_before THEN 1 ELSE 0 END) AS of_the_night_before,
        MAX(CASE WHEN may_go_on THEN 1 ELSE 0 END) AS may_go_on
    FROM run_shifts
    GROUP BY shift_date, shift_code, prod_line
),
figures AS (
    SELECT
        s.*,
        l.max_capacity_kg,
        CAST(m.packs AS BIGINT) AS packs,
        CAST(m.rejected_packs AS BIGINT) AS rejected_packs,
        CASE WHEN planned_with_hours > 0 THEN CASE WHEN hours_of_planned > planned_with_hours THEN 100 ELSE hours_of_planned / planned_with_hours * 100 END END
            AS availability_pct,
        CASE WHEN rate_hours > 0 AND rate_planned_hours > 0 AND l.max_capacity_kg > 0
            THEN rate_output_kg / rate_hours * rate_planned_hours / l.max_capacity_kg * 100 END AS performance_pct,
        CASE WHEN m.packs > 0 AND m.rejected_packs <= m.packs THEN CAST(m.packs - m.rejected_packs AS DOUBLE) / m.packs * 100 END AS quality_pct
    FROM sums s
    LEFT JOIN staging.prod_lines l ON l.line_id = s.prod_line
    LEFT JOIN made m
        ON m.shift_date = s.shift_date
        AND m.shift_code = LOWER(s.shift_code)
        AND m.prod_line = s.prod_line
        AND m.of_the_night_before = 0
        AND (m.may_go_on = 0 OR (s.output_kg IS NOT NULL AND m.made_kg IS NOT NULL))
        AND NOT COALESCE(ABS(s.output_kg - m.made_kg) > 0.02 * m.made_kg * (1 + 1e-9) + 1e-9, FALSE)
)
SELECT
    shift_date,
    shift_code,
    prod_line,
    line_name,
    CAST(headcount AS BIGINT) AS headcount,
    planned_hours,
    actual_hours,
    overtime_hours,
    output_kg,
    CASE WHEN output_heads > 0 THEN head_output_kg / output_heads END AS kg_per_head,
    CASE WHEN output_hours > 0 THEN hour_output_kg / output_hours END AS kg_per_hour,
    CASE WHEN hours_with_overtime > 0 THEN overtime_of_hours / hours_with_overtime * 100 END AS overtime_pct,
    CASE WHEN planned_with_hours > 0 THEN hours_of_planned / planned_with_hours * 100 END AS hours_utilisation_pct,
    max_capacity_kg,
    packs,
    rejected_packs,
    availability_pct,
    performance_pct,
    quality_pct,
    availability_pct * performance_pct * quality_pct / 10000 AS oee_pct
FROM figures;
