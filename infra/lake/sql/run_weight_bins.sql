-- run_weight_bins: how many packs of each run lie in each range of net weights. from_g belongs to a range, to_g does not. Empty ranges between others are included.
--
-- The ranges of a run are as narrow as possible with at most 30 of them: 0.1, 0.2, 0.5, 1, 2, 5, 10 g and so on. Weights over 1,000 tonnes are garbage and left out.
CREATE OR REPLACE VIEW run_weight_bins AS
WITH digits AS (
    SELECT d FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS v (d)
),
widths AS (
    -- Whole numbers of 1/per_g grams make an end 0.3 and not 0.30000000000000004.
    SELECT m.mantissa, POWER(CAST(10 AS DOUBLE), 1 - digits.d) AS per_g
    FROM digits
    CROSS JOIN (VALUES (1), (2), (5)) AS m (mantissa)
),
packs AS (
    SELECT run_number, production_date, net_weight FROM run_packs WHERE is_placed AND net_weight <= 1e9
),
spans AS (
    SELECT
        run_number,
        production_date,
        mantissa,
        per_g,
        FLOOR(MIN(net_weight) * per_g / mantissa + 1e-6) AS first_bin,
        FLOOR(MAX(net_weight) * per_g / mantissa + 1e-6) AS last_bin
    FROM packs
    CROSS JOIN widths
    GROUP BY run_number, production_date, mantissa, per_g
),
chosen AS (
    SELECT s.*, ROW_NUMBER() OVER (PARTITION BY run_number, production_date ORDER BY mantissa / per_g) AS place
    FROM spans s
    WHERE last_bin - first_bin < 30
),
bins AS (
    SELECT c.run_number, c.production_date, c.mantissa, c.per_g, c.first_bin + tens.d * 10 + ones.d AS bin
    FROM chosen c
    CROSS JOIN digits tens
    CROSS JOIN digits ones
    WHERE c.place = 1 AND c.first_bin + tens.d * 10 + ones.d <= c.last_bin
)
SELECT
    b.run_number,
    b.production_date,
    b.bin * b.mantissa / b.per_g AS from_g,
    (b.bin + 1) * b.mantissa / b.per_g AS to_g,
    COUNT(p.net_weight) AS packs
FROM bins b
LEFT JOIN packs p
    ON p.run_number = b.run_number
    AND p.production_date = b.production_date
    AND FLOOR(p.net_weight * b.per_g / b.mantissa + 1e-6) = b.bin
GROUP BY b.run_number, b.production_date, b.bin, b.mantissa, b.per_g;
