//! Starts the Lambda function `shifts`.

use chrono::Utc;

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> std::process::ExitCode {
    serve::lambda::run(shifts_function::routes(), Utc::now).await
}
