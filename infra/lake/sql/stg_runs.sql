-- stg_runs: the runs with their line, product, species and product type, taken from the view runs, which also has what they made.
CREATE OR REPLACE VIEW stg_runs AS
SELECT
    r.run_number,
    r.production_date,
    s.description,
    r.prod_line,
    r.line_name,
    r.shift_code,
    r.product_code,
    r.product,
    r.customer,
    r.shelf_life_days,
    r.species,
    r.product_type,
    r.spec,
    r.active,
    r.complete,
    r.created,
    r.updated
FROM runs r
JOIN run_starts s ON s.run_number = r.run_number AND s.production_date = r.production_date;
