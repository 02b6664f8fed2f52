-- runs: each run with its sheet, totals, inputs, outputs and packs, and the yields that follow. Nothing is rounded. What is not known is null.
CREATE OR REPLACE VIEW runs AS
WITH sheets AS (
    SELECT s.*, ROW_NUMBER() OVER (PARTITION BY LOWER(run_number), production_date ORDER BY updated_at DESC, run_number DESC) AS place
    FROM staging.run_sheets s
),
inputs AS (
    SELECT
        run_number,
        production_date,
        COUNT(*) - COUNT(qty_kg) AS without_weight,
        CASE WHEN COUNT(*) = COUNT(qty_kg) THEN SUM(qty_kg) END AS booked_kg
    FROM run_inputs
    GROUP BY run_number, production_date
),
outputs AS (
    SELECT
        run_number,
        production_date,
        COUNT(*) - COUNT(qty_kg) AS without_weight,
        CASE WHEN COUNT(*) = COUNT(qty_kg) THEN SUM(qty_kg) END AS booked_kg
    FROM run_outputs
    GROUP BY run_number, production_date
),
rejected AS (
    SELECT run_number, production_date, COUNT(*) AS rejected_rows FROM run_rejected GROUP BY run_number, production_date
),
packs AS (
    SELECT
        run_number,
        production_date,
        COUNT(*) AS packs,
        COUNT(net_weight - target_weight) AS weighed_packs,
        SUM(net_weight - target_weight) AS pack_giveaway_g,
        SUM(CASE WHEN net_weight IS NOT NULL THEN target_weight END) AS pack_target_g
    FROM run_packs
    GROUP BY run_number, production_date
),
joined AS (
    SELECT
        r.run_number,
        r.production_date,
        r.prod_line,
        r.line_name,
        r.shift_code,
        r.product_code,
        COALESCE(p.description, r.description) AS product,
        p.customer,
        p.shelf_life_days,
        COALESCE(w.species, p.species) AS species,
        COALESCE(w.product_type, p.product_type) AS product_type,
        r.spec,
        r.active,
        r.complete,
        COALESCE(j.rejected_rows, 0) AS rejected_rows,
        r.created,
        r.updated,
        -- What nobody filled in is day zero in old systems: SQL Server reads an empty text as 1900-01-01.
        COALESCE(CASE WHEN s.started_at >= TIMESTAMP '1901-01-01 00:00:00' THEN s.started_at END, r.created) AS started_at,
        CASE WHEN s.started_at >= TIMESTAMP '1901-01-01 00:00:00' THEN s.started_at END AS sheet_started_at,
        CASE WHEN s.finished_at >= TIMESTAMP '1901-01-01 00:00:00' THEN s.finished_at END AS finished_at,
        a.last_activity_at,
        i.run_number IS NOT NULL AS has_inputs,
        COALESCE(i.without_weight, 0) AS inputs_without_weight,
        o.run_number IS NOT NULL AS has_outputs,
        COALESCE(o.without_weight, 0) AS outputs_without_weight,
        -- A sum with an unknown part is unknown. A sum of less than nothing is no quantity, and no other figure hides it. What the scales say counts where no output is booked.
        CASE WHEN i.booked_kg >= -1e-9 THEN GREATEST(i.booked_kg, 0) END AS input_kg,
        CASE
            WHEN o.run_number IS NULL THEN t.total_weight_kg
            WHEN o.booked_kg >= -1e-9 THEN GREATEST(o.booked_kg, 0)
        END AS actual_kg,
        s.target_qty_kg AS target_kg,
        COALESCE(k.packs, 0) AS packs,
        COALESCE(k.weighed_packs, 0) AS weighed_packs,
        k.pack_giveaway_g,
        k.pack_target_g,
        s.baskets,
        s.start_label,
        s.end_label,
        CASE WHEN s.pack_date >= DATE '1901-01-01' THEN s.pack_date END AS pack_date,
        s.shelf_life_adjustment,
        s.recorded_by,
        s.run_number IS NOT NULL AS has_sheet,
        t.run_number IS NOT NULL AS has_totals,
        t.total_packs,
        t.total_weight_kg,
        t.avg_weight_g,
        t.min_weight_g,
        t.max_weight_g,
        t.std_dev_g,
        t.total_giveaway_kg,
        t.total_giveaway_pct,
        t.reject_count,
        t.downtime_minutes
    FROM run_starts r
    LEFT JOIN sheets s ON LOWER(s.run_number) = r.run_key AND s.production_date = r.production_date AND s.place = 1
    LEFT JOIN run_sums t ON t.run_number = r.run_number AND t.production_date = r.production_date
    LEFT JOIN inputs i ON i.run_number = r.run_number AND i.production_date = r.production_date
    LEFT JOIN outputs o ON o.run_number = r.run_number AND o.production_date = r.production_date
    LEFT JOIN rejected j ON j.run_number = r.run_number AND j.production_date = r.production_date
    LEFT JOIN packs k ON k.run_number = r.run_number AND k.production_date = r.production_date
    LEFT JOIN run_activity a ON a.run_number = r.run_number AND a.production_date = r.production_date
    LEFT JOIN product_by_code p ON p.product_code = r.product_code
    LEFT JOIN words w ON w.text = r.description
)
SELECT
    j.*,
    input_kg - actual_kg AS waste_kg,
    CASE WHEN input_kg > 0 THEN actual_kg / input_kg * 100 END AS yield_pct,
    CASE WHEN input_kg > 0 THEN (input_kg - actual_kg) / input_kg * 100 END AS waste_pct,
    CASE WHEN target_kg > 0 THEN actual_kg / target_kg * 100 END AS efficiency_pct,
    COALESCE(CASE WHEN pack_target_g > 0 THEN pack_giveaway_g / pack_target_g * 100 END, total_giveaway_pct) AS giveaway_pct
FROM joined j;
