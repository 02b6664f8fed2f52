//! The dashboard, and the description of the API at `/docs`: the files that this program was built with, or
//! those of a folder.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, OnceLock};

use axum::Router;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap,
    HeaderValue, VARY,
};
use axum::http::{StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use flate2::Compression;
use flate2::read::GzEncoder;
use sha2::{Digest, Sha256};
use tower_http::compression::CompressionLayer;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;

/// Where the files of the page are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// In this program.
    Inside,
    /// In this folder.
    Folder(PathBuf),
}

impl<P: AsRef<Path> + ?Sized> From<&P> for Page {
    fn from(folder: &P) -> Self {
        Self::Folder(folder.as_ref().to_owned())
    }
}

/// What the page may do: load its own files and ask its own origin.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// The routes of the page.
pub(crate) fn routes(page: &Page) -> Router {
    let router = match page {
        Page::Inside if file(INDEX).is_some() => Router::new().fallback(get(inside)),
        Page::Folder(folder) if folder.join(INDEX).is_file() => {
            // A folder's page stands under its name with a slash; the contract names it without.
            let docs = ServeFile::new(folder.join(DOCS));
            let files = Router::new().route_service("/docs", docs).fallback_service(ServeDir::new(folder));
            files.layer(CompressionLayer::new())
        }
        Page::Inside => not_there(NOT_BUILT),
        Page::Folder(_) => not_there(NOT_IN_FOLDER),
    };
    router
        .layer(SetResponseHeaderLayer::overriding(CACHE_CONTROL, HeaderValue::from_static("no-cache")))
        .layer(SetResponseHeaderLayer::overriding(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)))
}

const INDEX: &str = "index.html";
const DOCS: &str = "docs/index.html";

fn not_there(why: &'static str) -> Router {
    let told = get(async move || Html(why));
    Router::new().route("/", told.clone()).route("/docs", told)
}

const NOT_BUILT: &str = "<!doctype html><title>Tideline</title><p>This program was built without the dashboard: run <code>cargo xtask page</code>, then build it again. The API answers.";
const NOT_IN_FOLDER: &str = "<!doctype html><title>Tideline</title><p>The folder that <code>DASHBOARD</code> names has no <code>index.html</code>: name the one that <code>cargo xtask page</code> writes, or unset it for the dashboard inside the program. The API answers.";

/// A file of the page, by its path below the page.
struct File {
    name: &'static str,
    bytes: &'static [u8],
    etag: String,
    /// The same compressed. This is done once: to do it for each client takes memory until that has read it.
    gzipped: OnceLock<Vec<u8>>,
}

/// The files that this program was built with.
static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
    let files: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/page.rs"));
    let file = |(name, bytes): &(&'static str, &'static [u8])| File {
        name,
        bytes,
        etag: format!("\"{}\"", hex::encode(&Sha256::digest(bytes)[..16])),
        gzipped: OnceLock::new(),
    };
    files.iter().map(file).collect()
});

fn file(name: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.name == name)
}

impl File {
    fn gzipped(&self) -> &[u8] {
        self.gzipped.get_or_init(|| {
            let mut gzipped = Vec::new();
            // Nothing can fail that reads from memory and writes to it.
            let _ = GzEncoder::new(self.bytes, Compression::default()).read_to_end(&mut gzipped);
            gzipped
        })
    }
}

async fn inside(uri: Uri, headers: HeaderMap) -> Response {
    let name = match uri.path().trim_start_matches('/') {
        "" => INDEX,
        "docs" | "docs/" => DOCS,
        name => name,
    };
    let Some(file) = file(name) else { return StatusCode::NOT_FOUND.into_response() };
    let told =
        [(CONTENT_TYPE, media_type(name)), (ETAG, file.etag.as_str()), (VARY, ACCEPT_ENCODING.as_str())];
    if !takes_gzip(&headers) {
        return (told, file.bytes).into_response();
    }
    match tokio::task::spawn_blocking(|| file.gzipped()).await {
        Ok(gzipped) => (told, [(CONTENT_ENCODING, "gzip")], gzipped).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let named = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    named.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f64>().ok());
        is_gzip && weight != Some(0.0)
    })
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, kind)| kind) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    async fn asked(page: &Page, path: &str) -> (StatusCode, Option<String>, Vec<u8>) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = routes(page).oneshot(request).await.unwrap();
        let kind = response.headers().get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap().to_owned());
        (response.status(), kind, to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec())
    }

    #[tokio::test]
    async fn every_file_of_the_page_is_inside_the_program() {
        for file in FILES.iter() {
            let (status, kind, body) = asked(&Page::Inside, &format!("/{}", file.name)).await;
            assert_eq!((status, body.as_slice()), (StatusCode::OK, file.bytes), "{}", file.name);
            assert_ne!(kind.as_deref(), Some("application/octet-stream"), "{}", file.name);
        }
        // A program without the page is tested too: it tells so.
        let (status, _, body) = asked(&Page::Inside, "/docs").await;
        let expect = file(DOCS).map_or(NOT_BUILT.as_bytes(), |file| file.bytes);
        assert_eq!((status, body.as_slice()), (StatusCode::OK, expect));
    }

    #[tokio::test]
    async fn a_client_that_takes_it_gets_a_file_compressed() {
        for (taken, expect) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("gzip; q=1.0, identity", true),
            ("gzip;q=0", false),
            ("gzip;q=0.000", false),
            ("identity, br", false),
            ("xgzip", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(taken))]);
            assert_eq!(takes_gzip(&headers), expect, "{taken}");
        }
        for file in FILES.iter().filter(|file| [INDEX, DOCS].contains(&file.name)) {
            let request = Request::get(format!("/{}", file.name)).header(ACCEPT_ENCODING, "gzip");
            let answer = routes(&Page::Inside).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            assert_eq!(answer.headers()[CONTENT_ENCODING], "gzip");
            let gzipped = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
            let mut bytes = Vec::new();
            flate2::read::GzDecoder::new(&gzipped[..]).read_to_end(&mut bytes).unwrap();
            assert_eq!(bytes, file.bytes, "{}", file.name);
        }
    }

    #[tokio::test]
    async fn a_folder_stands_in_for_the_page_of_the_program_and_says_what_it_lacks() {
        let folder = tempfile::tempdir().unwrap();
        let page = Page::from(folder.path());
        for path in ["/", "/docs"] {
            assert_eq!(asked(&page, path).await.2, NOT_IN_FOLDER.as_bytes(), "{path}");
        }
        std::fs::write(folder.path().join(INDEX), "mine").unwrap();
        assert_eq!(asked(&page, "/").await.2, b"mine");
        assert_eq!(asked(&page, "/start.js").await.0, StatusCode::NOT_FOUND);
    }
}
