//! The whole system on one machine: the functions that are deployed, with an embedded S3, a sandbox factory
//! and a schedule of its own.
//!
//! - [`s3`]: an S3 endpoint over a folder
//! - [`sandbox`]: a made-up factory that keeps producing
//! - [`place`]: where the lake is, folder or bucket
//! - [`app`]: API and dashboard on one address; [`page`]: the files of the dashboard; `load`: how much is
//!   worked on at once
//! - [`server`]: how all of it is listened for; [`hosts`]: who is answered
//! - [`jobs`]: jobs in this process, one at a time; [`schedule`]: one after the other
//! - [`commands`]: what the command line offers

pub mod app;
pub mod commands;
pub mod hosts;
pub mod jobs;
mod load;
pub mod page;
pub mod place;
mod program;
pub mod s3;
pub mod sandbox;
pub mod schedule;
pub mod server;

pub use program::program;
