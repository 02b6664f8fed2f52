//! What the login may do besides reading: the server itself is asked.

use warehouse::sources::Source;

use super::SqlServer;
use crate::source::{Cell, ErpError};

/// The server roles whose members may change the server, its databases or rights. Reading needs none of them.
/// A server that does not know a role answers with NULL.
const SERVER_ROLES: [&str; 11] = [
    "sysadmin",
    "securityadmin",
    "serveradmin",
    "setupadmin",
    "processadmin",
    "diskadmin",
    "dbcreator",
    "bulkadmin",
    "##MS_DatabaseManager##",
    "##MS_LoginManager##",
    "##MS_ServerStateManager##",
];
/// The same in the database.
const DATABASE_ROLES: [&str; 6] =
    ["db_owner", "db_accessadmin", "db_securityadmin", "db_ddladmin", "db_backupoperator", "db_datawriter"];
/// What may be granted over the server and is more than reading.
const SERVER_PERMISSIONS: [&str; 10] = [
    "CONTROL SERVER",
    "ALTER ANY LOGIN",
    "ALTER ANY SERVER ROLE",
    "ALTER ANY DATABASE",
    "CREATE ANY DATABASE",
    "ALTER SETTINGS",
    "ALTER SERVER STATE",
    "ADMINISTER BULK OPERATIONS",
    "IMPERSONATE ANY LOGIN",
    "SHUTDOWN",
];
/// The same over the database.
const DATABASE_PERMISSIONS: [&str; 16] = [
    "CONTROL",
    "ALTER",
    "INSERT",
    "UPDATE",
    "DELETE",
    "EXECUTE",
    "TAKE OWNERSHIP",
    "CREATE TABLE",
    "CREATE VIEW",
    "CREATE PROCEDURE",
    "CREATE FUNCTION",
    "CREATE SCHEMA",
    "ALTER ANY USER",
    "ALTER ANY ROLE",
    "ALTER ANY SCHEMA",
    "BACKUP DATABASE",
];
/// The same over a table.
const TABLE_PERMISSIONS: [&str; 6] = ["INSERT", "UPDATE", "DELETE", "ALTER", "CONTROL", "TAKE OWNERSHIP"];

impl SqlServer {
    /// What the login may do to server and database that it should not.
    pub async fn rights(&self) -> Result<Vec<String>, ErpError> {
        let nothing = || vec![Cell::Null];
        let mut rights: Vec<String> = Vec::new();
        let server_roles =
            self.held(&SERVER_ROLES, |role| format!("IS_SRVROLEMEMBER('{role}')"), vec![]).await?;
        rights.extend(server_roles.iter().map(|role| format!("act as the server role `{role}`")));
        if server_roles.contains(&"sysadmin") {
            // It may do everything else too.
            return Ok(rights);
        }
        let asked = |name: &str| format!("HAS_PERMS_BY_NAME(@P1, @P1, '{name}')");
        let granted = self.held(&SERVER_PERMISSIONS, asked, nothing()).await?;
        rights.extend(granted.iter().map(|name| format!("{name} on the server")));
        let roles = self.held(&DATABASE_ROLES, |role| format!("IS_ROLEMEMBER('{role}')"), vec![]).await?;
        rights.extend(roles.iter().map(|role| format!("act as the database role `{role}`")));
        if !roles.contains(&"db_owner") {
            let asked = |name: &str| format!("HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', '{name}')");
            let granted = self.held(&DATABASE_PERMISSIONS, asked, vec![]).await?;
            rights.extend(granted.iter().map(|name| format!("{name} in the database")));
        }
        Ok(rights)
    }

    /// What the login may do to a table that it should not.
    pub async fn rights_on(&self, source: &'static Source) -> Result<Vec<&'static str>, ErpError> {
        let name = format!("[{}].[{}]", source.owner.schema(), source.table);
        let asked = |name: &str| format!("HAS_PERMS_BY_NAME(@P1, 'OBJECT', '{name}')");
        self.held(&TABLE_PERMISSIONS, asked, vec![Cell::Text(name)]).await
    }

    /// Those of the names of which the server says that the login has them.
    async fn held(
        &self,
        names: &[&'static str],
        asked: impl Fn(&str) -> String,
        parameters: Vec<Cell>,
    ) -> Result<Vec<&'static str>, ErpError> {
        let questions: Vec<String> = names.iter().map(|name| asked(name)).collect();
        let answers = self.facts(&questions, parameters).await?;
        let held = names.iter().zip(answers).filter(|(_, answer)| *answer == Cell::Int(1));
        Ok(held.map(|(name, _)| *name).collect())
    }
}
