//! Log lines. `RUST_LOG` says which ones of our own crates are written.
//!
//! Other crates log below warnings what they send and receive: tokens, signatures and rows. So whatever
//! `RUST_LOG` says, nothing of theirs below a warning is written, and nothing at all of those whose warnings
//! repeat what they were given.

use std::io::IsTerminal;

use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

/// Our crates and programs, whose lines hold neither secrets nor rows.
const OWN: &[&str] = &["tideline", "api", "domain", "lake", "process", "serve", "warehouse"];
/// How the crates of our functions end. Their programs are named without it.
const FUNCTION: &str = "_function";
/// The programs of our functions.
const PROGRAMS: &[&str] = &[
    "compliance",
    "extractor",
    "health",
    "pipeline",
    "products",
    "reports",
    "runs",
    "shifts",
    "temperature",
    "trace",
    "yield",
];
/// How crates begin whose warnings repeat lines of credential files, addresses, requests, or what a server says.
const QUOTING: &[&str] = &["aws_", "s3s", "tiberius"];

/// Begins to log as JSON on standard output, where Lambda collects it. A second call changes nothing.
pub fn init() {
    let lines = fmt::layer().json().flatten_event(true).with_current_span(false).with_span_list(false);
    begin("info", lines);
}

/// Begins to log on standard error, for people. `default` says which lines, unless `RUST_LOG` does.
pub fn init_for_people(default: &str) {
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_level(false)
        .without_time()
        .with_target(false);
    begin(default, lines);
}

fn begin(default: &str, lines: impl Layer<Registry> + Send + Sync) {
    let asked = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let lines = lines.with_filter(filter_fn(is_shown)).with_filter(asked);
    // This fails only if somebody has begun to log already.
    let _ = tracing_subscriber::registry().with(lines).try_init();
}

/// Whether a line of this crate may be written at this level.
fn is_shown(line: &Metadata<'_>) -> bool {
    *line.level() <= level_of(line.target())
}

fn level_of(target: &str) -> LevelFilter {
    let name = target.split("::").next().unwrap_or_default();
    if OWN.contains(&name) || PROGRAMS.contains(&name) || name.ends_with(FUNCTION) {
        Level::TRACE.into()
    } else if QUOTING.iter().any(|quoting| name.starts_with(quoting)) {
        LevelFilter::OFF
    } else {
        Level::WARN.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_crates_may_write_more_than_warnings() {
        for own in ["tideline::s3", "lake", "extractor", "extractor_function::source", "yield_function"] {
            assert_eq!(level_of(own), LevelFilter::TRACE, "{own}");
        }
        for other in ["hyper::proto::h1", "rustls::client", "lambda_runtime", "lakehouse", "tracing"] {
            assert_eq!(level_of(other), LevelFilter::WARN, "{other}");
        }
        for quoting in ["aws_config::profile", "aws_sdk_s3", "s3s::service", "tiberius::tds"] {
            assert_eq!(level_of(quoting), LevelFilter::OFF, "{quoting}");
        }
    }
}
