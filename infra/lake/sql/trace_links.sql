-- trace_links: the links between batches, runs, products and orders. A row per link of a run. A scan with a new batch code made a batch, unless the fish went into
-- the run or went back as the batch that it was. A scan with neither a direction nor a new batch links nothing.
CREATE OR REPLACE VIEW trace_links AS
WITH scans AS (
    SELECT
        s.run_number,
        s.production_date,
        s.lineage_id,
        s.direction,
        s.return_method,
        c.batch_code,
        COALESCE(b.batch_code, c.parent_batch) AS parent_batch,
        c.grade,
        c.qty_kg,
        COALESCE(c.scan_time, c.updated_at) AS scanned_at,
        CASE WHEN COALESCE(s.direction, '') <> 'INPUT' AND COALESCE(s.return_method, '') <> 'PROD_RETURN' THEN s.new_batch_code END AS made
    FROM run_scans s
    JOIN staging.batch_lineage c ON c.lineage_id = s.lineage_id
    LEFT JOIN batch_names b ON b.batch_key = LOWER(c.parent_batch)
)
SELECT
    r.run_number AS run_number,
    r.production_date AS production_date,
    'input' AS link,
    c.input_id AS link_id,
    COALESCE(b.batch_code, c.batch_code) AS batch_code,
    CAST(NULL AS VARCHAR(100)) AS new_batch_code,
    CAST(NULL AS VARCHAR(100)) AS parent_batch,
    CAST(NULL AS VARCHAR(100)) AS return_method,
    c.grade AS grade,
    c.species AS species,
    CAST(NULL AS VARCHAR(100)) AS product_code,
    CAST(NULL AS VARCHAR(100)) AS product,
    CAST(NULL AS BIGINT) AS tier,
    CAST(NULL AS VARCHAR(100)) AS piece_type,
    CAST(NULL AS BIGINT) AS qty_packs,
    CAST(NULL AS BIGINT) AS qty_cases,
    c.qty_kg AS qty_kg,
    CAST(NULL AS VARCHAR(100)) AS order_number,
    CAST(NULL AS VARCHAR(100)) AS customer,
    CAST(NULL AS DATE) AS despatch_date,
    CAST(NULL AS DATE) AS delivery_date,
    CAST(NULL AS VARCHAR(100)) AS status,
    c.updated_at AS linked_at
FROM staging.run_inputs c
JOIN run_starts r
    ON r.run_key = LOWER(c.run_number)
    AND (r.is_first OR r.began_at <= c.first_stamp)
    AND (r.next_began_at IS NULL OR c.first_stamp < r.next_began_at)
LEFT JOIN batch_names b ON b.batch_key = LOWER(c.batch_code)
UNION ALL
SELECT
    run_number,
    production_date,
    CASE WHEN direction = 'INPUT' THEN 'scan_in' ELSE 'scan_back' END AS link,
    lineage_id AS link_id,
    batch_code,
    made AS new_batch_code,
    CASE WHEN made IS NOT NULL THEN parent_batch END AS parent_batch,
    CASE WHEN return_method IN ('OCM', 'PROD_RETURN') THEN return_method END AS return_method,
    grade,
    CAST(NULL AS VARCHAR(100)) AS species,
    CAST(NULL AS VARCHAR(100)) AS product_code,
    CAST(NULL AS VARCHAR(100)) AS product,
    CAST(NULL AS BIGINT) AS tier,
    CAST(NULL AS VARCHAR(100)) AS piece_type,
    CAST(NULL AS BIGINT) AS qty_packs,
    CAST(NULL AS BIGINT) AS qty_cases,
    qty_kg,
    CAST(NULL AS VARCHAR(100)) AS order_number,
    CAST(NULL AS VARCHAR(100)) AS customer,
    CAST(NULL AS DATE) AS despatch_date,
    CAST(NULL AS DATE) AS delivery_date,
    CAST(NULL AS VARCHAR(100)) AS status,
    scanned_at AS linked_at
FROM scans
WHERE direction IN ('INPUT', 'SCANBACK') OR made IS NOT NULL
UNION ALL
SELECT
    r.run_number AS run_number,
    r.production_date AS production_date,
    'output' AS link,
    c.output_id AS link_id,
    CAST(NULL AS VARCHAR(100)) AS batch_code,
    CAST(NULL AS VARCHAR(100)) AS new_batch_code,
    CAST(NULL AS VARCHAR(100)) AS parent_batch,
    CAST(NULL AS VARCHAR(100)) AS return_method,
    CAST(NULL AS VARCHAR(100)) AS grade,
    CAST(NULL AS VARCHAR(100)) AS species,
    COALESCE(p.product_code, c.product_code) AS product_code,
    p.description AS product,
    c.tier AS tier,
    c.piece_type AS piece_type,
    c.qty_packs AS qty_packs,
    CAST(NULL AS BIGINT) AS qty_cases,
    c.qty_kg AS qty_kg,
    CAST(NULL AS VARCHAR(100)) AS order_number,
    CAST(NULL AS VARCHAR(100)) AS customer,
    CAST(NULL AS DATE) AS despatch_date,
    CAST(NULL AS DATE) AS delivery_date,
    CAST(NULL AS VARCHAR(100)) AS status,
    c.updated_at AS linked_at
FROM staging.run_outputs c
JOIN run_starts r
    ON r.run_key = LOWER(c.run_number)
    AND (r.is_first OR r.began_at <= c.first_stamp)
    AND (r.next_began_at IS NULL OR c.first_stamp < r.next_began_at)
LEFT JOIN product_by_code p ON LOWER(p.product_code) = LOWER(c.product_code)
UNION ALL
SELECT
    r.run_number AS run_number,
    r.production_date AS production_date,
    'despatch' AS link,
    c.despatch_id AS link_id,
    c.batch_code AS batch_code,
    CAST(NULL AS VARCHAR(100)) AS new_batch_code,
    CAST(NULL AS VARCHAR(100)) AS parent_batch,
    CAST(NULL AS VARCHAR(100)) AS return_method,
    CAST(NULL AS VARCHAR(100)) AS grade,
    CAST(NULL AS VARCHAR(100)) AS species,
    COALESCE(p.product_code, c.product_code) AS product_code,
    p.description AS product,
    CAST(NULL AS BIGINT) AS tier,
    CAST(NULL AS VARCHAR(100)) AS piece_type,
    CAST(NULL AS BIGINT) AS qty_packs,
    c.qty_cases AS qty_cases,
    c.qty_kg AS qty_kg,
    c.order_number AS order_number,
    c.customer AS customer,
    c.despatch_date AS despatch_date,
    c.delivery_date AS delivery_date,
    c.status AS status,
    c.updated_at AS linked_at
FROM staging.despatch c
JOIN run_despatches r ON r.despatch_id = c.despatch_id
LEFT JOIN product_by_code p ON LOWER(p.product_code) = LOWER(c.product_code);
