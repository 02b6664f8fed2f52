//! Starts the Lambda function `reports`.

use chrono::Utc;

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> std::process::ExitCode {
    serve::lambda::run(reports_function::routes(), Utc::now).await
}
