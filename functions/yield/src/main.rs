//! Starts the Lambda function `yield`.

use chrono::Utc;

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> Result<(), lambda_http::Error> {
    serve::lambda::run(yield_function::router, Utc::now).await
}
