-- report_scope: the window and the filters of all reports, in one row. A filter of null lets everything through. Change the literals here, or make the view again
-- before you ask.
--
-- line is the id or the name of a line. Text is compared without regard to case and to blanks around it.
CREATE OR REPLACE VIEW report_scope AS
SELECT
    CAST(CURRENT_DATE - INTERVAL '29' DAY AS DATE) AS from_date,
    CURRENT_DATE AS to_date,
    CAST(NULL AS VARCHAR(100)) AS line,
    CAST(NULL AS VARCHAR(100)) AS shift,
    CAST(NULL AS VARCHAR(100)) AS species;
