//! Log lines as JSON on standard output, where Lambda collects them. `RUST_LOG` says which lines, and if it
//! is not set, `info`.

use tracing_subscriber::EnvFilter;

/// Begins to log. A second call changes nothing.
pub fn init() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_env_filter(filter);
    // This fails only if somebody has begun to log already.
    let _ = lines.try_init();
}
