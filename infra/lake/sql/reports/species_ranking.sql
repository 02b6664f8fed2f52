-- species-ranking: the complete runs by species. The best yield comes first, species without a yield come last.
CREATE OR REPLACE VIEW report_species_ranking AS
WITH sums AS (
    SELECT
        species,
        COUNT(*) AS runs,
        CASE WHEN COUNT(CASE WHEN has_inputs AND input_kg IS NULL THEN 1 END) = 0 THEN SUM(input_kg) END AS input_kg,
        CASE WHEN COUNT(CASE WHEN (has_outputs OR has_totals) AND actual_kg IS NULL THEN 1 END) = 0 THEN SUM(actual_kg) END AS total_kg,
        COUNT(CASE WHEN (has_outputs OR has_totals) AND actual_kg IS NULL THEN 1 END) AS unknown_outputs,
        COUNT(CASE WHEN has_inputs AND (input_kg IS NULL OR ((has_outputs OR has_totals) AND actual_kg IS NULL)) THEN 1 END) AS unknown_wastes,
        SUM(CASE WHEN input_kg > 0 AND actual_kg IS NOT NULL THEN input_kg END) AS yield_input_kg,
        SUM(CASE WHEN input_kg > 0 AND actual_kg IS NOT NULL THEN actual_kg END) AS yield_actual_kg
    FROM reported_runs
    WHERE complete
    GROUP BY species
),
figures AS (
    SELECT s.*, yield_actual_kg / yield_input_kg * 100 AS yield_pct, CASE WHEN SUM(unknown_outputs) OVER () = 0 THEN SUM(total_kg) OVER () END AS all_kg
    FROM sums s
)
SELECT
    RANK() OVER (ORDER BY yield_pct DESC NULLS LAST) AS "rank",
    species,
    runs,
    input_kg,
    total_kg,
    CASE WHEN unknown_wastes = 0 THEN yield_input_kg - yield_actual_kg END AS waste_kg,
    yield_pct,
    CASE WHEN all_kg > 0 THEN total_kg / all_kg * 100 END AS share_pct
FROM figures;
