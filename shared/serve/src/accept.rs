//! Which form of a list the `Accept` header prefers.

use api::Format;
use api::operation::{CSV, XLSX};
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

/// The form that is wanted most, as `wanted` compares them. JSON where others are not wanted more, also where
/// none is wanted.
pub(crate) fn preferred(headers: &HeaderMap) -> Format {
    let ranges: Vec<_> = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(range)
        .collect();
    let mut best = (Format::Json, wanted(&ranges, "application/json"));
    for (format, media_type) in [(Format::Csv, CSV.media_type), (Format::Xlsx, XLSX.media_type)] {
        let wanted = wanted(&ranges, media_type);
        if wanted > best.1 {
            best = (format, wanted);
        }
    }
    best.0
}

/// A media range in lower case and its weight in thousandths.
fn range(text: &str) -> (String, u16) {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    let thousandths = weight
        .map_or(1.0, |text| text.parse::<f64>().ok().filter(|q| (0.0..=1.0).contains(q)).unwrap_or(0.0))
        * 1000.0;
    (name, thousandths.round() as u16)
}

/// How much a media type is wanted: its weight, then how exactly it is named, then how soon.
fn wanted(ranges: &[(String, u16)], media_type: &str) -> Option<(u16, u8, std::cmp::Reverse<usize>)> {
    let family = media_type.split('/').next().unwrap_or_default();
    let matching = ranges.iter().enumerate().filter_map(|(place, (name, weight))| {
        let exactness = match name.as_str() {
            name if name == media_type => 2,
            name if name.strip_suffix("/*") == Some(family) => 1,
            "*/*" => 0,
            _ => return None,
        };
        Some((exactness, *weight, place))
    });
    // The most exact range that matches decides, whatever its weight.
    let (exactness, weight, place) = matching.max_by_key(|(exactness, ..)| *exactness)?;
    (weight > 0).then_some((weight, exactness, std::cmp::Reverse(place)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_that_is_preferred_is_sent_and_json_otherwise() {
        let check = |accept: Option<&str>, expect| {
            let headers = accept.map(|accept| (ACCEPT, accept.parse().unwrap())).into_iter().collect();
            assert_eq!(preferred(&headers), expect, "{accept:?}");
        };
        check(None, Format::Json);
        check(Some("*/*"), Format::Json);
        check(Some("text/html,application/xhtml+xml,*/*;q=0.8"), Format::Json);
        check(Some("text/csv"), Format::Csv);
        check(Some("Text/CSV; charset=utf-8"), Format::Csv);
        check(Some("text/csv, */*"), Format::Csv);
        check(Some("text/csv, */*;q=0.1"), Format::Csv);
        check(Some("text/csv;q=0.1, */*"), Format::Json);
        check(Some("text/csv;q=0, application/json;q=0"), Format::Json);
        check(Some("text/csv;q=0"), Format::Json);
        check(Some("application/json, text/csv"), Format::Json);
        check(Some("text/csv, application/json"), Format::Csv);
        check(Some("application/json;q=0.5, text/csv;q=0.9"), Format::Csv);
        check(Some("text/csv;q=nonsense"), Format::Json);
        check(Some("text/*"), Format::Csv);
        check(Some(";;,,q=1"), Format::Json);
        check(Some(XLSX.media_type), Format::Xlsx);
        check(Some(&format!("{}, text/csv;q=0.5, */*;q=0.1", XLSX.media_type)), Format::Xlsx);
        check(Some(&format!("text/csv, {}", XLSX.media_type)), Format::Csv);
        check(Some("application/*"), Format::Json);
        check(Some("application/*;q=0.5, text/csv;q=0.4"), Format::Json);
    }
}
