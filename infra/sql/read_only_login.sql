-- Makes the login that Tideline reads with. It may SELECT from one database, and is denied everything that could change that database.
-- A database administrator runs this script. Running it again sets the password and leaves the same rights.
--
--   export ERP_DATABASE=... READER_PASSWORD=...
--   sqlcmd -b -S <server> -E -i read_only_login.sql          (-b: stop at the first error)
--
-- The script grants nothing but the role db_datareader. It does not deny CONTROL, because that would also deny CONNECT and SELECT.

USE [$(ERP_DATABASE)];
GO

IF SUSER_ID(N'pipeline_reader') IS NULL
    CREATE LOGIN [pipeline_reader] WITH PASSWORD = N'$(READER_PASSWORD)', CHECK_POLICY = ON, DEFAULT_DATABASE = [$(ERP_DATABASE)];
ELSE
    ALTER LOGIN [pipeline_reader] WITH PASSWORD = N'$(READER_PASSWORD)', CHECK_POLICY = ON, DEFAULT_DATABASE = [$(ERP_DATABASE)];
GO

-- A restored backup may bring a user that belongs to a login of another server. It is tied to the login of this server.
IF DATABASE_PRINCIPAL_ID(N'pipeline_reader') IS NULL
    CREATE USER [pipeline_reader] FOR LOGIN [pipeline_reader];
ELSE
    ALTER USER [pipeline_reader] WITH LOGIN = [pipeline_reader];
GO

ALTER ROLE [db_datareader] ADD MEMBER [pipeline_reader];
GO

-- A DENY outweighs what a role gives, even by a later GRANT to that role.
DENY INSERT, UPDATE, DELETE, ALTER, EXECUTE TO [pipeline_reader];
DENY CREATE TABLE, CREATE VIEW, CREATE PROCEDURE, CREATE FUNCTION, CREATE SCHEMA, CREATE TYPE, CREATE SYNONYM TO [pipeline_reader];
DENY REFERENCES, TAKE OWNERSHIP, BACKUP DATABASE, BACKUP LOG TO [pipeline_reader];
GO

-- The check: asks the server itself what the user may do. No DENY holds for the members of a server role such as sysadmin, nor for the owner of a schema in it. So
-- the check looks for both.
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
