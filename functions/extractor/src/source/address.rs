//! `SOURCE_DB`: where the ERP is, and the config guard, which refuses logins that may do more than read
//! before anything is connected.
//!
//! An error here repeats nothing of the address but names of parameters and words from the guard's own lists.
//! No text of an address shows its password.

mod login;

#[cfg(test)]
mod tests;

use std::fmt;
use std::net::Ipv6Addr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use process::may_hold_password;

use login::LoginError;

/// The port of SQL Server where an address names none.
const DEFAULT_PORT: u16 = 1433;
/// How long a page may take where an address does not say.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// Where the ERP is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A database of a SQL Server.
    SqlServer(SqlServerAddress),
}

/// Where a database of a SQL Server is, and how to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlServerAddress {
    /// The login, which the config guard has passed.
    pub user: String,
    /// Its password.
    pub password: Secret,
    /// The server's name or IP address, without brackets.
    pub host: String,
    pub port: u16,
    pub database: String,
    /// Whether the connection is encrypted. It is, unless the address says otherwise.
    pub encrypt: bool,
    /// Whether any certificate of the server will do. That cannot be together with an authority.
    pub trust_server_certificate: bool,
    /// The file of the authority that signed the server's certificate, where it is none of the public ones.
    pub certificate_authority: Option<PathBuf>,
    /// How long a page may take, so that a job never waits on a lock for long.
    pub timeout: Duration,
}

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Why an address is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Some other database.
    #[error(
        "it begins with neither sqlite:// nor mssql://: use sqlite://path or mssql://user:password@host:1433/database"
    )]
    Scheme,
    /// A SQLite address without a path.
    #[error("it names no file: use sqlite://relative/path or sqlite:///absolute/path")]
    NoFile,
    /// A SQLite address that goes on like that of a server.
    #[error(
        "it begins with sqlite:// and goes on with a `:` and an `@`, like the address of a server: use mssql://user:password@host:1433/database, or a file without these marks in its path"
    )]
    NotAFile,
    /// A mark may divide the address in another way than meant.
    #[error("it can be read in more than one way: {ENCODE}")]
    Ambiguous,
    /// A `%` that does not belong to percent-encoding.
    #[error("it has a `%` that begins no character: {ENCODE}")]
    Encoding,
    /// No host, or something else in its place.
    #[error(
        "its host is no name and no IP address: use letters, digits, `.` and `-`, an IPv6 address in square brackets, and `:` before the port"
    )]
    Host,
    /// A named instance.
    #[error(
        "it names an instance after a backslash: give the instance's port instead, as in mssql://user:password@host:49152/database"
    )]
    Instance,
    /// The port is no number of a port.
    #[error("its port is not a number from 1 to 65535")]
    Port,
    /// A database's name with a mark in it.
    #[error(
        "its database is no plain name: name one database after the host, and percent-encode `/` in its name as %2F"
    )]
    Database,
    /// There is no such parameter.
    #[error(
        "it has the unknown parameter `{0}`: there are `encrypt`, `trust_server_certificate`, `ca` and `timeout_seconds`"
    )]
    UnknownParameter(String),
    /// A parameter that stands there twice.
    #[error("it has the parameter `{0}` more than once")]
    RepeatedParameter(&'static str),
    /// A parameter with a value that it cannot have.
    #[error("its parameter `{name}` must be {expected}")]
    ParameterValue {
        name: &'static str,
        /// What its value must be.
        expected: &'static str,
    },
    /// An authority is named for certificates that are not checked.
    #[error(
        "its parameter `ca` names who signs the server's certificate, and another one says not to check that: remove one of the two"
    )]
    UnusedAuthority,
    /// A login that must not be used.
    #[error(transparent)]
    Login(#[from] LoginError),
}

const ENCODE: &str = "in the user, the password and the parameters, percent-encode `@` as %40, `:` as %3A, `/` as %2F, `?` as %3F, `#` as %23, `&` as %26 and `%` as %25";

impl Secret {
    /// The text itself, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"…\"")
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::SqlServer(address) => address.fmt(f),
        }
    }
}

impl fmt::Display for SqlServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, host, port, database, .. } = self;
        let (opening, closing) = if host.contains(':') { ("[", "]") } else { ("", "") };
        write!(f, "mssql://{user}@{opening}{host}{closing}:{port}/{database}")
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = text.trim().split_once("://").ok_or(AddressError::Scheme)?;
        match scheme.to_ascii_lowercase().as_str() {
            "sqlite" if rest.is_empty() => Err(AddressError::NoFile),
            // Errors name the file.
            "sqlite" if may_hold_password(rest) => Err(AddressError::NotAFile),
            "sqlite" => Ok(Self::Sqlite(PathBuf::from(rest))),
            "mssql" | "sqlserver" => sql_server(rest).map(Self::SqlServer),
            _ => Err(AddressError::Scheme),
        }
    }
}

