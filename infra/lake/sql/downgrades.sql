-- downgrades: product that went down a tier while a run was on, each row with its run (see run_starts), and what that costs.
--
-- The prices of both products tell what is lost, else those of both tiers. A factory that has told no prices does not know.
CREATE OR REPLACE VIEW downgrades AS
SELECT
    c.downgrade_id,
    c.logged_at,
    r.run_number,
    r.production_date,
    COALESCE(f.product_code, c.from_product) AS from_product,
    COALESCE(t.product_code, c.to_product) AS to_product,
    c.from_tier,
    c.to_tier,
    c.reason,
    c.qty_kg,
    c.qty_kg * COALESCE(pf.price - pt.price, tf.price - tt.price) AS lost_money
FROM staging.downgrade_log c
JOIN run_starts r
    ON r.run_key = LOWER(c.run_number)
    AND (r.is_first OR r.began_at <= c.logged_at)
    AND (r.next_began_at IS NULL OR c.logged_at < r.next_began_at)
LEFT JOIN product_by_code f ON LOWER(f.product_code) = LOWER(c.from_product)
LEFT JOIN product_by_code t ON LOWER(t.product_code) = LOWER(c.to_product)
LEFT JOIN product_prices pf ON pf.product_key = LOWER(c.from_product)
LEFT JOIN product_prices pt ON pt.product_key = LOWER(c.to_product)
LEFT JOIN tier_prices tf ON tf.tier = c.from_tier
LEFT JOIN tier_prices tt ON tt.tier = c.to_tier;
