-- The staging tables as they lie in the lake: the current version of each row, in staging/<table>/<part>/part.parquet.
--
-- Times are the factory's wall clock, without a zone. Weights of packs (transactions, plu, product_catalogue) are grams, other quantities kilograms.
-- What makes these tables of Parquet folders differs from engine to engine: see README.md.

CREATE TABLE staging.run_numbers (
    run_number VARCHAR,
    production_date DATE,
    description VARCHAR,
    product_code VARCHAR,
    prod_line VARCHAR,
    shift_code VARCHAR,
    spec VARCHAR,
    active BOOLEAN,
    complete BOOLEAN,
    created TIMESTAMP,
    updated TIMESTAMP
);

CREATE TABLE staging.transactions (
    trans_no BIGINT,
    run_number VARCHAR,
    trans_date TIMESTAMP,
    product_code VARCHAR,
    weight DOUBLE,
    target_weight DOUBLE,
    tare DOUBLE,
    net_weight DOUBLE,
    overweight DOUBLE,
    barcode VARCHAR,
    label_printed BOOLEAN,
    scanner_pass BOOLEAN,
    prod_line VARCHAR,
    operator_id VARCHAR
);

CREATE TABLE staging.plu (
    plu_number BIGINT,
    description VARCHAR,
    product_code VARCHAR,
    category VARCHAR,
    species VARCHAR,
    pack_size DOUBLE,
    shelf_life BIGINT,
    allergens VARCHAR,
    active BOOLEAN,
    updated TIMESTAMP
);

CREATE TABLE staging.run_totals (
    run_number VARCHAR,
    total_packs BIGINT,
    total_weight DOUBLE,
    avg_weight DOUBLE,
    min_weight DOUBLE,
    max_weight DOUBLE,
    std_dev DOUBLE,
    giveaway DOUBLE,
    giveaway_pct DOUBLE,
    reject_count BIGINT,
    downtime_mins BIGINT,
    updated TIMESTAMP,
    first_stamp TIMESTAMP
);

CREATE TABLE staging.prod_lines (
    line_id VARCHAR,
    line_name VARCHAR,
    line_type VARCHAR,
    area VARCHAR,
    max_capacity_kg DOUBLE,
    active BOOLEAN,
    updated_at TIMESTAMP
);

CREATE TABLE staging.product_catalogue (
    product_code VARCHAR,
    description VARCHAR,
    brand VARCHAR,
    species VARCHAR,
    tier BIGINT,
    pack_weight_g DOUBLE,
    pieces_per_pack BIGINT,
    piece_weight_g DOUBLE,
    piece_type VARCHAR,
    customer VARCHAR,
    hazard_class VARCHAR,
    active BOOLEAN,
    updated_at TIMESTAMP
);

CREATE TABLE staging.traceability (
    trace_id VARCHAR,
    batch_code VARCHAR,
    supplier VARCHAR,
    species VARCHAR,
    grade VARCHAR,
    catch_area VARCHAR,
    catch_method VARCHAR,
    vessel_name VARCHAR,
    landing_date DATE,
    kill_date DATE,
    received_date DATE,
    received_temp_c DOUBLE,
    qty_kg DOUBLE,
    use_by_date DATE,
    country_origin VARCHAR,
    certified VARCHAR,
    updated_at TIMESTAMP
);

CREATE TABLE staging.run_sheets (
    run_number VARCHAR,
    production_date DATE,
    target_qty_kg DOUBLE,
    baskets BIGINT,
    start_label BIGINT,
    end_label BIGINT,
    pack_date DATE,
    shelf_life_adjustment BIGINT,
    started_at TIMESTAMP,
    finished_at TIMESTAMP,
    recorded_by VARCHAR,
    updated_at TIMESTAMP
);

CREATE TABLE staging.run_inputs (
    input_id BIGINT,
    run_number VARCHAR,
    batch_code VARCHAR,
    grade VARCHAR,
    species VARCHAR,
    qty_kg DOUBLE,
    updated_at TIMESTAMP,
    first_stamp TIMESTAMP
);

CREATE TABLE staging.run_outputs (
    output_id BIGINT,
    run_number VARCHAR,
    product_code VARCHAR,
    tier BIGINT,
    piece_type VARCHAR,
    source_grade VARCHAR,
    qty_packs BIGINT,
    qty_kg DOUBLE,
    updated_at TIMESTAMP,
    first_stamp TIMESTAMP
);

CREATE TABLE staging.batch_lineage (
    lineage_id BIGINT,
    run_number VARCHAR,
    batch_code VARCHAR,
    direction VARCHAR,
    return_method VARCHAR,
    new_batch_code VARCHAR,
    parent_batch VARCHAR,
    grade VARCHAR,
    qty_kg DOUBLE,
    scan_time TIMESTAMP,
    updated_at TIMESTAMP,
    first_stamp TIMESTAMP
);

CREATE TABLE staging.temperature_logs (
    log_id BIGINT,
    location VARCHAR,
    reading_time TIMESTAMP,
    temp_celsius DOUBLE,
    target_min DOUBLE,
    target_max DOUBLE,
    recorded_by VARCHAR,
    updated_at TIMESTAMP
);

CREATE TABLE staging.non_conformance (
    nc_id BIGINT,
    nc_date DATE,
    run_number VARCHAR,
    product_code VARCHAR,
    nc_type VARCHAR,
    severity VARCHAR,
    description VARCHAR,
    root_cause VARCHAR,
    corrective_action VARCHAR,
    raised_by VARCHAR,
    closed_by VARCHAR,
    closed_date DATE,
    status VARCHAR,
    updated_at TIMESTAMP
);

CREATE TABLE staging.case_verification (
    verify_id BIGINT,
    run_number VARCHAR,
    label_seq BIGINT,
    case_barcode VARCHAR,
    expected_plu VARCHAR,
    scanned_plu VARCHAR,
    scan_time TIMESTAMP,
    scanner_id VARCHAR,
    prod_line VARCHAR,
    updated_at TIMESTAMP,
    first_stamp TIMESTAMP
);

CREATE TABLE staging.despatch (
    despatch_id BIGINT,
    order_number VARCHAR,
    customer VARCHAR,
    product_code VARCHAR,
    batch_code VARCHAR,
    run_number VARCHAR,
    qty_cases BIGINT,
    qty_kg DOUBLE,
    despatch_date DATE,
    delivery_date DATE,
    vehicle_temp_c DOUBLE,
    status VARCHAR,
    updated_at TIMESTAMP,
    first_stamp TIMESTAMP
);

CREATE TABLE staging.shifts (
    shift_id BIGINT,
    shift_date DATE,
    shift_code VARCHAR,
    line_id VARCHAR,
    headcount BIGINT,
    planned_hours DOUBLE,
    actual_hours DOUBLE,
    overtime_hours DOUBLE,
    output_kg DOUBLE,
    updated_at TIMESTAMP
);

CREATE TABLE staging.downgrade_log (
    downgrade_id BIGINT,
    run_number VARCHAR,
    from_product VARCHAR,
    to_product VARCHAR,
    from_tier BIGINT,
    to_tier BIGINT,
    reason VARCHAR,
    qty_kg DOUBLE,
    logged_at TIMESTAMP
);
