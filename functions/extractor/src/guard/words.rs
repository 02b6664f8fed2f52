//! The first layer: judges every token of the text before a parser sees it.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, Whitespace, Word};

use super::Spelling;

/// The longest text that is accepted. This program has no longer statements.
pub(super) const MAX_BYTES: usize = 64 * 1024;
/// The most operators that are accepted. A chain of them becomes a tree as deep as it is long, which takes as
/// much stack to drop.
pub(super) const MAX_OPERATORS: usize = 4000;
/// The most brackets within each other that are accepted. The parser tries nested calls twice on every level.
pub(super) const MAX_DEPTH: usize = 16;

/// The only texts that may stand in a statement. Every other value is a parameter.
const STRINGS: &[&str] = &[
    " ",
    "OBJECT",
    "DATABASE",
    "SERVER",
    "INSERT",
    "UPDATE",
    "DELETE",
    "ALTER",
    "EXECUTE",
    "CREATE TABLE",
    "CONTROL",
    "CONTROL SERVER",
    "ALTER ANY LOGIN",
    "ALTER ANY SERVER ROLE",
    "ALTER ANY DATABASE",
    "CREATE ANY DATABASE",
    "ALTER SETTINGS",
    "ALTER SERVER STATE",
    "ADMINISTER BULK OPERATIONS",
    "IMPERSONATE ANY LOGIN",
    "SHUTDOWN",
    "TAKE OWNERSHIP",
    "CREATE VIEW",
    "CREATE PROCEDURE",
    "CREATE FUNCTION",
    "CREATE SCHEMA",
    "ALTER ANY USER",
    "ALTER ANY ROLE",
    "ALTER ANY SCHEMA",
    "BACKUP DATABASE",
    "sysadmin",
    "securityadmin",
    "serveradmin",
    "setupadmin",
    "processadmin",
    "diskadmin",
    "dbcreator",
    "bulkadmin",
    "##MS_DatabaseManager##",
    "##MS_LoginManager##",
    "##MS_ServerStateManager##",
    "db_owner",
    "db_accessadmin",
    "db_securityadmin",
    "db_ddladmin",
    "db_backupoperator",
    "db_datawriter",
];

/// Words that must not be in a statement, in upper or lower case. They may be the name of a column, which is
/// quoted.
#[rustfmt::skip]
pub(super) const FORBIDDEN: &[&str] = &[
    // They change rows.
    "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "TRUNCATE", "INTO", "OUTPUT", "WRITETEXT", "UPDATETEXT", "READTEXT", "BULK", "LOAD", "COPY",
    // They change the structure or the rights.
    "CREATE", "ALTER", "DROP", "RENAME", "ENABLE", "DISABLE", "GRANT", "REVOKE", "DENY", "REVERT", "SETUSER", "TRIGGER", "PROC", "PROCEDURE", "FUNCTION",
    // They run something else.
    "EXEC", "EXECUTE", "CALL", "GO", "DECLARE", "SET", "BEGIN", "END", "IF", "ELSE", "WHILE", "BREAK", "CONTINUE", "GOTO", "RETURN", "PRINT", "RAISERROR", "THROW",
    "CURSOR", "OPEN", "CLOSE", "FETCH", "DEALLOCATE", "RECEIVE", "SEND", "CONVERSATION",
    // They reach the server, its files or other servers.
    "BACKUP", "RESTORE", "DUMP", "SHUTDOWN", "KILL", "RECONFIGURE", "WAITFOR", "DBCC", "CHECKPOINT", "USE", "LINENO", "OPENROWSET", "OPENQUERY",
    "OPENDATASOURCE", "OPENXML", "OPENJSON", "CONTAINSTABLE", "FREETEXTTABLE",
    // They are about transactions.
    "COMMIT", "ROLLBACK", "SAVE", "SAVEPOINT", "RELEASE", "TRAN", "TRANSACTION",
    // They join queries.
    "UNION", "EXCEPT", "INTERSECT",
    // They mean something in SQLite.
    "PRAGMA", "ATTACH", "DETACH", "VACUUM", "REINDEX", "ANALYZE", "EXPLAIN", "LOAD_EXTENSION", "READFILE", "WRITEFILE", "FSDIR", "EDIT", "FTS3_TOKENIZER",
];

/// The beginnings of the names of a server's own procedures.
const FORBIDDEN_BEGINNINGS: &[&str] = &["xp_", "sp_"];

