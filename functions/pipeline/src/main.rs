//! Starts the Lambda function `pipeline`.

use std::process::ExitCode;
use std::sync::Arc;

use chrono::Utc;
use pipeline_function::{InvokeExtractor, routes};
use process::Environment;

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> ExitCode {
    let extractor = Environment(process::variable).given("EXTRACTOR");
    let jobs = Arc::new(InvokeExtractor::connect(extractor).await);
    serve::lambda::run(routes(jobs), Utc::now).await
}
