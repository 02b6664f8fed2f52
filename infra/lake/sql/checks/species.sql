-- check_species_mismatch: outputs whose product is of a species that did not go into the run.
--
-- The species of a batch is the one that its intakes name: those of the delivery that the run took. Else it is the one that the row of the input names. Species that
-- the view words does not know are compared by their text.
CREATE OR REPLACE VIEW check_species_mismatch AS
WITH intakes AS (
    SELECT DISTINCT
        LOWER(t.batch_code) AS batch_key,
        COALESCE(t.received_date, t.landing_date, t.kill_date, CAST('0001-01-01' AS DATE)) AS received_on,
        COALESCE(w.species, UPPER(TRIM(t.species))) AS species
    FROM staging.traceability t
    LEFT JOIN words w ON w.text = t.species
    WHERE TRIM(t.batch_code) <> '' AND TRIM(t.species) <> ''
),
inputs AS (
    SELECT i.run_number, i.production_date, COALESCE(k.species, w.species, NULLIF(UPPER(TRIM(i.species)), '')) AS species
    FROM run_inputs i
    LEFT JOIN run_intakes d ON d.run_number = i.run_number AND d.production_date = i.production_date AND d.batch_key = LOWER(i.batch_code)
    LEFT JOIN intakes k ON k.batch_key = d.batch_key AND k.received_on = d.received_on
    LEFT JOIN words w ON w.text = i.species
),
outputs AS (
    SELECT DISTINCT o.run_number, o.production_date, o.product_code, p.species
    FROM run_outputs o
    JOIN product_by_code p ON p.product_code = o.product_code
    WHERE p.species IS NOT NULL
),
judged AS (
    SELECT
        o.run_number,
        o.production_date,
        o.product_code,
        COUNT(CASE WHEN i.species = o.species THEN 1 END) AS same
    FROM outputs o
    JOIN inputs i ON i.run_number = o.run_number AND i.production_date = o.production_date AND i.species IS NOT NULL
    GROUP BY o.run_number, o.production_date, o.product_code
)
SELECT
    run_number,
    production_date,
    CAST(NULL AS DOUBLE) AS measured,
    CAST(NULL AS DOUBLE) AS "limit",
    array_join(array_sort(array_agg(product_code)), ', ') AS detail
FROM judged
WHERE same = 0
GROUP BY run_number, production_date;
