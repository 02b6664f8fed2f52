//! The servers that may be set up: those on this machine, under one of three names. Any other address is
//! refused while it is still only text.
//!
//! No name is looked up: `localhost` means the two loopback addresses, whatever a resolver says. A loopback
//! port may lead to a real ERP through a tunnel. This module cannot see that, so `set_up` asks the server
//! itself.

#[cfg(test)]
mod tests;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use percent_encoding::percent_decode_str;

use crate::DATABASE;
use crate::secret::Secret;

/// The address of the container.
pub const DEFAULT_ADDRESS: &str = "mssql://sa@127.0.0.1:1433";

const DEFAULT_PORT: u16 = 1433;

/// A SQL Server on this machine, and the login for the set-up.
#[derive(Clone, Debug)]
pub struct Target {
    host: Host,
    port: u16,
    pub user: String,
    pub password: Secret,
    pub encrypt: bool,
}

/// The three names of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Host {
    Localhost,
    V4,
    V6,
}

/// Why a server is not set up.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the address must look like `{DEFAULT_ADDRESS}`")]
    NotMssql,
    /// Different programs may understand the address differently.
    #[error(
        "the address holds a blank, a control character, a backslash or a stray `@`: percent-encode what belongs to the password (`@` is %40, `/` is %2F)"
    )]
    Ambiguous,
    /// The host is another machine, or this one under another name.
    #[error("`{}` is not known to be this machine: only `localhost`, `127.0.0.1` and `[::1]` are ever set up", .0.escape_debug())]
    OtherHost(String),
    #[error("the port in the address is not a number from 1 to 65535")]
    Port,
    #[error("`{}` is not the sandbox's database: only `{DATABASE}` is ever set up, and the address may leave it out", .0.escape_debug())]
    OtherDatabase(String),
    #[error(
        "the address may have the parameters `encrypt` and `trust_server_certificate`, each `true` or `false`, and no others"
    )]
    Parameter,
    #[error("there is no password for `{}`: set SANDBOX_SA_PASSWORD to the one that the container was started with", .0.escape_debug())]
    NoPassword(String),
    #[error("the connection leads to `{0}`, which is not this machine")]
    OtherPeer(IpAddr),
}

impl Target {
    /// Reads an address. `password` is used if the address has none.
    pub fn read(address: &str, password: Option<Secret>) -> Result<Self, Refusal> {
        let rest = address.strip_prefix("mssql://").ok_or(Refusal::NotMssql)?;
        if rest.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
            return Err(Refusal::Ambiguous);
        }
        let (rest, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, DATABASE));
        if authority.matches('@').count() > 1 || [database, parameters].concat().contains('@') {
            return Err(Refusal::Ambiguous);
        }
        let (login, place) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (host, port) = host_and_port(place)?;
        if database != DATABASE {
            return Err(Refusal::OtherDatabase(database.to_owned()));
        }
        let encrypt = encrypts(parameters)?;
        let (user, own_password) = match login.split_once(':') {
            Some((user, password)) => (decoded(user)?, Some(Secret::new(decoded(password)?))),
            None => (decoded(login)?, None),
        };
        let user = if user.is_empty() { "sa".to_owned() } else { user };
        let usable = |password: &Secret| !password.expose().is_empty();
        let password = own_password
            .filter(usable)
            .or(password.filter(usable))
            .ok_or_else(|| Refusal::NoPassword(user.clone()))?;
        Ok(Self { host, port, user, password, encrypt })
    }

    /// The addresses where the server may listen, in the order in which to try them. All are of this machine.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        let (v4, v6) = (IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST));
        let addresses = match self.host {
            Host::Localhost => vec![v4, v6],
            Host::V4 => vec![v4],
            Host::V6 => vec![v6],
        };
        addresses.into_iter().map(|address| SocketAddr::new(address, self.port)).collect()
    }
}

/// Writes host and port.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = match self.host {
            Host::Localhost => "localhost",
            Host::V4 => "127.0.0.1",
            Host::V6 => "[::1]",
        };
        write!(f, "{host}:{}", self.port)
    }
}

/// Refuses a connection that does not end on this machine.
pub fn check_peer(peer: IpAddr) -> Result<(), Refusal> {
    if peer.is_loopback() { Ok(()) } else { Err(Refusal::OtherPeer(peer)) }
}

fn host_and_port(place: &str) -> Result<(Host, u16), Refusal> {
    let other = |host: &str| Refusal::OtherHost(host.to_owned());
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some(("::1", port)) if port.is_empty() || port.starts_with(':') => (Host::V6, port),
            Some((name, _)) => return Err(other(&format!("[{name}]"))),
            None => return Err(other("[")),
        },
        None if place == "::1" => (Host::V6, ""),
        None => {
            let (name, port) = place.split_at(place.find(':').unwrap_or(place.len()));
            match name.to_ascii_lowercase().as_str() {
                "localhost" => (Host::Localhost, port),
                "127.0.0.1" => (Host::V4, port),
                _ => return Err(other(name)),
            }
        }
    };
    // This text may be a password whose `@` is missing, so it is not repeated.
    let port = match port.strip_prefix(':') {
        None => DEFAULT_PORT,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok().filter(|port| *port > 0).ok_or(Refusal::Port)?
        }
        Some(_) => return Err(Refusal::Port),
    };
    Ok((host, port))
}

/// Whether to encrypt. The container signs its own certificate, and the connection does not leave the
/// machine. So any certificate is trusted, whatever the address says about it.
fn encrypts(parameters: &str) -> Result<bool, Refusal> {
    let mut encrypt = true;
    for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=') {
            Some(("encrypt", value @ ("true" | "false"))) => encrypt = value == "true",
            Some(("trust_server_certificate", "true" | "false")) => {}
            _ => return Err(Refusal::Parameter),
        }
    }
    Ok(encrypt)
}

fn decoded(text: &str) -> Result<String, Refusal> {
    percent_decode_str(text).decode_utf8().map(std::borrow::Cow::into_owned).map_err(|_| Refusal::Ambiguous)
}
