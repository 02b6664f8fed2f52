//! Starts the Lambda function `yield`.

use chrono::Utc;

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> std::process::ExitCode {
    serve::lambda::run(yield_function::routes(), Utc::now).await
}
