-- check_negative_quantity: bookings of a run that add up to less than nothing. measured is the first such sum. detail names all of them.
CREATE OR REPLACE VIEW check_negative_quantity AS
WITH bookings AS (
    SELECT run_number, production_date, 1 AS place, 'inputs' AS kind, qty_kg FROM run_inputs
    UNION ALL
    SELECT run_number, production_date, 2 AS place, 'outputs' AS kind, qty_kg FROM run_outputs
    UNION ALL
    SELECT run_number, production_date, 3 AS place, 'scans in' AS kind, qty_kg FROM run_scans WHERE direction = 'INPUT'
    UNION ALL
    SELECT run_number, production_date, 4 AS place, 'scans back' AS kind, qty_kg FROM run_scans WHERE direction = 'SCANBACK'
    UNION ALL
    SELECT run_number, production_date, 5 AS place, 'despatches' AS kind, qty_kg FROM run_despatches WHERE status IN ('loaded', 'delivered')
),
sums AS (
    -- A sum with an unknown part is not judged.
    SELECT run_number, production_date, place, kind, SUM(qty_kg) AS sum_kg
    FROM bookings
    GROUP BY run_number, production_date, place, kind
    HAVING COUNT(*) = COUNT(qty_kg) AND SUM(qty_kg) < -1e-9
),
told AS (
    SELECT run_number, production_date, MIN(place) AS place, array_join(array_sort(array_agg(kind)), ', ') AS detail
    FROM sums
    GROUP BY run_number, production_date
)
SELECT t.run_number, t.production_date, s.sum_kg AS measured, 0 AS "limit", t.detail
FROM told t
JOIN sums s ON s.run_number = t.run_number AND s.production_date = t.production_date AND s.place = t.place;
