-- traceability: each batch that went into a run of the window. Newest date first, then run and batch.
CREATE OR REPLACE VIEW report_traceability AS
SELECT
    r.production_date,
    r.run_number,
    r.prod_line,
    r.line_name,
    r.product_code,
    r.product,
    b.batch_code,
    b.supplier,
    b.vessel_name,
    b.catch_area,
    b.catch_method,
    b.certified,
    b.country_origin,
    b.landing_date,
    b.batch_species,
    b.grade,
    b.input_kg,
    r.actual_kg AS run_output_kg,
    r.yield_pct AS run_yield_pct
FROM reported_runs r
JOIN run_batches b ON b.run_number = r.run_number AND b.production_date = r.production_date;
