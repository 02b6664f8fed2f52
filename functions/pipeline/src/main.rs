//! Starts the Lambda function `pipeline`.

use std::process::ExitCode;
use std::sync::Arc;

use chrono::Utc;
use pipeline_function::{InvokeExtractor, routes};

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> ExitCode {
    let jobs = Arc::new(InvokeExtractor::connect(std::env::var("EXTRACTOR").ok()).await);
    serve::lambda::run(routes(jobs), Utc::now).await
}
