//! Starts jobs on AWS by invoking the extractor asynchronously. This function may invoke nothing else.

use std::time::Duration;

use async_trait::async_trait;
use aws_config::BehaviorVersion;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use lake::Mode;
use serde_json::json;

use crate::start::{PromisedJob, StartJob};

/// The extractor's name where the environment names no other.
const EXTRACTOR: &str = "extractor";

/// How long an invocation may take to be accepted, retries included. It is well below the 30 s after which an
/// HTTP API gives up.
const PATIENCE: Duration = Duration::from_secs(15);

/// The extractor as a Lambda function.
#[derive(Clone, Debug)]
pub struct InvokeExtractor {
    client: Client,
    function: String,
}

/// Why the extractor was not invoked.
#[derive(Debug, thiserror::Error)]
#[error("the function `{function}` cannot be invoked: {code}")]
pub struct InvokeError {
    function: String,
    code: String,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl InvokeExtractor {
    /// The function of this name, with the usual `AWS_…` environment. Nothing is sent yet.
    pub async fn connect(function: Option<String>) -> Self {
        let timeouts = TimeoutConfig::builder().operation_timeout(PATIENCE).build();
        let config = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts).load().await;
        Self { client: Client::new(&config), function: function.unwrap_or_else(|| EXTRACTOR.to_owned()) }
    }
}

#[async_trait]
impl StartJob for InvokeExtractor {
    async fn start(&self, job: PromisedJob) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let PromisedJob { job_id, mode, accept_deletes, rebuild, trigger } = job;
        let event = json!({
            "job_id": job_id, "full": mode == Mode::Full, "reconcile": mode == Mode::Reconcile,
            "accept_deletes": accept_deletes, "rebuild": rebuild, "trigger": trigger,
        });
        let call = self.client.invoke().function_name(&self.function).invocation_type(InvocationType::Event);
        match call.payload(Blob::new(event.to_string())).send().await {
            Ok(_) => Ok(()),
            Err(error) => {
                let code = error.code().unwrap_or("it does not answer").to_owned();
                Err(Box::new(InvokeError { function: self.function.clone(), code, source: Box::new(error) }))
            }
        }
    }
}