/// The tokens of a text, if each of them may be in a statement. Otherwise what was found.
pub(super) fn check(text: &str, spelling: Spelling) -> Result<Vec<TokenWithSpan>, String> {
    if text.len() > MAX_BYTES {
        return Err(format!("it is {} bytes long, and at most {MAX_BYTES} are let through", text.len()));
    }
    // Names and texts stay as they are written: doubled quotes in them stay doubled.
    let tokens = Tokenizer::new(spelling.dialect(), text).with_unescape(false).tokenize_with_location();
    let tokens = tokens.map_err(|error| format!("it does not divide into tokens ({error})"))?;
    let (mut depth, mut operators) = (0_usize, 0_usize);
    for (i, token) in tokens.iter().enumerate() {
        operators += usize::from(is_operator(&token.token));
        match &token.token {
            _ if operators > MAX_OPERATORS => return Err(format!("more than {MAX_OPERATORS} operators")),
            Token::LParen if depth == MAX_DEPTH => {
                return Err(format!("more than {MAX_DEPTH} brackets stand within each other"));
            }
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            Token::Word(word) => {
                let next = tokens[i + 1..]
                    .iter()
                    .map(|token| &token.token)
                    .find(|token| !matches!(token, Token::Whitespace(_)));
                check_word(word, next, spelling)?;
            }
            other => check_mark(other, spelling)?,
        }
    }
    // The tokenizer takes other blanks for plain ones, and it might drop or change more. So the tokens must
    // still spell the text.
    if tokens.iter().map(|token| token.token.to_string()).collect::<String>() == text {
        Ok(tokens)
    } else {
        Err("a blank or a mark that is none of plain SQL".to_owned())
    }
}

fn check_mark(token: &Token, spelling: Spelling) -> Result<(), String> {
    let may_be = match token {
        Token::Whitespace(blank) => {
            matches!(blank, Whitespace::Space | Whitespace::Newline | Whitespace::Tab)
        }
        Token::Number(digits, is_long) => !is_long && is_digits(digits),
        Token::Placeholder(mark) => {
            spelling == Spelling::Sqlite && mark.strip_prefix('?').is_some_and(is_digits)
        }
        Token::SingleQuotedString(text) | Token::NationalStringLiteral(text) => {
            STRINGS.contains(&text.as_str())
        }
        other => is_operator(other) || matches!(other, Token::Comma | Token::Period),
    };
    match token {
        _ if may_be => Ok(()),
        Token::Whitespace(_) => Err("a comment".to_owned()),
        Token::SingleQuotedString(_) | Token::NationalStringLiteral(_) => {
            Err(format!("the text {token}, which is not one of the known ones"))
        }
        other => Err(format!("`{other}`")),
    }
}

fn check_word(word: &Word, next: Option<&Token>, spelling: Spelling) -> Result<(), String> {
    let Word { value, quote_style, keyword: _ } = word;
    let lower = value.trim_start().to_ascii_lowercase();
    if let Some(beginning) = FORBIDDEN_BEGINNINGS.iter().find(|beginning| lower.starts_with(*beginning)) {
        return Err(format!("`{value}`, a name that begins with `{beginning}`"));
    }
    if let Some(quote) = quote_style {
        check_quoted(value, *quote, spelling)
    } else {
        check_unquoted(value, next, spelling)
    }
}

fn check_quoted(name: &str, quote: char, spelling: Spelling) -> Result<(), String> {
    let (opening, closing) = spelling.quotes();
    if quote != opening {
        return Err(format!("`{name}` in other quotes than `{opening}{closing}`"));
    }
    if name.trim().is_empty() {
        return Err("a name of no letters".to_owned());
    }
    if name.contains([opening, closing]) || name.contains(char::is_control) {
        return Err(format!("a name with a quote or a control character in it: {name:?}"));
    }
    Ok(())
}

fn check_unquoted(word: &str, next: Option<&Token>, spelling: Spelling) -> Result<(), String> {
    if spelling == Spelling::SqlServer && word.strip_prefix("@P").is_some_and(is_digits) {
        return Ok(());
    }
    if !word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(format!("`{word}`, a word of other letters than A-Z, digits and `_`"));
    }
    let upper = word.to_ascii_uppercase();
    // REPLACE is also a function, which changes texts and no rows.
    let is_function = upper == "REPLACE" && next == Some(&Token::LParen);
    if FORBIDDEN.contains(&upper.as_str()) && !is_function { Err(format!("`{upper}`")) } else { Ok(()) }
}

fn is_operator(token: &Token) -> bool {
    match token {
        Token::Eq | Token::Neq | Token::Lt | Token::LtEq | Token::Gt | Token::GtEq => true,
        Token::Word(word) => matches!(word.keyword, Keyword::AND | Keyword::OR | Keyword::NOT | Keyword::IS),
        _ => false,
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
