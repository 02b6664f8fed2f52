//! Starts the Lambda function `temperature`.

use chrono::Utc;

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> Result<(), lambda_http::Error> {
    serve::lambda::run(temperature_function::router, Utc::now).await
}
