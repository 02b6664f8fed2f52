//! Loads the page again when another version of the program answers. Wall screens stay open for weeks, and
//! nobody stands there to do it.
//!
//! The page and the API may be replaced one after the other. So a page that is as old as before is loaded
//! again once, and once more when its program has been replaced. It is never loaded again and again.

use gloo_net::http::{Method, RequestBuilder};
use web_sys::{RequestCache, Storage};

use crate::browser::window;

/// The version that this page was built with.
const BUILT_WITH: &str = env!("CARGO_PKG_VERSION");

/// The page's program, beside the page.
const PROGRAM: &str = "frontend_bg.wasm";

/// Where the tab notes what it was loaded again for.
const NOTED_AS: &str = "tideline-loaded-again-for";

/// Loads the page again if `said`, the version that answers, is not the page's own. Nothing is lost by that:
/// the page has no forms, and the address says what it shows.
pub(crate) async fn load_again_if_other(said: &str) {
    if said == BUILT_WITH {
        return;
    }
    // Where nothing can be noted, the page could be loaded again for ever.
    let Some(storage) = storage() else { return };
    // A page that cannot be had now would be replaced by an error that stays.
    let Some(program) = program_there().await else { return };
    let noted = storage.get_item(NOTED_AS).ok().flatten().unwrap_or_default();
    if let Some(note) = note(&noted, said, &program)
        && storage.set_item(NOTED_AS, &note).is_ok()
    {
        // Fails only where pages may not be loaded again.
        let _ = window().location().reload();
    }
}

/// What is noted from now on, if the page is to be loaded again for this version and this program; `None` if
/// it was before.
fn note(noted: &str, said: &str, program: &str) -> Option<String> {
    let reason = format!("{said} {program}").replace('\n', " ");
    (!noted.lines().any(|line| line == reason)).then(|| format!("{noted}{reason}\n"))
}

/// What tells the page's program from an older one, as the server has it now; `None` if it cannot be had.
async fn program_there() -> Option<String> {
    let request = RequestBuilder::new(PROGRAM).method(Method::HEAD).cache(RequestCache::NoStore);
    let answer = request.send().await.ok().filter(gloo_net::http::Response::ok)?;
    let header = |name| answer.headers().get(name).unwrap_or_default();
    Some(format!("{} {}", header("etag"), header("last-modified")))
}

fn storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_loaded_again_once_for_a_version_and_once_more_when_its_program_is_replaced() {
        let first = note("", "0.2.0", "old").unwrap();
        assert_eq!(note(&first, "0.2.0", "old"), None);
        let replaced = note(&first, "0.2.0", "new").unwrap();
        // Two servers that hold different programs take turns.
        assert_eq!((note(&replaced, "0.2.0", "old"), note(&replaced, "0.2.0", "new")), (None, None));
        assert!(note(&replaced, "0.3.0", "new").is_some());
    }
}
