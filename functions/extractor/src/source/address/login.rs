//! The config guard: logins that are never used, whatever they may do on the server.

const INSTEAD: &str = "use the login `pipeline_reader` that infra/sql/read_only_login.sql makes";

/// Why a login is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// A login of the operating system, or no login.
    #[error("it names no login of the SQL Server's own, and integrated logins are refused: {INSTEAD}")]
    Integrated,
    /// A login of somebody who may do everything.
    #[error("it signs in as `{0}`, which may do more than read: {INSTEAD}")]
    Administrator(&'static str),
    /// A login with letters that the server may take for other letters.
    #[error(
        "its user is written with other characters than those of plain ASCII, which the server may take for a different login: {INSTEAD}"
    )]
    OddUser,
    #[error("it has no password: {INSTEAD} with a password of its own")]
    NoPassword,
    /// The login as its own password.
    #[error("its password is the name of the user: set another one on the server")]
    PasswordIsUser,
    /// A password that can be tried out.
    #[error("its password is shorter than {MIN_PASSWORD_CHARS} characters: set a longer one on the server")]
    ShortPassword,
    /// A password that everybody tries first.
    #[error("its password is one of the well-known ones: set another one on the server")]
    WeakPassword,
    #[error("it names no database: use mssql://user:password@host:1433/database with the ERP's own")]
    NoDatabase,
    /// A database of the server itself.
    #[error("it reads `{0}`, a database of the server itself: name the ERP's own")]
    SystemDatabase(&'static str),
}

const MIN_PASSWORD_CHARS: usize = 8;

/// Logins, roles and users of those who may do more than read.
#[rustfmt::skip]
const ADMINISTRATORS: &[&str] = &[
    "sa", "sysadmin", "admin", "administrator", "root", "dbo", "db_owner", "securityadmin", "serveradmin", "setupadmin", "processadmin", "diskadmin",
    "dbcreator", "bulkadmin", "db_accessadmin", "db_securityadmin", "db_ddladmin", "db_backupoperator", "db_datawriter", "dba", "sys", "system",
    "superuser", "owner", "public", "guest",
];

/// Words inside a name that tell the same, as in `erp_admin`.
const ADMINISTRATORS_WORDS: &[&str] =
    &["sa", "sysadmin", "admin", "administrator", "root", "dbo", "dba", "superuser"];

const SYSTEM_DATABASES: &[&str] = &["master", "msdb", "model", "tempdb", "mssqlsystemresource"];

/// The letters of passwords that are tried first. Digits and marks around and between them make such a
/// password no better.
#[rustfmt::skip]
const WEAK: &[&str] = &[
    "password", "passwort", "passwd", "pass", "passphrase", "secret", "topsecret", "supersecret", "changeme", "changethis", "changeit", "replaceme",
    "default", "letmein", "welcome", "hello", "login", "access", "iloveyou", "monkey", "dragon", "football", "baseball", "sunshine", "princess", "master",
    "shadow", "superman", "batman", "trustno", "whatever", "starwars", "abc", "abcd", "abcdef", "abcdefgh", "asdf", "asdfgh", "asdfghjk", "asdfghjkl",
    "zxcvbn", "zxcvbnm", "qazwsx", "qazwsxedc", "azerty", "test", "tester", "testing", "testtest", "example", "sample", "temp", "temporary", "guest", "user",
    "admin", "administrator", "adminadmin", "root", "sysadmin", "sa", "sqlserver", "sqladmin", "mssql", "microsoft", "database", "server", "sql",
    "yourpassword", "yourstrongpassword", "yourstrongapassword", "mypassword", "newpassword", "strongpassword", "mystrongpassword", "adminpassword",
    "sapassword", "dbpassword", "rootpassword", "userpassword", "testpassword", "passwordpassword", "pipeline", "reader", "pipelinereader", "tideline",
    "factory", "erp",
];

/// Beginnings after which nothing makes a password better.
const WEAK_BEGINNINGS: &[&str] = &["qwert", "1q2w3e", "q1w2e3", "1qaz2wsx", "12345", "$(password"];

/// Passes a login that may be one for reading only. Only the server knows whether it is.
pub(super) fn check(user: &str, password: &str, database: &str) -> Result<(), LoginError> {
    check_user(&user.trim().to_lowercase())?;
    check_password(&user.trim().to_lowercase(), &password.trim().to_lowercase())?;
    match database.trim().to_lowercase().as_str() {
        "" => Err(LoginError::NoDatabase),
        named => SYSTEM_DATABASES
            .iter()
            .find(|system| **system == named)
            .map_or(Ok(()), |system| Err(LoginError::SystemDatabase(system))),
    }
}

/// Whether a parameter is one that other drivers take for "sign in as who I am".
pub(super) fn is_integrated(parameter: &str) -> bool {
    let letters: String = parameter.chars().filter(char::is_ascii_alphabetic).collect();
    ["integratedsecurity", "trustedconnection"].contains(&letters.as_str())
}

fn check_user(user: &str) -> Result<(), LoginError> {
    // `domain\user` is a login of Windows; a name of the server's own has no backslash.
    if user.is_empty() || user.contains('\\') {
        return Err(LoginError::Integrated);
    }
    // The server may take wide letters for plain ones, and ignore others.
    if !user.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
        return Err(LoginError::OddUser);
    }
    if user.starts_with("##") {
        return Err(LoginError::Administrator("##…##"));
    }
    let name = user.split('@').next().unwrap_or(user).trim();
    let whole = ADMINISTRATORS.iter().find(|administrator| **administrator == name);
    let within = || {
        name.split(|c: char| !c.is_ascii_alphanumeric())
            .find_map(|word| ADMINISTRATORS_WORDS.iter().find(|known| **known == word))
    };
    whole.or_else(within).map_or(Ok(()), |administrator| Err(LoginError::Administrator(administrator)))
}

fn check_password(user: &str, password: &str) -> Result<(), LoginError> {
    if password.is_empty() {
        return Err(LoginError::NoPassword);
    }
    let (name, plain) = (letters(user), letters(password));
    if password == user || (!name.is_empty() && plain == name) {
        return Err(LoginError::PasswordIsUser);
    }
    if password.chars().count() < MIN_PASSWORD_CHARS {
        return Err(LoginError::ShortPassword);
    }
    let repeated = password.chars().all(|c| password.starts_with(c));
    let without_letters =
        !password.chars().any(char::is_alphabetic) && password.chars().count() < 2 * MIN_PASSWORD_CHARS;
    let begins = WEAK_BEGINNINGS.iter().any(|beginning| password.starts_with(beginning));
    let spelt = [
        plain,
        letters(&unmasked(password)),
        letters(&unmasked(password.trim_end_matches(|c: char| !c.is_alphabetic()))),
    ];
    if repeated || without_letters || begins || spelt.iter().any(|spelt| WEAK.contains(&spelt.as_str())) {
        return Err(LoginError::WeakPassword);
    }
    Ok(())
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphabetic()).collect()
}

/// Replaces the digits and marks that people write for letters by these letters.
fn unmasked(text: &str) -> String {
    let letter = |c| match c {
        '@' | '4' => 'a',
        '0' => 'o',
        '3' => 'e',
        '1' => 'i',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    text.chars().map(letter).collect()
}
