//! The body of a put: read whole, and held against every sum that its sender gives for it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures::StreamExt;
use hyper::HeaderMap;
use s3s::crypto::{Checksum, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256};
use s3s::dto::StreamingBlob;
use s3s::{S3Result, TrailingHeaders, s3_error};

/// The largest body that a put may have. Bodies are held in memory.
const LIMIT_BYTES: usize = 512 * 1024 * 1024;

/// The sums that a sender may give, and how each is taken.
const SUMS: [(&str, fn(&[u8]) -> String); 6] = [
    ("content-md5", sum::<Md5>),
    ("x-amz-checksum-crc32", sum::<Crc32>),
    ("x-amz-checksum-crc32c", sum::<Crc32c>),
    ("x-amz-checksum-crc64nvme", sum::<Crc64Nvme>),
    ("x-amz-checksum-sha1", sum::<Sha1>),
    ("x-amz-checksum-sha256", sum::<Sha256>),
];

/// Reads the body of a put, and checks it against the sums in the headers before and behind it. s3s has checked
/// the hash that is part of a signature.
pub(super) async fn read(
    body: Option<StreamingBlob>,
    announced: Option<i64>,
    headers: &HeaderMap,
    trailing: Option<TrailingHeaders>,
) -> S3Result<Vec<u8>> {
    let bytes = collected(body, announced).await?;
    let trailing = trailing.and_then(|trailing| trailing.take()).unwrap_or_default();
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

async fn collected(mut body: Option<StreamingBlob>, announced: Option<i64>) -> S3Result<Vec<u8>> {
    let too_large = || s3_error!(EntityTooLarge, "an object may have {LIMIT_BYTES} bytes here");
    let announced = usize::try_from(announced.unwrap_or_default()).unwrap_or_default();
    if announced > LIMIT_BYTES {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(announced);
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
    Ok(bytes)
}

fn sum<H: Checksum>(bytes: &[u8]) -> String {
    BASE64.encode(H::checksum(bytes))
}
