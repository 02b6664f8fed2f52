-- run_intakes: which delivery of each batch code a run took. Codes are used again: a run took the latest delivery that had come by its date, else the earliest.
--
-- A delivery came when it was received, else landed, else killed. One of an unknown day came before all others: it stands under 0001-01-01.
CREATE OR REPLACE VIEW run_intakes AS
WITH deliveries AS (
    SELECT DISTINCT LOWER(batch_code) AS batch_key, COALESCE(received_date, landing_date, kill_date, CAST('0001-01-01' AS DATE)) AS received_on
    FROM staging.traceability
    WHERE batch_code <> ''
),
inputs AS (
    SELECT DISTINCT run_number, production_date, LOWER(batch_code) AS batch_key
    FROM run_inputs
    WHERE batch_code <> ''
),
ranked AS (
    SELECT
        i.*,
        d.received_on,
        ROW_NUMBER() OVER (
            PARTITION BY i.run_number, i.production_date, i.batch_key
            ORDER BY
                CASE WHEN d.received_on <= i.production_date THEN 0 ELSE 1 END,
                CASE WHEN d.received_on <= i.production_date THEN d.received_on END DESC,
                d.received_on
        ) AS place
    FROM inputs i
    JOIN deliveries d ON d.batch_key = i.batch_key
)
SELECT run_number, production_date, batch_key, received_on
FROM ranked
WHERE place = 1;
