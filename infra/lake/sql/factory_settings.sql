-- grades and limits: what the factory's settings say (settings/factory.toml). These are the defaults: change them as that file does. Texts for grades are written in
-- lower case, without blanks around them.
CREATE OR REPLACE VIEW grades AS
SELECT grade_text, grade
FROM (VALUES ('premium', 'Premium'), ('gg', 'GG')) AS v (grade_text, grade);

CREATE OR REPLACE VIEW limits AS
SELECT low_yield_pct, giveaway_pct, sensor_min_c, sensor_max_c
FROM (VALUES (CAST(90 AS DOUBLE), CAST(3 AS DOUBLE), CAST(-60 AS DOUBLE), CAST(60 AS DOUBLE))) AS v (low_yield_pct, giveaway_pct, sensor_min_c, sensor_max_c);
