//! The body of a put: read whole, and held against the length and every sum that its sender gives for it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures::StreamExt;
use hyper::HeaderMap;
use s3s::crypto::{Checksum, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256};
use s3s::dto::StreamingBlob;
use s3s::{S3Result, TrailingHeaders, s3_error};

/// The largest body that a put may have. Bodies are held in memory.
const LIMIT_BYTES: usize = 512 * 1024 * 1024;

/// How long a body is that is sent in chunks. Its `content-length` counts what is around the chunks too.
const DECODED_LENGTH: &str = "x-amz-decoded-content-length";
/// Names the headers that come behind the body.
const TRAILER: &str = "x-amz-trailer";
/// How the names of sums begin.
const CHECKSUM: &str = "x-amz-checksum-";

/// Takes a sum of a body, in Base64.
type Sum = fn(&[u8]) -> String;

/// The sums that a sender may give, and how each is taken.
const SUMS: [(&str, Sum); 6] = [
    ("content-md5", sum::<Md5>),
    ("x-amz-checksum-crc32", sum::<Crc32>),
    ("x-amz-checksum-crc32c", sum::<Crc32c>),
    ("x-amz-checksum-crc64nvme", sum::<Crc64Nvme>),
    ("x-amz-checksum-sha1", sum::<Sha1>),
    ("x-amz-checksum-sha256", sum::<Sha256>),
];

/// Reads the body of a put, and checks it against the length and the sums in the headers before and behind
/// it. s3s has checked the hash that is part of a signature. It takes chunks that end early for a whole body.
pub(super) async fn read(
    body: Option<StreamingBlob>,
    content_length: Option<i64>,
    headers: &HeaderMap,
    trailing: Option<TrailingHeaders>,
) -> S3Result<Vec<u8>> {
    let bytes = collected(body, announced(headers, content_length)).await?;
    let trailing = trailing.and_then(|trailing| trailing.take()).unwrap_or_default();
    check_promised(headers, &trailing)?;
    for (name, sum) in SUMS {
        for said in [headers, &trailing].into_iter().filter_map(|headers| headers.get(name)) {
            let is = sum(&bytes);
            if said.as_bytes() != is.as_bytes() {
                return Err(s3_error!(
                    BadDigest,
                    "the body arrived with {name} `{is}`, and was sent with {said:?}"
                ));
            }
        }
    }
    Ok(bytes)
}

/// How many bytes the body must have.
fn announced(headers: &HeaderMap, content_length: Option<i64>) -> Option<usize> {
    let decoded = headers.get(DECODED_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    decoded.or_else(|| usize::try_from(content_length?).ok())
}

/// Whether every sum is there that was to come behind the body. It may be the only one that the body has.
fn check_promised(headers: &HeaderMap, trailing: &HeaderMap) -> S3Result<()> {
    let lists = headers.get_all(TRAILER).iter().filter_map(|names| names.to_str().ok());
    let names = lists.flat_map(|names| names.split(',')).map(|name| name.trim().to_ascii_lowercase());
    for name in names.filter(|name| name.starts_with(CHECKSUM)) {
        if !trailing.contains_key(name.as_str()) {
            return Err(s3_error!(IncompleteBody, "`{name}` was to come behind the body, and is not there"));
        }
    }
    Ok(())
}

async fn collected(mut body: Option<StreamingBlob>, announced: Option<usize>) -> S3Result<Vec<u8>> {
    let too_large = || s3_error!(EntityTooLarge, "an object may have {LIMIT_BYTES} bytes here");
    if announced.is_some_and(|announced| announced > LIMIT_BYTES) {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(announced.unwrap_or_default());
    while let Some(chunk) = match &mut body {
        Some(body) => body.next().await,
        None => None,
    } {
        let chunk =
            chunk.map_err(|error| s3_error!(IncompleteBody, "the body did not arrive whole: {error}"))?;
        if bytes.len() + chunk.len() > LIMIT_BYTES {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    let length = bytes.len();
    if let Some(announced) = announced.filter(|announced| *announced != length) {
        return Err(s3_error!(
            IncompleteBody,
            "the body arrived with `{length}` bytes, and was announced with `{announced}`"
        ));
    }
    Ok(bytes)
}

fn sum<H: Checksum>(bytes: &[u8]) -> String {
    BASE64.encode(H::checksum(bytes))
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderName, HeaderValue};
    use s3s::{Body, S3ErrorCode};

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().copied();
        pairs.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[tokio::test]
    async fn a_body_must_have_the_length_that_was_announced_for_it() {
        for (decoded, content_length, is_whole) in [
            (None, Some(5), true),
            (None, None, true),
            (None, Some(4), false),
            (None, Some(6), false),
            (Some("5"), Some(180), true),
            (Some("5"), None, true),
            (Some("6"), Some(5), false),
            (Some("4"), None, false),
        ] {
            let headers = decoded.map(|length| headers(&[(DECODED_LENGTH, length)])).unwrap_or_default();
            let body = StreamingBlob::from(Body::from(b"whole".to_vec()));
            let read = read(Some(body), content_length, &headers, None).await;
            let refused = read.err().map(|error| error.code().clone());
            let expect = (!is_whole).then_some(S3ErrorCode::IncompleteBody);
            assert_eq!(refused, expect, "{decoded:?} {content_length:?}");
        }
    }

    #[test]
    fn every_sum_that_was_promised_must_come_behind_the_body() {
        let sums = [("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-checksum-sha1", "AAAA")];
        for (promised, came, is_whole) in [
            ("x-amz-checksum-crc32", &sums[..1], true),
            ("x-amz-checksum-crc32, X-Amz-Checksum-SHA1", &sums[..], true),
            ("x-amz-checksum-crc32,x-amz-checksum-sha1", &sums[..1], false),
            ("x-amz-checksum-crc32", &sums[..0], false),
            ("x-amz-meta-other", &sums[..0], true),
        ] {
            let checked = check_promised(&headers(&[(TRAILER, promised)]), &headers(came));
            assert_eq!(checked.is_ok(), is_whole, "{promised}: {checked:?}");
        }
        assert!(check_promised(&HeaderMap::new(), &HeaderMap::new()).is_ok());
    }
}
