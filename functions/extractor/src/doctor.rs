//! Looks at ERP, login, tables, clock, lake and its objects, and says what to do about what it finds. It changes
//! nothing, except that it tries whether the lake can be written.

mod damage;
mod deep;
mod lake_state;
mod objects;
mod raw;

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use lake::Lake;
use warehouse::sources::{ALL, Kind, Owner, Source};
use warehouse::staging::zones::holds_rows;

use crate::Settings;
use crate::error::TableError;
use crate::source::{Address, Class, Erp, ErpError, ObjectKind, SqlServer, SqlServerAddress, Sqlite, Table};

pub use deep::examine_deep;
pub use lake_state::examine_lake;
pub use objects::examine_objects;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// As it should be.
    Ok,
    /// All works, but not as well or as safely as it could.
    Warning,
    /// Something does not work, or must not be left so.
    Failure,
}

/// What was looked at and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub severity: Severity,
    /// What was looked at: `source`, `login`, a table's name, `clock`, `lake` or a folder in it, `settings`,
    /// `grades`.
    pub about: String,
    /// What was found, and what to do about it; one line.
    pub found: String,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Warning => "WARN",
            Self::Failure => "FAIL",
        })
    }
}

/// How far off a clock may be without a word about it.
const DRIFT_SECONDS: i64 = 60;

/// The tables that the lake holds rows of, by their names in the lake. None if the lake cannot be read, which
/// [`examine_lake`] says.
pub async fn tables_with_rows(lake: &Lake) -> BTreeSet<String> {
    let manifest = lake.manifest().await.ok().flatten().map(|(manifest, _)| manifest).unwrap_or_default();
    let held = manifest.tables.into_iter().filter(|(_, state)| holds_rows(state));
    held.map(|(name, _)| name).collect()
}

/// Examines the ERP. `held` are the tables that the lake holds rows of. `clock` tells the time here.
pub async fn examine_erp(
    settings: &Settings,
    held: BTreeSet<String>,
    clock: impl Fn() -> DateTime<Utc>,
) -> Vec<Finding> {
    let mut findings = Findings { all: Vec::new(), held };
    match &settings.source_db {
        Address::Sqlite(path) => findings.sqlite(path, settings).await,
        Address::SqlServer(address) => findings.sql_server(address, settings, clock).await,
    }
    findings.all
}

#[derive(Default)]
struct Findings {
    all: Vec<Finding>,
    /// The tables that the lake holds rows of.
    held: BTreeSet<String>,
}

impl Findings {
    fn add(&mut self, severity: Severity, about: &str, found: impl fmt::Display) {
        self.all.push(Finding { severity, about: about.to_owned(), found: found.to_string() });
    }

    async fn sqlite(&mut self, path: &Path, settings: &Settings) {
        let erp = match Sqlite::open(path, settings.factory_tz).await {
            Ok(erp) => erp,
            Err(error) => return self.add(Severity::Failure, "source", error),
        };
        self.add(Severity::Ok, "source", format!("the SQLite file `{}` can be read", path.display()));
        self.add(Severity::Ok, "login", "the file is opened read-only");
        self.tables(&erp, None).await;
        self.add(Severity::Ok, "clock", "a file has no clock of its own");
    }

    async fn sql_server(
        &mut self,
        address: &SqlServerAddress,
        settings: &Settings,
        clock: impl Fn() -> DateTime<Utc>,
    ) {
        let erp = match SqlServer::open(address.clone(), settings.factory_tz).await {
            Ok(erp) => erp,
            Err(error) => return self.add(Severity::Failure, "source", error),
        };
        let SqlServerAddress { database, host, port, user, .. } = address;
        self.add(
            Severity::Ok,
            "source",
            format!("database `{database}` on `{host}:{port}` answers to `{user}`"),
        );
        self.encryption(address);
        self.rights(&erp, user).await;
        self.tables(&erp, Some((&erp, user))).await;
        self.clock(&erp, settings, clock).await;
    }

