-- The login that Tideline reads with: it may SELECT from one database, and is denied whatever could change it.
-- A database administrator runs it, again whenever they like: it ends with the same rights, and sets the password.
--
--   export ERP_DATABASE=... READER_PASSWORD=...
--   sqlcmd -b -S <server> -E -i read_only_login.sql          (-b: stop at the first error)
--
-- Nothing is granted here besides the role db_datareader. CONTROL is not denied, because it stands above CONNECT and SELECT and would take them along.

USE [$(ERP_DATABASE)];
GO

IF SUSER_ID(N'pipeline_reader') IS NULL
    CREATE LOGIN [pipeline_reader] WITH PASSWORD = N'$(READER_PASSWORD)', CHECK_POLICY = ON, DEFAULT_DATABASE = [$(ERP_DATABASE)];
ELSE
    ALTER LOGIN [pipeline_reader] WITH PASSWORD = N'$(READER_PASSWORD)', CHECK_POLICY = ON, DEFAULT_DATABASE = [$(ERP_DATABASE)];
GO

-- A user that a restored backup left behind belongs to a login of another server: it is tied to this one's.
IF DATABASE_PRINCIPAL_ID(N'pipeline_reader') IS NULL
    CREATE USER [pipeline_reader] FOR LOGIN [pipeline_reader];
ELSE
    ALTER USER [pipeline_reader] WITH LOGIN = [pipeline_reader];
GO

ALTER ROLE [db_datareader] ADD MEMBER [pipeline_reader];
GO

-- A DENY outweighs whatever a role or a later GRANT to a role would give.
DENY INSERT, UPDATE, DELETE, ALTER, EXECUTE TO [pipeline_reader];
DENY CREATE TABLE, CREATE VIEW, CREATE PROCEDURE, CREATE FUNCTION, CREATE SCHEMA, CREATE TYPE, CREATE SYNONYM TO [pipeline_reader];
DENY REFERENCES, TAKE OWNERSHIP, BACKUP DATABASE, BACKUP LOG TO [pipeline_reader];
GO

-- The check: what the server itself says that the user may do. A server role (sysadmin is one) stands above every DENY, and an owner above those on what is
-- owned, so both are looked for.
DECLARE @problem nvarchar(400);

EXECUTE AS USER = N'pipeline_reader';

SELECT TOP (1) @problem = N'may ' + wanted.permission + N' in this database'
FROM (VALUES (N'INSERT'), (N'UPDATE'), (N'DELETE'), (N'ALTER'), (N'EXECUTE'), (N'CONTROL'), (N'CREATE TABLE'), (N'CREATE PROCEDURE'), (N'CREATE SCHEMA'),
    (N'TAKE OWNERSHIP'), (N'REFERENCES'), (N'BACKUP DATABASE')) AS wanted (permission)
WHERE HAS_PERMS_BY_NAME(DB_NAME(), N'DATABASE', wanted.permission) = 1;

SELECT TOP (1) @problem = N'may ' + wanted.permission + N' ' + seen.name
FROM (SELECT QUOTENAME(SCHEMA_NAME(schema_id)) + N'.' + QUOTENAME(name) AS name FROM sys.tables) AS seen
CROSS JOIN (VALUES (N'INSERT'), (N'UPDATE'), (N'DELETE'), (N'ALTER'), (N'CONTROL')) AS wanted (permission)
WHERE HAS_PERMS_BY_NAME(seen.name, N'OBJECT', wanted.permission) = 1;

IF HAS_PERMS_BY_NAME(DB_NAME(), N'DATABASE', N'SELECT') = 0
    SET @problem = N'may not SELECT in this database';

REVERT;

SELECT TOP (1) @problem = N'is a member of the server role ' + held.name
FROM sys.server_role_members AS holding
JOIN sys.server_principals AS held ON held.principal_id = holding.role_principal_id
WHERE holding.member_principal_id = SUSER_ID(N'pipeline_reader');

SELECT TOP (1) @problem = N'owns the schema ' + name FROM sys.schemas WHERE principal_id = DATABASE_PRINCIPAL_ID(N'pipeline_reader');

IF @problem IS NOT NULL
BEGIN
    DECLARE @message nvarchar(2048) = N'pipeline_reader ' + @problem + N': take that away, and run this again';
    THROW 50000, @message, 1;
END;
GO
