//! Starts the Lambda function `products`.

use chrono::Utc;

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> Result<(), lambda_http::Error> {
    serve::lambda::run(products_function::router, Utc::now).await
}