    /// Whether the connection is encrypted, and with whom. Nothing is said of one that is as it should be.
    fn encryption(&mut self, address: &SqlServerAddress) {
        if !address.encrypt {
            self.add(
                Severity::Warning,
                "source",
                "the connection is not encrypted: remove `encrypt=false` from SOURCE_DB",
            );
        } else if address.trust_server_certificate {
            let advice = "name its certificate authority with `ca=/path/to/ca.pem` in the place of `trust_server_certificate=true`";
            self.add(
                Severity::Warning,
                "source",
                format!("the server's certificate is not checked: {advice}"),
            );
        }
    }

    /// What the login may do to server and database.
    async fn rights(&mut self, erp: &SqlServer, user: &str) {
        match erp.rights().await {
            Err(error) => self.add(Severity::Failure, "login", error),
            Ok(rights) if rights.is_empty() => {
                self.add(Severity::Ok, "login", format!("`{user}` may change neither server nor database"));
            }
            Ok(rights) => self.add(Severity::Failure, "login", too_mighty(user, &rights.join(", "))),
        }
    }

    /// All tables, and what the login may do to them.
    async fn tables(&mut self, erp: &dyn Erp, login: Option<(&SqlServer, &String)>) {
        for source in ALL {
            match erp.table(source).await {
                Err(error) => {
                    self.add(Severity::Failure, source.table, &error);
                    if error.concerns_all_tables() {
                        return;
                    }
                }
                Ok(None) => match erp.kind(source).await {
                    Err(error) => self.add(Severity::Failure, source.table, error),
                    Ok(kind) => self.absent(source, kind),
                },
                Ok(Some(table)) => {
                    let is_view = matches!(erp.kind(source).await, Ok(Some(ObjectKind::View)));
                    let (severity, found) = look_at(source, &table, is_view);
                    self.add(severity, source.table, found);
                    if let Some((server, user)) = login {
                        match server.rights_on(source).await {
                            Err(error) => self.add(Severity::Failure, source.table, error),
                            Ok(rights) if rights.is_empty() => {}
                            Ok(rights) => self.add(
                                Severity::Failure,
                                source.table,
                                too_mighty(user, &rights.join(", ")),
                            ),
                        }
                    }
                }
            }
        }
    }

    /// A table whose columns the ERP does not show.
    fn absent(&mut self, source: &'static Source, kind: Option<ObjectKind>) {
        let must_be_there = source.owner == Owner::Erp;
        let (severity, found) = match kind {
            Some(ObjectKind::Synonym(of)) => {
                let name = format!("[{}].[{}]", source.owner.schema(), source.table);
                let found = format!(
                    "is a synonym for {of}, of whose columns the ERP tells nothing: drop the synonym, and make \
                     a view of that name with the columns that are read \
                     (`CREATE VIEW {name} AS SELECT … FROM {of}`)"
                );
                (if must_be_there { Severity::Failure } else { Severity::Warning }, found)
            }
            _ if must_be_there => (Severity::Failure, ErpError::NoTable(source.table).to_string()),
            _ if self.held.contains(source.staging) => {
                (Severity::Warning, TableError::Vanished(source.table).to_string())
            }
            _ => (Severity::Ok, "not in this ERP; left out".to_owned()),
        };
        self.add(severity, source.table, found);
    }

    async fn clock(&mut self, erp: &SqlServer, settings: &Settings, clock: impl Fn() -> DateTime<Utc>) {
        // Asked between two looks at our own clock, so that a slow answer is not taken for drift.
        let before = clock();
        match erp.now().await {
            Ok(Some(there)) => {
                let here = before + (clock() - before) / 2;
                self.drift(there, here.with_timezone(&settings.factory_tz).naive_local(), settings);
            }
            Ok(None) => self.add(Severity::Failure, "clock", "the ERP does not tell the time"),
            Err(error) => self.add(Severity::Failure, "clock", error),
        }
    }