fn sql_server(text: &str) -> Result<SqlServerAddress, AddressError> {
    let (place, query) = text.split_once('?').unwrap_or((text, ""));
    let (authority, database) = place.split_once('/').unwrap_or((place, ""));
    // The login ends before the first `/`, `?` or `#`. If an `@` stands after one of these, or a second `@`
    // before it, then one of the marks was meant to belong to the password.
    if text.contains('#')
        || authority.matches('@').count() > 1
        || [database, query].iter().any(|rest| rest.contains('@'))
    {
        return Err(AddressError::Ambiguous);
    }
    let Parameters { encrypt, trust_server_certificate, certificate_authority, timeout } = parameters(query)?;
    let (login, server) = authority.split_once('@').ok_or(LoginError::Integrated)?;
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    if database.contains('/') {
        return Err(AddressError::Database);
    }
    let (user, password, database) = (decoded(user)?, decoded(password)?, decoded(database)?);
    login::check(&user, &password, &database)?;
    if database.contains(char::is_control) {
        return Err(AddressError::Database);
    }
    let (host, port) = host_and_port(server)?;
    let (user, database) = (user.trim().to_owned(), database.trim().to_owned());
    Ok(SqlServerAddress {
        user,
        password: Secret(password),
        host,
        port,
        database,
        encrypt,
        trust_server_certificate,
        certificate_authority,
        timeout,
    })
}

fn host_and_port(server: &str) -> Result<(String, u16), AddressError> {
    if server.contains('\\') || server.to_ascii_lowercase().contains("%5c") {
        return Err(AddressError::Instance);
    }
    let (host, port) = if let Some(bracketed) = server.strip_prefix('[') {
        let (host, rest) = bracketed.split_once(']').ok_or(AddressError::Host)?;
        host.parse::<Ipv6Addr>().map_err(|_| AddressError::Host)?;
        (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':').ok_or(AddressError::Host)?) })
    } else {
        let (host, port) = server.split_once(':').map_or((server, None), |(host, port)| (host, Some(port)));
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        if host.is_empty() || !host.chars().all(plain) {
            return Err(AddressError::Host);
        }
        (host, port)
    };
    let port = port.map_or(Some(DEFAULT_PORT), |port| port.parse().ok().filter(|port| *port > 0));
    Ok((host.to_owned(), port.ok_or(AddressError::Port)?))
}

struct Parameters {
    encrypt: bool,
    trust_server_certificate: bool,
    certificate_authority: Option<PathBuf>,
    timeout: Duration,
}

fn parameters(query: &str) -> Result<Parameters, AddressError> {
    let (mut encrypt, mut trust, mut authority, mut timeout) = (None, None, None, None);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        // A parameter without a value may be the rest of a password, so it is not shown.
        let (name, value) = pair.split_once('=').ok_or(AddressError::Ambiguous)?;
        let (name, value) = (decoded(name)?.trim().to_lowercase(), decoded(value)?);
        match name.as_str() {
            "encrypt" => set(&mut encrypt, "encrypt", yes_or_no("encrypt", &value)?)?,
            "trust_server_certificate" => {
                set(&mut trust, "trust_server_certificate", yes_or_no("trust_server_certificate", &value)?)?;
            }
            "ca" if value.trim().is_empty() => {
                return Err(AddressError::ParameterValue { name: "ca", expected: "the path of a file" });
            }
            "ca" => set(&mut authority, "ca", PathBuf::from(value.trim()))?,
            "timeout_seconds" => set(&mut timeout, "timeout_seconds", seconds("timeout_seconds", &value)?)?,
            _ if login::is_integrated(&name) => return Err(LoginError::Integrated.into()),
            _ if name.len() <= 40 && name.chars().all(|c| c.is_ascii_alphabetic() || " _-".contains(c)) => {
                return Err(AddressError::UnknownParameter(name));
            }
            _ => return Err(AddressError::Ambiguous),
        }
    }
    let (encrypt, trust_server_certificate) = (encrypt.unwrap_or(true), trust.unwrap_or(false));
    if authority.is_some() && (trust_server_certificate || !encrypt) {
        return Err(AddressError::UnusedAuthority);
    }
    Ok(Parameters {
        encrypt,
        trust_server_certificate,
        certificate_authority: authority,
        timeout: timeout.unwrap_or(DEFAULT_TIMEOUT),
    })
}

fn set<T>(parameter: &mut Option<T>, name: &'static str, value: T) -> Result<(), AddressError> {
    parameter.replace(value).map_or(Ok(()), |_| Err(AddressError::RepeatedParameter(name)))
}

fn yes_or_no(name: &'static str, value: &str) -> Result<bool, AddressError> {
    value
        .trim()
        .to_ascii_lowercase()
        .parse()
        .map_err(|_| AddressError::ParameterValue { name, expected: "`true` or `false`" })
}

fn seconds(name: &'static str, value: &str) -> Result<Duration, AddressError> {
    let seconds = value.trim().parse().ok().filter(|seconds| (1..=600).contains(seconds));
    seconds
        .map(Duration::from_secs)
        .ok_or(AddressError::ParameterValue { name, expected: "a whole number from 1 to 600" })
}

fn decoded(text: &str) -> Result<String, AddressError> {
    let is_byte = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|digit| digit.is_ascii_hexdigit());
    if !text.split('%').skip(1).all(is_byte) {
        return Err(AddressError::Encoding);
    }
    percent_decode_str(text).decode_utf8().map(Into::into).map_err(|_| AddressError::Encoding)
}
