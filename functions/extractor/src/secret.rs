//! Reads the ERP's address from AWS Secrets Manager. In the cloud `SOURCE_DB` names the secret that holds the
//! address, so that no password stands in the function's environment.

use aws_config::BehaviorVersion;
use aws_sdk_secretsmanager::Client;
use process::may_hold_password;

/// Why the secret could not be read. The error never contains what the secret holds.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The service refused, or could not be reached.
    #[error(
        "the secret `{name}`, which SOURCE_DB names, cannot be read: {reason}; check its name, and that this function may read it"
    )]
    Unreadable {
        name: String,
        /// What the service said.
        reason: String,
    },
    /// `SOURCE_DB` cannot be the name of a secret. The error does not show it: it may be a whole connection
    /// string with its password.
    #[error(
        "SOURCE_DB is neither an address nor the name of a secret: use mssql://user:password@host:1433/database, or the name of a secret that holds it"
    )]
    NoName,
    /// The secret holds bytes instead of text.
    #[error(
        "the secret `{0}`, which SOURCE_DB names, holds no text: it must hold an address such as mssql://user:password@host:1433/database"
    )]
    NoText(String),
}

/// The ERP's address: what `SOURCE_DB` says, or the text of the secret that it names.
pub async fn source_db(says: Option<String>) -> Result<Option<String>, SecretError> {
    match says {
        Some(name) if !name.trim().is_empty() && !name.contains("://") => {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "/_+.@:-".contains(c);
            if !name.trim().chars().all(is_plain) || may_hold_password(&name) {
                return Err(SecretError::NoName);
            }
            let config = aws_config::defaults(BehaviorVersion::latest()).load().await;
            read(&Client::new(&config), name.trim()).await.map(Some)
        }
        says => Ok(says),
    }
}

/// The text of a secret.
pub async fn read(service: &Client, name: &str) -> Result<String, SecretError> {
    let secret = service.get_secret_value().secret_id(name).send().await.map_err(|error| {
        let said = error.as_service_error().and_then(|said| said.meta().code().map(str::to_owned));
        SecretError::Unreadable {
            name: name.to_owned(),
            reason: said.unwrap_or_else(|| process::chain(&error)),
        }
    })?;
    secret
        .secret_string()
        .map(|text| text.trim().to_owned())
        .ok_or_else(|| SecretError::NoText(name.to_owned()))
}