    /// How far the ERP's clock is from ours. Both times are those of the factory's zone.
    fn drift(&mut self, there: NaiveDateTime, here: NaiveDateTime, settings: &Settings) {
        let drift = there - here;
        let seconds = drift.num_seconds();
        let (zone, overlap) =
            (settings.factory_tz, TimeDelta::minutes(settings.reading.overlap_minutes.into()));
        if seconds.abs() <= DRIFT_SECONDS {
            return self.add(
                Severity::Ok,
                "clock",
                format!("the ERP's clock and this one differ by {seconds} s"),
            );
        }
        let direction = if seconds > 0 { "ahead" } else { "behind" };
        let off = format!("the ERP's clock is {} s {direction} of this one in {zone}", seconds.abs());
        let near_the_hour = (seconds.abs() + 1800) % 3600;
        let advice = if seconds.abs() >= 1800 && (near_the_hour - 1800).abs() <= DRIFT_SECONDS * 5 {
            "whole hours: set FACTORY_TZ to the zone of the ERP's clock"
        } else {
            "set one of the clocks"
        };
        let severity = if drift.abs() >= overlap { Severity::Failure } else { Severity::Warning };
        self.add(severity, "clock", format!("{off}: {advice}"));
    }
}

fn too_mighty(user: &str, rights: &str) -> String {
    format!(
        "`{user}` may {rights}: use a login that may only read, as infra/sql/read_only_login.sql makes it"
    )
}

/// Whether a table can be read as it is declared, and without burdening the ERP.
fn look_at(source: &Source, table: &Table, is_view: bool) -> (Severity, String) {
    let missing: Vec<&str> = source
        .columns
        .iter()
        .map(|column| column.source)
        .filter(|name| table.column(name).is_none())
        .collect();
    if !missing.is_empty() {
        let columns = missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        return (
            Severity::Failure,
            format!("has no column {columns}: restore it in the ERP, or adapt the table's declaration"),
        );
    }
    let stamps: Vec<&str> =
        [Some(source.watermark), source.watermark_until_changed].into_iter().flatten().collect();
    let timeless = |name: &&&str| source.column(name).kind == Kind::Time && table.class(name) == Class::Other;
    if let Some(stamp) = stamps.iter().find(timeless) {
        return (
            Severity::Failure,
            format!("the watermark column `{stamp}` holds no times: all rows would be rejected"),
        );
    }
    let slow: Vec<String> =
        stamps.iter().filter(|stamp| !table.has_index_on(stamp)).map(|stamp| format!("`{stamp}`")).collect();
    let has_key_index = source.key.first().is_some_and(|key| table.has_index_on(key));
    if !slow.is_empty() && !has_key_index {
        let (slow, key) = (slow.join(" and "), source.key.join("`, `"));
        let none = format!("no index on the watermark column {slow} nor on the key `{key}`");
        let found = if is_view {
            format!(
                "is a view, with {none} of its own: it is read, but where the tables below it have no such \
                 indexes either, every page of every run goes through all of them and sorts what it finds; \
                 index them there"
            )
        } else {
            format!(
                "{none}: it is read, but every page of every run goes through the whole table and sorts what \
                 it finds; an index on the column and the key, and one on the key, would make it short"
            )
        };
        return (Severity::Warning, found);
    }
    if !slow.is_empty() {
        let advice = "every run reads the whole table in the order of its keys, and sorts nothing; an index on the column and the key would make it short";
        return (
            Severity::Warning,
            format!("no index on the watermark column {}: {advice}", slow.join(" and ")),
        );
    }
    if !has_key_index {
        return (
            Severity::Warning,
            format!("no index on the key `{}`: reconciling is slow; index it", source.key.join("`, `")),
        );
    }
    let indexed = stamps.iter().map(|stamp| format!("`{stamp}`")).collect::<Vec<_>>().join(" and ");
    (Severity::Ok, format!("all {} columns are there, {indexed} indexed", source.columns.len()))
}
