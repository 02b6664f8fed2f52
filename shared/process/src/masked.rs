//! Addresses with a password in them, which must not be printed. Whoever mistypes an address is shown an error,
//! and the error is logged and kept. So no text that we print repeats what has the form of such an address.

use std::borrow::Cow;

const MASK: &str = "…";

/// The login in the addresses that our own errors give as an example.
const EXAMPLE: &str = "user:password";

/// Whether a whole value may hold a password: `user:password@host`, with or without more around it.
pub fn may_hold_password(value: &str) -> bool {
    value.contains(':') && value.contains('@')
}

/// A value as an error may show it.
pub fn shown(value: &str) -> &str {
    if may_hold_password(value) { MASK } else { value }
}

/// A text with `…` in place of every word that has the form of an address with a password.
pub fn masked(text: &str) -> Cow<'_, str> {
    if !may_hold_password(text) {
        return text.into();
    }
    let parts = text.split_inclusive(char::is_whitespace).map(|part| {
        let word = part.trim_end();
        if has_login(word) { format!("{MASK}{}", &part[word.len()..]) } else { part.to_owned() }
    });
    parts.collect::<String>().into()
}

/// Whether a password can stand in the word: between a `:`, other than that of the scheme, and an `@`.
fn has_login(word: &str) -> bool {
    let rest = word.split_once("://").map_or(word, |(_, rest)| rest);
    let Some((login, _)) = rest.rsplit_once('@') else { return false };
    login.contains(':') && !login.ends_with(EXAMPLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_with_a_password_is_masked_and_the_rest_of_the_text_stays() {
        for (text, expect) in [
            ("cannot open `sqlite://ann:pw@host/db`: no such file", "cannot open … no such file"),
            ("at ann:p@ss@host:1433\nand b", "at …\nand b"),
            ("the login mssql://ann@host:1433/db fails", "the login mssql://ann@host:1433/db fails"),
            ("http://127.0.0.1:9000 is not there", "http://127.0.0.1:9000 is not there"),
            ("ask it@example.com: now", "ask it@example.com: now"),
            ("use mssql://user:password@host:1433/db", "use mssql://user:password@host:1433/db"),
            ("plain", "plain"),
        ] {
            assert_eq!(masked(text), expect);
        }
    }

    #[test]
    fn a_value_that_may_hold_a_password_is_not_shown_at_all() {
        assert_eq!(shown("ann:my secret@host"), "…");
        assert_eq!((shown("a@b"), shown("a:b"), shown("data/lake")), ("a@b", "a:b", "data/lake"));
    }
}
