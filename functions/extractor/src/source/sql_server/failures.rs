//! Turns what the driver and the server say about a failure into an error. The error tells what to do, and
//! whether trying again makes sense.

use std::time::Duration;

use tiberius::error::{Error, TokenError};

use super::{ErpError, Failure, SqlServerAddress};

/// A failure to connect or to log in.
pub(super) fn of_connecting(address: &SqlServerAddress, failure: &Failure) -> ErpError {
    let place = place(address);
    match failure {
        Failure::TimedOut => ErpError::Unreachable(format!(
            "the ERP at {place} does not answer: check host, port and firewall"
        )),
        Failure::Tds(Error::Server(said)) => of_server(address, said).unwrap_or_else(|| {
            ErpError::Unusable(format!(
                "the ERP at {place} refuses the connection: {} (error {})",
                one_line(said),
                said.code()
            ))
        }),
        Failure::Tds(Error::Tls(reason)) => ErpError::Unusable(untrusted(&place, reason)),
        Failure::Tds(Error::Io { message, .. }) if message.contains("certificate") => {
            ErpError::Unusable(untrusted(&place, message))
        }
        Failure::Tds(Error::Protocol(reason)) if reason.contains("encryption level") => {
            ErpError::Unusable(unencrypted(&place))
        }
        Failure::Tds(Error::Io { message, .. }) => ErpError::Unreachable(format!(
            "the ERP at {place} cannot be reached: {message}; check host, port and firewall"
        )),
        Failure::Tds(error) => ErpError::Unreachable(format!(
            "the ERP at {place} gives no sensible answer: {error}; check that a SQL Server listens there"
        )),
    }
}

/// A failure while a table was read, by the order of a column that has no index, if one is named.
pub(super) fn of_table(
    address: &SqlServerAddress,
    table: &'static str,
    failure: &Failure,
    unindexed: Option<&str>,
) -> ErpError {
    match failure {
        Failure::TimedOut | Failure::Tds(Error::Io { kind: std::io::ErrorKind::TimedOut, .. }) => {
            too_slow(table, address.timeout, unindexed)
        }
        Failure::Tds(Error::Server(said)) => of_server(address, said).unwrap_or_else(|| match said.code() {
            DEADLOCK | LOCK_TIMEOUT | 701 | 8645 | 8651 => ErpError::Busy { table, reason: busy(said) },
            229 | 230 | 300 | 371 => ErpError::NoPermission { table, reason: one_line(said) },
            code @ (207..=209) => {
                ErpError::Statement { table, reason: format!("{} (error {code})", one_line(said)) }
            }
            code => {
                let reason = format!("{} (error {code})", without_values(said.message()));
                ErpError::Statement { table, reason }
            }
        }),
        Failure::Tds(Error::Io { message, .. }) => ErpError::Unreachable(format!(
            "the connection to the ERP at {} was lost while table `{table}` was read: {message}",
            place(address)
        )),
        // The driver repeats the value that it could not take.
        Failure::Tds(Error::Conversion(_) | Error::BulkInput(_)) => ErpError::Unreachable(format!(
            "the ERP at {} sent a value of table `{table}` that the driver cannot take",
            place(address)
        )),
        Failure::Tds(error) => ErpError::Unreachable(format!(
            "the ERP at {} broke off while table `{table}` was read: {error}",
            place(address)
        )),
    }
}

/// Whether the driver met text that its encoding does not allow. The driver says this in more than one way.
pub(super) fn is_undecodable(failure: &Failure) -> bool {
    match failure {
        Failure::Tds(Error::Utf16 | Error::Utf8 | Error::Encoding(_)) => true,
        Failure::Tds(Error::Protocol(reason)) => reason.contains("UTF-16"),
        _ => false,
    }
}

const DEADLOCK: u32 = 1205;
const LOCK_TIMEOUT: u32 = 1222;
/// From this severity on the server ends the connection.
const FATAL: u8 = 20;
/// A message of this length may be one that the server cut: it lets none have more than 2,047 characters.
const CUT_FROM_BYTES: usize = 2000;
/// What values stand behind that have no apostrophes around them. They end the message.
const UNQUOTED: [&str; 2] = ["value = ", "value is "];

