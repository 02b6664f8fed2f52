-- shift-productivity: the shifts of the window, added up by shift and line. Each figure covers the rows that know both sides of it. By line, then shift.
CREATE OR REPLACE VIEW report_shift_productivity AS
WITH shifts AS (
    SELECT
        f.*,
        output_kg IS NOT NULL AND actual_hours IS NOT NULL AND planned_hours IS NOT NULL AND max_capacity_kg IS NOT NULL AS has_rate,
        -- A shift that is still going has booked none of these yet.
        actual_hours IS NOT NULL OR overtime_hours IS NOT NULL OR output_kg IS NOT NULL AS is_counted
    FROM fct_shift_productivity f
    CROSS JOIN report_scope s
    WHERE f.shift_date BETWEEN s.from_date AND s.to_date
        AND (s.line IS NULL OR LOWER(TRIM(s.line)) IN (LOWER(TRIM(f.prod_line)), LOWER(TRIM(f.line_name))))
        AND (s.shift IS NULL OR LOWER(TRIM(s.shift)) = LOWER(TRIM(f.shift_code)))
),
sums AS (
    SELECT
        shift_code,
        prod_line,
        MIN(line_name) AS line_name,
        COUNT(*) AS shifts,
        -- A sum with an unknown part is unknown.
        CASE WHEN COUNT(*) = COUNT(headcount) THEN CAST(SUM(headcount) AS BIGINT) END AS headcount,
        CASE WHEN COUNT(*) = COUNT(planned_hours) THEN SUM(planned_hours) END AS planned_hours,
        CASE WHEN COUNT(CASE WHEN is_counted AND actual_hours IS NULL THEN 1 END) = 0 THEN SUM(actual_hours) END AS actual_hours,
        CASE WHEN COUNT(CASE WHEN is_counted AND overtime_hours IS NULL THEN 1 END) = 0 THEN SUM(overtime_hours) END AS overtime_hours,
        CASE WHEN COUNT(CASE WHEN is_counted AND output_kg IS NULL THEN 1 END) = 0 THEN SUM(output_kg) END AS output_kg,
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
        SUM(CASE WHEN has_rate THEN planned_hours END) AS rate_planned_hours,
        SUM(CASE WHEN has_rate THEN max_capacity_kg END) AS rate_capacity_kg,
        SUM(CASE WHEN rejected_packs IS NOT NULL THEN packs END) AS packs,
        SUM(CASE WHEN packs > 0 THEN rejected_packs END) AS rejected_packs
    FROM shifts
    GROUP BY shift_code, prod_line
),
figures AS (
    SELECT
        s.*,
        CASE WHEN output_heads > 0 THEN head_output_kg / output_heads END AS kg_per_head,
        CASE WHEN output_hours > 0 THEN hour_output_kg / output_hours END AS kg_per_hour,
        CASE WHEN hours_with_overtime > 0 THEN overtime_of_hours / hours_with_overtime * 100 END AS overtime_pct,
        CASE WHEN planned_with_hours > 0 THEN hours_of_planned / planned_with_hours * 100 END AS hours_utilisation_pct,
        CASE WHEN planned_with_hours > 0 THEN CASE WHEN hours_of_planned > planned_with_hours THEN 100 ELSE hours_of_planned / planned_with_hours * 100 END END
            AS availability_pct,
        CASE WHEN rate_hours > 0 AND rate_planned_hours > 0 AND rate_capacity_kg > 0
            THEN rate_output_kg / rate_hours * rate_planned_hours / rate_capacity_kg * 100 END AS performance_pct,
        CASE WHEN packs > 0 AND rejected_packs <= packs THEN CAST(packs - rejected_packs AS DOUBLE) / packs * 100 END AS quality_pct
    FROM sums s
)
SELECT
    shift_code,
    prod_line,
    line_name,
    shifts,
    headcount,
    planned_hours,
    actual_hours,
    overtime_hours,
    output_kg,
    kg_per_head,
    kg_per_hour,
    overtime_pct,
    hours_utilisation_pct,
    availability_pct,
    performance_pct,
    quality_pct,
    availability_pct * performance_pct * quality_pct / 10000 AS oee_pct
FROM figures;
