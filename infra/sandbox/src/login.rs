//! `infra/sql/read_only_login.sql`, which makes the login that Tideline reads with. Here it is run for the
//! sandbox. On a real ERP a database administrator runs it.

use crate::DATABASE;
use crate::script::{batches, with_variables};
use crate::secret::ReaderPassword;

pub const LOGIN_SQL: &str = include_str!("../../sql/read_only_login.sql");

/// The batches that make the login for the sandbox. They contain its password.
pub fn login_batches(reader: &ReaderPassword) -> Vec<String> {
    let variables = [("ERP_DATABASE", DATABASE), ("READER_PASSWORD", reader.expose())];
    batches(LOGIN_SQL).iter().map(|batch| with_variables(batch, &variables)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlparser::ast::{AlterRoleOperation, Statement};
    use sqlparser::dialect::MsSqlDialect;
    use sqlparser::parser::Parser;
    use sqlparser::tokenizer::{Token, Tokenizer};

    /// The statements of the script as words, without comments and texts. Keywords are in upper case, names
    /// in brackets.
    fn statements() -> Vec<Vec<String>> {
        let tokens = Tokenizer::new(&MsSqlDialect {}, LOGIN_SQL).tokenize().unwrap();
        let mut statements = vec![Vec::new()];
        for token in tokens {
            match token {
                Token::SemiColon => statements.push(Vec::new()),
                Token::Word(word) if word.value == "GO" && word.quote_style.is_none() => {
                    statements.push(Vec::new());
                }
                Token::Word(word) if word.quote_style.is_some() => {
                    statements.last_mut().unwrap().push(format!("[{}]", word.value));
                }
                Token::Word(word) => statements.last_mut().unwrap().push(word.value.to_uppercase()),
                Token::Comma => statements.last_mut().unwrap().push(",".to_owned()),
                _ => {}
            }
        }
        statements.retain(|words| !words.is_empty());
        statements
    }

    fn denied() -> Vec<String> {
        let mut denied = Vec::new();
        for words in statements().iter().filter(|words| words[0] == "DENY") {
            let end = words.len() - 2;
            assert_eq!(words[end..], ["TO", "[pipeline_reader]"], "{words:?}");
            denied.extend(words[1..end].split(|word| word == ",").map(|permission| permission.join(" ")));
        }
        denied
    }

    #[test]
    fn the_reader_is_denied_every_way_to_change_something() {
        let denied = denied();
        for permission in [
            "INSERT",
            "UPDATE",
            "DELETE",
            "ALTER",
            "EXECUTE",
            "CREATE TABLE",
            "CREATE VIEW",
            "CREATE PROCEDURE",
            "CREATE SCHEMA",
            "TAKE OWNERSHIP",
        ] {
            assert!(denied.iter().any(|other| other == permission), "{permission} is not denied: {denied:?}");
        }
        // To deny one of these would deny SELECT too.
        for permission in ["CONTROL", "CONNECT", "SELECT"] {
            assert!(!denied.iter().any(|other| other == permission), "{permission} is denied");
        }
    }

    #[test]
    fn the_reader_is_given_one_role_and_nothing_else() {
        let statements = statements();
        for words in &statements {
            for giving in [
                "GRANT",
                "REVOKE",
                "AUTHORIZATION",
                "SP_ADDROLEMEMBER",
                "SP_ADDSRVROLEMEMBER",
                "SERVER",
                "IMPERSONATE",
                "TRUSTWORTHY",
            ] {
                assert!(!words.iter().any(|word| word == giving), "{words:?}");
            }
        }
        let roles: Vec<_> = statements
            .iter()
            .filter(|words| {
                words.iter().any(|word| word == "MEMBER")
                    || words.starts_with(&["ALTER".into(), "ROLE".into()])
            })
            .collect();
        assert_eq!(
            roles,
            [&["ALTER", "ROLE", "[db_datareader]", "ADD", "MEMBER", "[pipeline_reader]"]
                .map(String::from)
                .to_vec()]
        );
        let line = LOGIN_SQL.lines().find(|line| line.starts_with("ALTER ROLE")).unwrap();
        let parsed = Parser::parse_sql(&MsSqlDialect {}, line).unwrap();
        let [Statement::AlterRole { name, operation: AlterRoleOperation::AddMember { member_name } }] =
            parsed.as_slice()
        else {
            panic!("{parsed:?}")
        };
        assert_eq!((name.value.as_str(), member_name.value.as_str()), ("db_datareader", "pipeline_reader"));
    }

    #[test]
    fn what_is_made_is_made_only_where_it_is_not_there_yet() {
        let makes = |words: &&Vec<String>| {
            words.windows(2).any(|pair| pair[0] == "CREATE" && ["LOGIN", "USER"].contains(&pair[1].as_str()))
        };
        let statements = statements();
        let making: Vec<_> = statements.iter().filter(makes).map(|words| words[..4].join(" ")).collect();
        assert_eq!(making, ["IF SUSER_ID IS NULL", "IF DATABASE_PRINCIPAL_ID IS NULL"]);
    }

    #[test]
    fn the_script_ends_by_asking_the_server_what_the_reader_may_do() {
        let check = batches(LOGIN_SQL).pop().unwrap();
        let place = |text: &str| check.find(text).unwrap_or_else(|| panic!("the check has no `{text}`"));
        let asked = [
            "EXECUTE AS USER = N'pipeline_reader'",
            "HAS_PERMS_BY_NAME(DB_NAME(), N'DATABASE'",
            "N'OBJECT'",
            "REVERT",
            "sys.server_role_members",
            "THROW",
        ];
        let places = asked.map(place);
        assert!(places.is_sorted(), "{places:?}");
        for permission in ["INSERT", "UPDATE", "DELETE", "ALTER", "EXECUTE", "CONTROL"] {
            assert!(check.contains(&format!("(N'{permission}')")), "{permission} is not asked for");
        }
    }

    #[test]
    fn database_and_password_are_variables_and_all_of_them_get_a_value() {
        let batches = login_batches(&ReaderPassword::new("Correct-horse-1").unwrap());
        assert!(!LOGIN_SQL.contains(DATABASE) && batches[0].ends_with("USE [tideline_sandbox];\n"));
        // A `$(…)` that is left would be sent to the server as it is.
        assert!(batches.iter().all(|batch| !batch.contains("$(")), "{batches:#?}");
        let with_password: Vec<_> =
            batches.iter().filter(|batch| batch.contains("Correct-horse-1")).collect();
        assert_eq!(with_password.len(), 1);
        assert_eq!(
            with_password[0]
                .matches(
                    "PASSWORD = N'Correct-horse-1', CHECK_POLICY = ON, DEFAULT_DATABASE = [tideline_sandbox];"
                )
                .count(),
            2
        );
    }
}
