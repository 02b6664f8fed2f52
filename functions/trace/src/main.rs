//! Starts the Lambda function `trace`.

use chrono::Utc;

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> std::process::ExitCode {
    serve::lambda::run(trace_function::routes(), Utc::now).await
}
