//! The query of an address as pairs, and pairs as the query of an address.

use api::ParameterError;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// All characters but those that RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The pairs of a query, decoded. A name or value that is not percent-encoded UTF-8 is an error: guessing
/// could change what was asked.
pub(crate) fn decode(query: &str) -> Result<Vec<(String, String)>, ParameterError> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let malformed = || ParameterError {
                name: name.to_owned(),
                value: value.to_owned(),
                expected: "is not percent-encoded UTF-8".to_owned(),
            };
            Ok((text(name).ok_or_else(malformed)?, text(value).ok_or_else(malformed)?))
        })
        .collect()
}

/// Decodes one name or value. A plus is a blank, as HTML forms write it.
fn text(encoded: &str) -> Option<String> {
    let blanks = encoded.replace('+', " ");
    let whole = blanks
        .split('%')
        .skip(1)
        .all(|after| after.len() >= 2 && after.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()));
    whole.then(|| percent_decode_str(&blanks).decode_utf8().ok().map(Into::into))?
}

/// The pairs as a query, percent-encoded.
pub(crate) fn encode<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs = pairs.into_iter().map(|(name, value)| {
        format!("{}={}", utf8_percent_encode(name, RESERVED), utf8_percent_encode(value, RESERVED))
    });
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_query_is_decoded_to_pairs_in_order() {
        let check =
            |query, expect: &[(&str, &str)]| assert_eq!(decode(query).unwrap(), pairs(expect), "{query}");
        check("", &[]);
        check("days=7&line=Line+1", &[("days", "7"), ("line", "Line 1")]);
        check("&&a=&b&c=d=e", &[("a", ""), ("b", ""), ("c", "d=e")]);
        check("line=L%C3%ADnea%201%262%2B", &[("line", "Línea 1&2+")]);
        check("days=7&days=8", &[("days", "7"), ("days", "8")]);
    }

    #[test]
    fn what_is_not_percent_encoded_utf_8_is_refused_by_name() {
        for query in ["line=%", "line=%2", "line=%zz", "line=%+1", "line=a%C3", "line=%FF%FE"] {
            assert_eq!(decode(query).unwrap_err().name, "line", "{query}");
        }
        assert_eq!(decode("%zz=1").unwrap_err().name, "%zz");
    }

    #[test]
    fn what_is_encoded_decodes_to_itself() {
        let all = pairs(&[("a", "x y+z%&=#/?"), ("after", r#"["2026-11-23","Línea 🐟"]"#), ("empty", "")]);
        let text = encode(all.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        assert!(text.is_ascii() && !text.contains(['<', '>', '"', ' ']));
        assert_eq!(decode(&text).unwrap(), all);
    }
}
