-- order-fulfilment: how far the products of each order have come. Newest despatch date first, then order and product.
CREATE OR REPLACE VIEW report_order_fulfilment AS
WITH lines AS (
    SELECT d.*, CASE WHEN d.status IN ('pending', 'loaded', 'delivered') THEN d.status END AS state
    FROM despatch_lines d
    CROSS JOIN report_scope s
    WHERE d.despatched_on BETWEEN s.from_date AND s.to_date
),
sums AS (
    -- Orders and products meet without regard to case.
    SELECT
        MIN(order_number) AS order_number,
        customer,
        MIN(product_code) AS product_code,
        MIN(despatch_date) AS despatch_date,
        MAX(delivery_date) AS delivery_date,
        -- A sum with an unknown part is unknown.
        CASE WHEN COUNT(*) = COUNT(qty_cases) THEN CAST(SUM(qty_cases) AS BIGINT) END AS cases,
        CASE WHEN COUNT(*) = COUNT(qty_kg) THEN SUM(qty_kg) END AS qty_kg,
        CASE WHEN COUNT(CASE WHEN state = 'pending' AND qty_kg IS NULL THEN 1 END) = 0
            THEN COALESCE(SUM(CASE WHEN state = 'pending' THEN qty_kg END), 0) END AS pending_kg,
        CASE WHEN COUNT(CASE WHEN state = 'loaded' AND qty_kg IS NULL THEN 1 END) = 0
            THEN COALESCE(SUM(CASE WHEN state = 'loaded' THEN qty_kg END), 0) END AS loaded_kg,
        CASE WHEN COUNT(CASE WHEN state = 'delivered' AND qty_kg IS NULL THEN 1 END) = 0
            THEN COALESCE(SUM(CASE WHEN state = 'delivered' THEN qty_kg END), 0) END AS delivered_kg,
        CASE WHEN COUNT(state) = COUNT(*) AND COUNT(DISTINCT state) = 1 THEN MIN(state) ELSE 'partial' END AS status
    FROM lines
    GROUP BY LOWER(order_number), customer, LOWER(product_code)
)
SELECT
    s.order_number,
    s.customer,
    COALESCE(p.product_code, s.product_code) AS product_code,
    p.description AS product,
    s.despatch_date,
    s.delivery_date,
    s.cases,
    s.qty_kg,
    s.pending_kg,
    s.loaded_kg,
    s.delivered_kg,
    CASE WHEN s.qty_kg > 0 THEN s.delivered_kg / s.qty_kg * 100 END AS fulfilled_pct,
    s.status
FROM sums s
LEFT JOIN product_by_code p ON LOWER(p.product_code) = LOWER(s.product_code);
