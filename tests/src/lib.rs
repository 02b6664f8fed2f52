//! What the integration tests share: a factory with its ERP and its lake, the app over it, a browser, and the
//! suite that every storage must pass.

pub mod browser;
pub mod described;
pub mod factory;
pub mod faults;
pub mod gateway;
pub mod generated;
pub mod moto;
pub mod never_begun;
pub mod place;
pub mod random_edits;
pub mod random_factory;
pub mod site;
pub mod storage_suite;
pub mod tds;
pub mod tree;

/// Whether all is tested, rare cases too, as `cargo xtask test --all` asks for.
pub fn is_all() -> bool {
    std::env::var_os("TIDELINE_TEST_ALL").is_some()
}
