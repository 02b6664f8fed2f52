-- despatch_lines: what left the factory, and on which day. A row without a despatch date has the day on which it was last changed.
CREATE OR REPLACE VIEW despatch_lines AS
SELECT
    despatch_id,
    COALESCE(despatch_date, CAST(updated_at AS DATE)) AS despatched_on,
    order_number,
    customer,
    product_code,
    batch_code,
    run_number,
    qty_cases,
    qty_kg,
    despatch_date,
    delivery_date,
    vehicle_temp_c,
    CASE WHEN LOWER(TRIM(status)) IN ('pending', 'loaded', 'delivered') THEN LOWER(TRIM(status)) ELSE NULLIF(TRIM(status), '') END AS status
FROM staging.despatch;
