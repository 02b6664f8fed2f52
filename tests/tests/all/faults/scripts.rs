//! What is in the small factory's ERP, and what happens there between and during the jobs.

use warehouse::sources::ALL;

/// A factory with a handful of rows in every table, some of which cannot be taken.
pub(crate) const ROWS: &str = "
    INSERT INTO RunNumber (RunNumber, ProductionDate, Description, ProductCode, ProdLine, ShiftCode, Complete, Created, Updated) VALUES
        ('1', '2026-11-20', 'cod loin', 'P1', 'Line 1', 'AM', 1, '2026-11-20 06:00:00', '2026-11-20 12:30:00'),
        ('2', '2026-11-20', 'hake fillet', 'P2', 'L2', 'AM', 'Y', '2026-11-20 06:10:00', NULL),
        ('2', '2026-10-30', 'hake fillet', NULL, 'L2', 'PM', 1, '2026-10-30 06:10:00', '2026-11-20 12:31:00'),
        ('3', '2026-11-20', 'sole', 'P1', 'Line 9', 'AM', 'maybe', '2026-11-20 07:00:00', NULL),
        (NULL, '2026-11-20', 'no number', 'P1', 'L1', 'AM', 0, '2026-11-20 07:00:00', NULL);
    INSERT INTO SI_OCM_TRANS (TransNo, RunNumber, TransDate, ProductCode, NetWeight, TargetWeight) VALUES
        (1, '1', '2026-11-20 12:00:00', 'P1', 205, 200), (2, '1', '2026-11-20 12:00:00', 'P1', ' 199.5 ', 200), (3, '2', '2026-11-20 12:00:00.003', 'P2', 180, 180),
        (4, '2', '2026-11-20 12:00:01', 'P2', -3, 180), (5, '2', '2026-11-20 12:00:01', 'P2', 181, 180);
    INSERT INTO SI_OCM_PLU (PLUNumber, Description, ProductCode, Species, PackSize, Updated) VALUES
        (1, 'cod loin', 'P1', 'cod', 200, '2026-11-19'), (2, 'hake fillet', 'P2', 'hake', 'heavy', '2026-11-20 11:00:00');
    INSERT INTO SI_OCM_TOTALS (RunNumber, TotalPacks, TotalWeight, GiveawayPct, Updated) VALUES
        ('1', 2, 40, 1.5, '2026-11-20 12:00:00'), ('2', 3, 55, 4, '2026-11-20 12:00:00');
    INSERT INTO prod_lines (line_id, line_name, updated_at) VALUES ('L1', 'Line 1', '2026-11-01'), ('L2', 'Line 2', '2026-11-01');
    INSERT INTO product_catalogue (product_code, description, tier, customer, updated_at) VALUES
        ('P1', 'Cod loin', 1, 'Harbour', '2026-11-20 10:00:00'), ('P2', 'Hake', 2, 'Quay', '2026-11-20 10:00:00'), ('P3', 'none', 9, 'x', '2026-11-20 10:00:00');
    INSERT INTO traceability (trace_id, batch_code, grade, qty_kg, updated_at) VALUES ('T1', 'B1', 'Premium', 100, '2026-11-20 09:00:00'), ('', 'B2', 'GG', 50, '2026-11-20 09:00:00');
    INSERT INTO run_sheets (run_number, production_date, target_qty_kg, pack_date, shelf_life_adjustment, updated_at) VALUES
        ('1', '2026-11-20', 45, '2026-11-20', 1, '2026-11-20 12:00:00'), ('2', '2026-11-20', 60, NULL, 7, '2026-11-20 12:00:00');
    INSERT INTO run_inputs (input_id, run_number, batch_code, grade, qty_kg, updated_at) VALUES
        (1, '1', 'B1', 'Premium', 30, '2026-11-20 12:00:00'), (2, '1', 'B1', 'GG', 20, '2026-11-20 12:00:00'), (3, '2', 'B2', 'GG', 70, '2026-11-20 12:00:00'),
        (4, '2', 'B2', 'GG', 1, 'soon');
    INSERT INTO run_outputs (output_id, run_number, product_code, tier, source_grade, piece_type, qty_kg, updated_at) VALUES
        (1, '1', 'P1', 1, 'GG', 'tail', 41, '2026-11-20 12:00:00'), (2, '2', 'P2', 2, 'GG', 'joint', 33, '2026-11-20 12:00:00'), (3, '2', 'P2', 2, 'GG', 'joint', 21, '2026-11-20 12:00:00');
    INSERT INTO batch_lineage (lineage_id, run_number, batch_code, direction, updated_at) VALUES (1, '1', 'B1', 'INPUT', '2026-11-20 12:00:00');
    INSERT INTO temperature_logs (log_id, location, reading_time, temp_celsius, target_min, target_max, updated_at) VALUES
        (1, 'Chiller', '2026-11-20 11:00:00', 9, 0, 5, '2026-11-20 11:00:00'), (2, 'Chiller', '2026-11-20 12:00:00', 3, 0, 5, '2026-11-20 12:00:00'),
        (3, 'Dock', '2026-10-31 12:00:00', -9, 0, 5, '2026-11-20 12:00:00'), (4, 'Dock', 'noon', 1, 0, 5, '2026-11-20 12:00:00');
    INSERT INTO non_conformance (nc_id, nc_date, severity, status, updated_at) VALUES (1, '2026-11-20', 'major', 'open', '2026-11-20 12:00:00');
    INSERT INTO case_verification (verify_id, run_number, label_seq, updated_at) VALUES (1, '1', 5, '2026-11-20 12:00:00'), (2, '1', -5, '2026-11-20 12:00:00');
    INSERT INTO despatch (despatch_id, run_number, qty_kg, status, updated_at) VALUES (1, '1', 10, 'loaded', '2026-11-20 12:00:00');
    INSERT INTO shifts (shift_id, shift_date, headcount, updated_at) VALUES (1, '2026-11-20', ' 12 ', '2026-11-20 12:00:00'), (2, '2026-11-20', 'many', NULL)";

