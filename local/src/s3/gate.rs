//! Refuses what the protocol crate would read before it knows who asks: requests that nobody signed, and forms,
//! which carry their signature in the body. The body of such a request is never read.

use std::sync::Arc;

use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::{Method, Request};
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::{S3Error, s3_error};

/// The scheme of the signatures that are checked: version 4, which covers the headers and the hash of the body.
const SIGNED: &str = "AWS4-HMAC-SHA256 ";
/// The parameter of a URL that was signed beforehand.
const PRESIGNED: &str = "X-Amz-Signature=";

/// No call that is answered has an XML document as its body.
const XML_LIMIT_BYTES: usize = 64 * 1024;

/// Why a request is refused unread.
pub(super) fn refusal<B>(request: &Request<B>) -> Option<S3Error> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_form = header(CONTENT_TYPE).trim_start().to_ascii_lowercase().starts_with("multipart/");
    if request.method() == Method::POST || is_form {
        return Some(s3_error!(MethodNotAllowed, "objects are put, not posted"));
    }
    let is_presigned =
        request.uri().query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with(PRESIGNED)));
    if is_presigned || header(AUTHORIZATION).starts_with(SIGNED) {
        return None;
    }
    Some(s3_error!(AccessDenied, "the request is not signed"))
}

/// The limits of the protocol crate, for what comes past the gate.
pub(super) fn limits() -> StaticConfigProvider {
    let mut limits = S3Config::default();
    limits.xml_max_body_size = XML_LIMIT_BYTES;
    limits.post_object_max_file_size = 0;
    (limits.form_max_field_size, limits.form_max_fields_size, limits.form_max_parts) = (0, 0, 0);
    StaticConfigProvider::new(Arc::new(limits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(method: &str, uri: &str, headers: &[(&str, &str)]) -> Option<u16> {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let refusal = refusal(&request.body(()).unwrap())?;
        Some(refusal.code().status_code().unwrap().as_u16())
    }

    #[test]
    fn what_is_signed_passes_and_nothing_else_does() {
        let signed = ("authorization", "AWS4-HMAC-SHA256 Credential=a/b");
        for method in ["GET", "HEAD", "PUT", "DELETE"] {
            assert_eq!(status(method, "/lake/a", &[signed]), None);
            assert_eq!(status(method, "/lake/a?x=1&X-Amz-Signature=0", &[]), None);
            assert_eq!(status(method, "/lake/a", &[]), Some(403));
            assert_eq!(status(method, "/lake/a?key=X-Amz-Signature=0", &[]), Some(403));
            assert_eq!(status(method, "/lake/a", &[("authorization", "AWS key:signature")]), Some(403));
        }
    }

    #[test]
    fn forms_never_pass() {
        let signed = ("authorization", "AWS4-HMAC-SHA256 Credential=a/b");
        let form = ("content-type", "Multipart/Form-Data; boundary=x");
        assert_eq!(status("POST", "/lake", &[form]), Some(405));
        assert_eq!(status("POST", "/lake?delete", &[signed]), Some(405));
        assert_eq!(status("PUT", "/lake/a", &[signed, form]), Some(405));
    }
}
