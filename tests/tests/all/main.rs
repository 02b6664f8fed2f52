//! The integration tests, in one program so that it is linked once.

mod bad_input;
mod browser;
mod command_line;
mod embedded_s3;
mod http_unit;
mod lambda_watch;
mod marts;
mod paging;
mod pipeline;
mod races;
mod schema;
mod sql_server_sandbox;
mod storage;
mod storage_client;
mod storage_killed;
mod tds_endpoint;
