-- known_tables: the factory's tables that are read. A factory that lacks one of them loses its line here: what is missing in a table that nobody reads says
-- nothing, and is no violation.
CREATE OR REPLACE VIEW known_tables AS
SELECT table_name
FROM (VALUES ('run_inputs'), ('case_verification'), ('traceability')) AS v (table_name);
