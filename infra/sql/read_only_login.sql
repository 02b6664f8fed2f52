-- The login that Tideline reads with: it may SELECT, and is denied everything else.
-- Run by a database administrator, with a password of your own in the place of the variable:
--   sqlcmd -v Password="..." -i read_only_login.sql

CREATE LOGIN [pipeline_reader] WITH PASSWORD = '$(Password)', CHECK_POLICY = ON;
CREATE USER [pipeline_reader] FOR LOGIN [pipeline_reader];
ALTER ROLE [db_datareader] ADD MEMBER [pipeline_reader];
DENY INSERT, UPDATE, DELETE, ALTER, EXECUTE TO [pipeline_reader];
GO
