//! Starts the Lambda function `products`.

use chrono::Utc;

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> std::process::ExitCode {
    serve::lambda::run(products_function::routes(), Utc::now).await
}
