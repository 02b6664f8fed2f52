-- intakes: the deliveries of fish, with the batches that they became.
CREATE OR REPLACE VIEW intakes AS
SELECT
    trace_id,
    batch_code,
    COALESCE(received_date, landing_date, kill_date, CAST(updated_at AS DATE)) AS known_since,
    supplier,
    species,
    grade,
    catch_area,
    catch_method,
    vessel_name,
    landing_date,
    kill_date,
    received_date,
    received_temp_c,
    qty_kg,
    use_by_date,
    country_origin,
    certified
FROM staging.traceability
WHERE batch_code IS NOT NULL;