/// What happens in the ERP before the second job.
pub(crate) const CHANGES: &str = "
    UPDATE run_inputs SET qty_kg = 35, updated_at = '2026-11-20 13:10:00' WHERE input_id = 1;
    UPDATE run_inputs SET updated_at = '2026-11-20 13:10:00' WHERE input_id = 4;
    UPDATE run_outputs SET run_number = '1', updated_at = '2026-11-20 13:10:00' WHERE output_id = 3;
    UPDATE RunNumber SET ProdLine = 'L2', Updated = '2026-11-20 13:11:00' WHERE RunNumber = '1';
    UPDATE RunNumber SET Complete = 'N', Updated = '2026-11-20 13:11:00' WHERE RunNumber = '3';
    UPDATE SI_OCM_PLU SET PackSize = 180, Updated = '2026-11-20 13:00:00' WHERE PLUNumber = 2;
    UPDATE temperature_logs SET temp_celsius = 4, updated_at = '2026-11-20 13:00:00' WHERE log_id = 1;
    UPDATE temperature_logs SET temp_celsius = 'cold', updated_at = '2026-11-20 13:00:00' WHERE log_id = 2;
    INSERT INTO SI_OCM_TRANS (TransNo, RunNumber, TransDate, NetWeight, TargetWeight) VALUES
        (6, '1', '2026-11-20 13:05:00', 210, 200), (7, '1', '2026-11-20 13:05:00', 211, 200), (8, '1', '2026-11-20 13:05:00', 212, 200), (9, '1', '2026-11-20 13:05:00', 213, 200);
    INSERT INTO prod_lines (line_id, line_name, updated_at) VALUES ('L9', 'Line 9', '2026-11-20')";

/// Changes that a comparison of keys and stamps finds: rows that went, moved to another key, or came with old
/// stamps.
pub(crate) const MOVES: &str = "
    DELETE FROM run_inputs WHERE input_id = 2;
    DELETE FROM SI_OCM_TRANS WHERE TransNo IN (1, 4);
    DELETE FROM RunNumber WHERE RunNumber IS NULL;
    UPDATE RunNumber SET ProductionDate = '2026-10-31', Updated = '2026-11-20 13:30:00' WHERE RunNumber = '2' AND ProductionDate = '2026-10-30';
    UPDATE run_outputs SET qty_kg = 44, updated_at = '2026-11-18 01:00:00' WHERE output_id = 1;
    INSERT INTO run_outputs (output_id, run_number, qty_kg, updated_at) VALUES (9, '2', 5, '2026-11-10');
    DELETE FROM temperature_logs WHERE log_id IN (2, 3);
    UPDATE shifts SET headcount = 9, updated_at = '2026-11-20 13:00:00' WHERE shift_id = 2;
    DELETE FROM product_catalogue WHERE product_code = 'P3'";

/// Changes that only a full reload finds: rows that changed without a new stamp.
pub(crate) const SILENT: &str = "
    UPDATE run_inputs SET qty_kg = 71 WHERE input_id = 3;
    UPDATE SI_OCM_PLU SET Description = 'cod tail' WHERE PLUNumber = 1;
    UPDATE temperature_logs SET temp_celsius = 77 WHERE log_id = 4;
    DELETE FROM RunNumber WHERE RunNumber = '3'";

/// What happens while a later job is held: rows that go, move and come.
pub(crate) const LATER_MOVES: &str = "
    DELETE FROM run_inputs WHERE input_id = 3;
    INSERT INTO run_inputs (input_id, run_number, qty_kg, updated_at) VALUES (11, '1', 3, '2026-11-20 14:20:00');
    UPDATE run_outputs SET run_number = '2', updated_at = '2026-11-20 14:20:00' WHERE output_id = 3;
    UPDATE RunNumber SET ProductionDate = '2026-11-19', Updated = '2026-11-20 14:21:00' WHERE RunNumber = '1';
    DELETE FROM SI_OCM_TRANS WHERE TransNo IN (2, 6);
    UPDATE SI_OCM_TRANS SET NetWeight = 250, TransDate = '2026-11-20 14:20:00' WHERE TransNo = 7;
    UPDATE SI_OCM_TRANS SET NetWeight = 'x', TransDate = '2026-11-20 14:20:00' WHERE TransNo = 8;
    UPDATE temperature_logs SET temp_celsius = 20, updated_at = '2026-11-20 14:20:00' WHERE log_id = 1;
    DELETE FROM SI_OCM_PLU WHERE PLUNumber = 2";

/// The statements of a script that concern these tables.
pub(crate) fn about(script: &str, tables: &[&str]) -> String {
    let of = |statement: &&str| {
        statement
            .split_whitespace()
            .find(|word| ALL.iter().any(|source| source.table == *word))
            .is_some_and(|table| tables.contains(&table))
    };
    script.split(';').filter(of).collect::<Vec<_>>().join(";")
}
