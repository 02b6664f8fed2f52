//! The dashboard, and the description of the API at `/docs`: the files that this program was built with, or
//! those of a folder.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
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
            Router::new().route_service("/docs", docs).fallback_service(ServeDir::new(folder))
        }
        Page::Inside => not_there(NOT_BUILT),
        Page::Folder(_) => not_there(NOT_IN_FOLDER),
    };
    router
        .layer(CompressionLayer::new())
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
}

/// The files that this program was built with.
static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
    let files: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/page.rs"));
    let file = |(name, bytes): &(&'static str, &'static [u8])| File {
        name,
        bytes,
        etag: format!("\"{}\"", hex::encode(&Sha256::digest(bytes)[..16])),
    };
    files.iter().map(file).collect()
});

fn file(name: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.name == name)
}

async fn inside(uri: Uri) -> Response {
    let name = match uri.path().trim_start_matches('/') {
        "" => INDEX,
        "docs" | "docs/" => DOCS,
        name => name,
    };
    let Some(file) = file(name) else { return StatusCode::NOT_FOUND.into_response() };
    ([(CONTENT_TYPE, media_type(name)), (ETAG, file.etag.as_str())], file.bytes).into_response()
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
