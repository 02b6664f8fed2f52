-- run_despatches: the despatches, each with its run (see run_starts). Of the runs with its number, a despatch belongs to the latest that had begun by the end of its
-- day and is not dated later, or else to the earliest. A despatch without a date belongs to the latest that had begun when the despatch was first read.
CREATE OR REPLACE VIEW run_despatches AS
WITH dated AS (
    SELECT d.*, CAST(d.despatch_date AS TIMESTAMP) + INTERVAL '1' DAY AS day_ends_at
    FROM staging.despatch d
),
paired AS (
    SELECT
        r.run_number,
        r.production_date,
        r.began_at,
        d.despatch_id,
        d.qty_kg,
        LOWER(TRIM(d.status)) AS status,
        CASE
            WHEN d.day_ends_at IS NULL AND r.began_at <= d.first_stamp THEN 1
            WHEN r.began_at < d.day_ends_at AND r.production_date <= d.despatch_date THEN 1
            ELSE 0
        END AS had_begun
    FROM dated d
    JOIN run_starts r ON r.run_key = LOWER(d.run_number)
),
ranked AS (
    SELECT
        p.*,
        ROW_NUMBER() OVER (
            PARTITION BY despatch_id
            ORDER BY
                had_begun DESC,
                CASE WHEN had_begun = 1 THEN began_at END DESC,
                CASE WHEN had_begun = 1 THEN production_date END DESC,
                began_at,
                production_date
        ) AS place
    FROM paired p
)
SELECT run_number, production_date, despatch_id, qty_kg, status
FROM ranked
WHERE place = 1;
