//! The settings of the whole server that a test may change: its clock, and what the login may do besides
//! reading.

use std::collections::BTreeSet;

use chrono::{NaiveDateTime, TimeDelta, Utc};

/// The server's clock and the login's rights. The clock shows UTC.
#[derive(Clone, Debug, Default)]
pub(super) struct Server {
    /// How far the clock is ahead of UTC.
    pub(super) ahead: TimeDelta,
    /// Whether the login may write to tables and change them.
    pub(super) may_write: bool,
    /// Whether the login is a `sysadmin`.
    pub(super) sysadmin: bool,
    /// The roles of the login and what it was granted besides, in upper case.
    pub(super) given: BTreeSet<String>,
    /// Whether the server has no certificate, so that nobody can encrypt.
    pub(super) without_tls: bool,
    /// The names of the tables in upper case, each with and without its schema.
    pub(super) tables: Vec<String>,
}

impl Server {
    pub(super) fn now(&self) -> NaiveDateTime {
        Utc::now().naive_utc() + self.ahead
    }

    /// HAS_PERMS_BY_NAME. `None`, which is NULL, for a thing that does not exist or a permission that makes
    /// no sense.
    pub(super) fn may(&self, securable: &str, class: &str, permission: &str) -> Option<bool> {
        let plain = securable.replace(['[', ']'], "");
        let there = match class {
            "OBJECT" => self.tables.contains(&plain),
            "SCHEMA" => ["DBO", "PRODUCTION"].contains(&plain.as_str()),
            "DATABASE" => plain.is_empty() || plain.eq_ignore_ascii_case(super::DATABASE),
            "" => plain.is_empty(),
            _ => false,
        };
        let writes = [
            "INSERT",
            "UPDATE",
            "DELETE",
            "ALTER",
            "EXECUTE",
            "CONTROL",
            "TAKE OWNERSHIP",
            "CREATE TABLE",
            "REFERENCES",
        ];
        match permission {
            _ if !there => None,
            permission if class != "OBJECT" && self.given.contains(permission) => Some(true),
            "ANY" | "SELECT" | "CONNECT" | "VIEW DEFINITION" => Some(true),
            // The class of the whole server has an empty name.
            _ if class.is_empty() => Some(self.sysadmin),
            permission
                if writes.contains(&permission)
                    || ["ALTER ANY ", "CREATE ", "BACKUP "]
                        .iter()
                        .any(|verb| permission.starts_with(verb)) =>
            {
                Some(self.may_write || self.sysadmin)
            }
            _ => None,
        }
    }

    /// IS_SRVROLEMEMBER.
    pub(super) fn in_server_role(&self, role: &str) -> Option<bool> {
        let others = [
            "SERVERADMIN",
            "SECURITYADMIN",
            "SETUPADMIN",
            "PROCESSADMIN",
            "DISKADMIN",
            "DBCREATOR",
            "BULKADMIN",
        ];
        match role {
            "PUBLIC" => Some(true),
            "SYSADMIN" => Some(self.sysadmin),
            role if others.contains(&role) || role.starts_with("##MS_") => Some(self.given.contains(role)),
            _ => None,
        }
    }

    /// IS_ROLEMEMBER.
    pub(super) fn in_database_role(&self, role: &str) -> Option<bool> {
        match role {
            "PUBLIC" | "DB_DATAREADER" => Some(true),
            role if role.starts_with("DB_") && self.given.contains(role) => Some(true),
            "DB_DATAWRITER" | "DB_DDLADMIN" => Some(self.may_write),
            "DB_OWNER" => Some(self.sysadmin),
            "DB_SECURITYADMIN" | "DB_ACCESSADMIN" | "DB_BACKUPOPERATOR" | "DB_DENYDATAREADER"
            | "DB_DENYDATAWRITER" => Some(false),
            _ => None,
        }
    }
}
