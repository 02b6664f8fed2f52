//! The errors of SQL Server: a number, a severity class and a message.

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerError {
    /// What SQL Server calls the error: 1205 is a deadlock victim.
    pub number: u32,
    /// The severity. From 20 on the connection ends.
    pub class: u8,
    pub message: String,
}

impl ServerError {
    pub fn new(number: u32, class: u8, message: impl Into<String>) -> Self {
        Self { number, class, message: message.into() }
    }

    /// The statement was chosen as the victim of a deadlock.
    pub fn deadlock_victim() -> Self {
        let message = "Transaction (Process ID 54) was deadlocked on lock resources with another process and has been chosen as the deadlock victim. \
                       Rerun the transaction.";
        Self::new(1205, 13, message)
    }

    /// A lock was not granted in time.
    pub fn lock_timeout() -> Self {
        Self::new(1222, 16, "Lock request time out period exceeded.")
    }

    /// The login may not read the table.
    pub fn select_denied(table: &str) -> Self {
        Self::new(
            229,
            14,
            format!(
                "The SELECT permission was denied on the object '{table}', database '{}', schema 'dbo'.",
                super::DATABASE
            ),
        )
    }

    /// No table has this name.
    pub fn no_object(name: &str) -> Self {
        Self::new(208, 16, format!("Invalid object name '{name}'."))
    }

    pub fn login_failed(user: &str) -> Self {
        Self::new(18456, 14, format!("Login failed for user '{user}'."))
    }

    /// The database cannot be opened.
    pub fn no_database(database: &str) -> Self {
        Self::new(
            4060,
            11,
            format!("Cannot open database \"{database}\" requested by the login. The login failed."),
        )
    }

    /// SQL Server does this, but this endpoint does not.
    pub(super) fn not_done(what: impl std::fmt::Display) -> Self {
        Self::new(50_000, 16, format!("the test endpoint does not do {what}"))
    }

    /// The text is not a single SELECT statement.
    pub(super) fn only_select() -> Self {
        Self::new(
            229,
            14,
            "permission denied: the test endpoint answers one plain SELECT statement at a time and nothing else",
        )
    }
}
