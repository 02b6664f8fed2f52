-- grades, limits, product_prices, tier_prices, shift_times, shift_breaks and clock_changes: what the factory's settings say (settings/factory.toml). These are the
-- defaults: change them as that file does. Texts for grades are written in
-- lower case, without blanks around them.
CREATE OR REPLACE VIEW grades AS
SELECT grade_text, grade
FROM (VALUES ('premium', 'Premium'), ('gg', 'GG')) AS v (grade_text, grade);

CREATE OR REPLACE VIEW limits AS
SELECT intake_max_c, vehicle_max_c, low_yield_pct, giveaway_pct, sensor_min_c, sensor_max_c, stop_minutes
FROM (
    VALUES (
        CAST(4 AS DOUBLE), CAST(5 AS DOUBLE), CAST(90 AS DOUBLE), CAST(3 AS DOUBLE), CAST(-60 AS DOUBLE), CAST(60 AS DOUBLE), CAST(3 AS DOUBLE)
    )
) AS v (intake_max_c, vehicle_max_c, low_yield_pct, giveaway_pct, sensor_min_c, sensor_max_c, stop_minutes);

-- Prices per kg. The codes of products are written in lower case. No price is known here.
CREATE OR REPLACE VIEW product_prices AS
SELECT product_key, price
FROM (VALUES ('', CAST(0 AS DOUBLE))) AS v (product_key, price)
WHERE product_key <> '';

CREATE OR REPLACE VIEW tier_prices AS
SELECT tier, price
FROM (VALUES (0, CAST(0 AS DOUBLE))) AS v (tier, price)
WHERE tier > 0;

-- A shift has a row for each weekday on which it starts, from 0 (Monday) to 6. It starts and ends so many minutes after the midnight with which that day begins, and
-- belongs to the date so many days after that day: 0, or 1 if it ends on the next day and the file says date = "end". Codes are written in lower case, names as the file
-- writes the codes. No shift is known here.
CREATE OR REPLACE VIEW shift_times AS
SELECT shift_code, shift_name, weekday, starts_after_minutes, ends_after_minutes, dated_after_days
FROM (VALUES ('', '', 0, 0, 0, 0)) AS v (shift_code, shift_name, weekday, starts_after_minutes, ends_after_minutes, dated_after_days)
WHERE shift_code <> '';

-- A break has a row for each weekday on which its shift starts. It begins and ends so many minutes after the same midnight.
CREATE OR REPLACE VIEW shift_breaks AS
SELECT shift_code, weekday, starts_after_minutes, begins_after_minutes, ends_after_minutes
FROM (VALUES ('', 0, 0, 0, 0)) AS v (shift_code, weekday, starts_after_minutes, begins_after_minutes, ends_after_minutes)
WHERE shift_code <> '';

-- What the factory's clock leaves out when it is set forward, and what it shows twice when it is set back. No change is known here: write those of your zone.
CREATE OR REPLACE VIEW clock_changes AS
SELECT is_left_out, from_time, to_time
FROM (VALUES (TRUE, TIMESTAMP '1900-01-01 00:00:00', TIMESTAMP '1900-01-01 00:00:00')) AS v (is_left_out, from_time, to_time)
WHERE from_time < to_time;
