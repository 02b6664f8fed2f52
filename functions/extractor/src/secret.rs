//! The ERP's address out of AWS Secrets Manager: in the cloud `SOURCE_DB` is the name of the secret that
//! holds it, so that no password stands in the environment of the function.

use aws_config::BehaviorVersion;
use aws_sdk_secretsmanager::Client;

/// Why the secret could not be read. What it holds is never part of it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The service refused, or could not be reached.
    #[error(
        "the secret `{name}`, which SOURCE_DB names, cannot be read: {reason}; check its name, and that this function may read it"
    )]
    Unreadable {
        /// The secret's name.
        name: String,
        /// What the service said.
        reason: String,
    },
    /// `SOURCE_DB` is no name of a secret. It is not shown, since a whole connection string may have been
    /// meant, with its password.
    #[error(
        "SOURCE_DB is neither an address nor the name of a secret: use mssql://user:password@host:1433/database, or the name of a secret that holds it"
    )]
    NoName,
    /// It holds bytes.
    #[error(
        "the secret `{0}`, which SOURCE_DB names, holds no text: it must hold an address such as mssql://user:password@host:1433/database"
    )]
    NoText(String),
}

/// What `SOURCE_DB` says, or what the secret holds that it names.
pub async fn source_db(says: Option<String>) -> Result<Option<String>, SecretError> {
    match says {
        Some(name) if !name.trim().is_empty() && !name.contains("://") => {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "/_+.@:-".contains(c);
            if !name.trim().chars().all(is_plain) {
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
