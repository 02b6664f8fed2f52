-- recent_shifts: the rows of shift_progress of the last 22 shifts of each code in which a line made something.
CREATE OR REPLACE VIEW recent_shifts AS
WITH ranked AS (
    SELECT shift_date, shift_code, prod_line, ROW_NUMBER() OVER (PARTITION BY shift_code, prod_line ORDER BY shift_date DESC) AS place
    FROM shift_progress
    WHERE elapsed_pct = 100 AND made_kg > 0
)
SELECT p.shift_date, p.shift_code, p.prod_line, p.elapsed_pct, p.packs, p.made_kg
FROM shift_progress p
JOIN ranked r
    ON r.place <= 22
    AND r.shift_date = p.shift_date
    AND r.shift_code = p.shift_code
    AND (r.prod_line = p.prod_line OR (r.prod_line IS NULL AND p.prod_line IS NULL));
