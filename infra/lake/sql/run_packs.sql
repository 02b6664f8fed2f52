-- run_packs: the packs, each with its run (see run_starts). Weights are grams. A pack is placed on the market (is_placed) if it has a net weight and is not unlabelled.
CREATE OR REPLACE VIEW run_packs AS
SELECT
    r.run_number,
    r.production_date,
    c.trans_no,
    c.trans_date,
    c.net_weight,
    c.target_weight,
    c.prod_line,
    COALESCE(c.net_weight > 0, FALSE) AND COALESCE(c.label_printed, TRUE) AS is_placed
FROM staging.transactions c
JOIN run_starts r
    ON r.run_key = LOWER(c.run_number)
    AND (r.is_first OR r.began_at <= c.trans_date)
    AND (r.next_began_at IS NULL OR c.trans_date < r.next_began_at);
