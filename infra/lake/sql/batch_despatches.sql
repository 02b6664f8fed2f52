-- batch_despatches: the orders that name a batch, whether or not they also name a run.
CREATE OR REPLACE VIEW batch_despatches AS
SELECT
    despatch_id,
    batch_code,
    COALESCE(despatch_date, CAST(updated_at AS DATE)) AS known_since,
    run_number,
    order_number,
    customer,
    product_code,
    qty_cases,
    qty_kg,
    despatch_date,
    delivery_date,
    status
FROM staging.despatch
WHERE batch_code IS NOT NULL;
