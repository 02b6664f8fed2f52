//! How large an answer becomes on its way, and how large it may be.
//!
//! Lambda takes at most 6 MB of an answer, and counts it as it sends it: a text as a JSON string, anything
//! else in base64. The limit here is the same wherever a function runs, so that an answer that one machine
//! gives is one that AWS gives too.

/// The most that an answer may have, as Lambda sends it.
pub const ANSWER_MAX_BYTES: usize = 4_500_000;

/// How many bytes a body has as Lambda sends it.
pub(crate) fn sent_bytes(media_type: &str, body: &[u8]) -> usize {
    if is_text(media_type) { text_bytes(body) } else { binary_bytes(body) }
}

/// How many bytes a text has in a JSON string, without its quotes.
pub(crate) fn text_bytes(text: &[u8]) -> usize {
    let escaped = |byte: &u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 1,
        0x00..0x20 => 5,
        _ => 0,
    };
    text.len() + text.iter().map(escaped).sum::<usize>()
}

/// How many bytes a body has in base64.
pub(crate) fn binary_bytes(body: &[u8]) -> usize {
    body.len().div_ceil(3) * 4
}

/// Whether lambda_http sends a body of this type as a text.
fn is_text(media_type: &str) -> bool {
    let name = media_type.split(';').next().unwrap_or_default();
    name.starts_with("text/") || name == "application/json" || name.ends_with("+json")
}

#[cfg(test)]
mod tests {
    use api::operation::XLSX;
    use api::trace::EPCIS_MEDIA_TYPE;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_text_is_as_long_as_in_a_json_string(text in any::<String>()) {
            prop_assert_eq!(text_bytes(text.as_bytes()) + 2, serde_json::to_string(&text).unwrap().len());
        }
    }

    #[test]
    fn each_character_that_json_escapes_is_counted_as_it_is_escaped() {
        for character in (0..128_u8).map(char::from) {
            let text = character.to_string();
            assert_eq!(
                text_bytes(text.as_bytes()) + 2,
                serde_json::to_string(&text).unwrap().len(),
                "{text:?}"
            );
        }
    }

    #[test]
    fn what_is_no_text_grows_by_a_third() {
        let body = [b'"'; 10];
        for text in ["application/json", "text/csv; charset=utf-8", EPCIS_MEDIA_TYPE] {
            assert_eq!(sent_bytes(text, &body), 20, "{text}");
        }
        assert_eq!(sent_bytes(XLSX.media_type, &body), 16);
    }
}
