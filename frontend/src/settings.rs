//! What can be set without a rebuild: where the API is and how often it is asked.

use web_sys::Document;

/// Seconds between two rounds of requests unless something else is asked for.
const REFRESH_SECONDS: u32 = 60;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// What every address of the API begins with, without a slash at the end.
    pub(crate) api_base: String,
    /// Seconds between two rounds of requests.
    pub(crate) refresh_seconds: u32,
}

impl Settings {
    /// The settings in the page's `<meta>` elements and address.
    pub(crate) fn of_page(document: &Document) -> Self {
        let search = document.location().and_then(|location| location.search().ok()).unwrap_or_default();
        Self::new(
            meta(document, "api-base").as_deref(),
            meta(document, "refresh-seconds").as_deref(),
            &search,
        )
    }

    /// What the address says counts before what the page says. What cannot be understood counts as absent.
    fn new(api_base: Option<&str>, refresh_seconds: Option<&str>, search: &str) -> Self {
        let asked = search.trim_start_matches('?').split('&').find_map(|pair| pair.strip_prefix("refresh="));
        let refresh_seconds =
            [asked, refresh_seconds].into_iter().flatten().find_map(|text| text.trim().parse::<u32>().ok());
        let api_base = api_base.map(str::trim).filter(|base| !base.is_empty()).unwrap_or("api/");
        Self {
            api_base: api_base.trim_end_matches('/').to_owned(),
            // A day at most: a browser's timer counts milliseconds in 31 bits.
            refresh_seconds: refresh_seconds.unwrap_or(REFRESH_SECONDS).clamp(1, 86_400),
        }
    }
}

fn meta(document: &Document, name: &str) -> Option<String> {
    document.query_selector(&format!("meta[name={name}]")).ok()??.get_attribute("content")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_counts_before_the_page_and_nonsense_counts_for_nothing() {
        let refresh = |meta, search| Settings::new(None, meta, search).refresh_seconds;
        assert_eq!(refresh(None, ""), 60);
        assert_eq!(refresh(Some("30"), ""), 30);
        assert_eq!(refresh(Some("30"), "?wide&refresh=2"), 2);
        assert_eq!(refresh(Some("30"), "?refresh=soon"), 30);
        assert_eq!(refresh(None, "?refresh=0"), 1);
        assert_eq!(refresh(None, "?refresh=4294967295"), 86_400);
    }

    #[test]
    fn the_api_is_beside_the_page_unless_the_page_says_otherwise() {
        let base = |meta| Settings::new(meta, None, "").api_base;
        assert_eq!(base(None), "api");
        assert_eq!(base(Some(" ")), "api");
        assert_eq!(base(Some("https://api.example.org/v1/")), "https://api.example.org/v1");
        assert_eq!(base(Some("/")), "", "the API at the root of the page's origin");
    }
}