/// The error for what concerns the whole server or database; `None` for anything else.
fn of_server(address: &SqlServerAddress, said: &TokenError) -> Option<ErpError> {
    let (place, user, database) = (place(address), &address.user, &address.database);
    Some(match said.code() {
        18456 | 18452 | 18470 | 18486 | 18487 | 18488 => ErpError::Unusable(format!(
            "the ERP at {place} refuses the login `{user}`: check user and password in SOURCE_DB, and that the login is not locked or expired (error {})",
            said.code()
        )),
        4060 | 911 | 916 => {
            let advice = "check the database's name in SOURCE_DB, and that the login has a user there";
            ErpError::Unusable(format!(
                "the ERP at {place} does not open database `{database}` for the login `{user}`: {advice} (error {})",
                said.code()
            ))
        }
        // Starting, stopping, restoring, failing over, or too busy to take a connection.
        233 | 921 | 922 | 927 | 945 | 976 | 978 | 979 | 981 | 982 | 983 | 988 | 6005 | 10928 | 10929
        | 17142 | 17187 | 17197 | 18401 | 40197 | 40501 | 40613 => ErpError::Unreachable(format!(
            "the ERP at {place} is not ready: {} (error {})",
            one_line(said),
            said.code()
        )),
        code if said.class() >= FATAL => ErpError::Unreachable(format!(
            "the ERP at {place} ended the connection: {} (error {code})",
            one_line(said)
        )),
        _ => return None,
    })
}

fn busy(said: &TokenError) -> String {
    match said.code() {
        DEADLOCK => "the server chose this reading to end a deadlock (error 1205)".to_owned(),
        LOCK_TIMEOUT => "another session holds a lock (error 1222)".to_owned(),
        code => format!("{} (error {code})", one_line(said)),
    }
}

fn too_slow(table: &'static str, limit: Duration, unindexed: Option<&str>) -> ErpError {
    let why = unindexed.map_or_else(
        || "another session may hold a lock, or the server is busy".to_owned(),
        |column| format!("no index begins with `{column}`, by which its pages go: see `tideline doctor`"),
    );
    let limit = limit.as_secs();
    let reason = format!(
        "a page took longer than {limit} s and was given up; {why}, and `timeout_seconds` in SOURCE_DB gives it more time"
    );
    ErpError::Busy { table, reason }
}

fn untrusted(place: &str, reason: &str) -> String {
    let reason = reason.split(". ").next().unwrap_or_default().split(".\n").next().unwrap_or_default();
    format!(
        "the ERP at {place} cannot be trusted: {reason}; name its certificate authority with `ca=/path/to/ca.pem` in SOURCE_DB, \
         or, in a network that you trust, set `trust_server_certificate=true`"
    )
}

fn unencrypted(place: &str) -> String {
    format!(
        "the ERP at {place} offers no encryption, and SOURCE_DB asks for it: give the server a certificate, \
         or, in a network that you trust, set `encrypt=false`"
    )
}

fn place(address: &SqlServerAddress) -> String {
    format!("`{}:{}`", address.host, address.port)
}

/// What the server said, without what it quotes: names of objects in a few errors, and in others values of rows.
fn without_values(message: &str) -> String {
    let behind = |mark: &str| message.find(mark).map(|at| at + mark.len());
    let unquoted = UNQUOTED.into_iter().filter_map(behind).min();
    let Some(from) = behind("'").into_iter().chain(unquoted).min() else { return in_one_line(message) };
    // The server does not double the apostrophes of a value. So the value may go on to the last one. Where
    // that one need not close it, it may go on to the end.
    let is_closed = unquoted.is_none() && message.len() < CUT_FROM_BYTES;
    let to = message.rfind('\'').filter(|to| is_closed && *to >= from).unwrap_or(message.len());
    in_one_line(&format!("{}…{}", &message[..from], &message[to..]))
}

fn one_line(said: &TokenError) -> String {
    in_one_line(said.message())
}

fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_a_row_is_left_out_whatever_is_in_it_and_however_the_server_quotes_it() {
        let converting = "Conversion failed when converting the varchar value '…";
        let long = format!("Conversion failed when converting the varchar value 'O'{}", "cod ".repeat(600));
        for (message, expect) in [
            (
                "Conversion failed when converting the varchar value 'O'Brien cod' to data type int.",
                "Conversion failed when converting the varchar value '…' to data type int",
            ),
            (
                "Conversion failed when converting the varchar value '' to data type int.",
                "Conversion failed when converting the varchar value '…' to data type int",
            ),
            (
                "Conversion failed when converting the varchar value 'a, value = O'Brien' to data type int.",
                converting,
            ),
            (long.as_str(), converting),
            (
                "Arithmetic overflow error for data type tinyint, value = 300.",
                "Arithmetic overflow error for data type tinyint, value = …",
            ),
            (
                "Cannot insert duplicate key in object 'dbo.@t'. The duplicate key value is (O'Brien).",
                "Cannot insert duplicate key in object '…",
            ),
            ("Divide by zero\n error encountered.", "Divide by zero error encountered"),
        ] {
            assert_eq!(without_values(message), expect, "{message}");
        }
    }
}
