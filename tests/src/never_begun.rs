//! Jobs that are asked for and never begin.

use std::error::Error;

use async_trait::async_trait;
use pipeline_function::{PromisedJob, StartJob};

/// Begins no job, so that the promise of it has to be taken back.
#[derive(Debug)]
pub struct NeverBegun;

#[async_trait]
impl StartJob for NeverBegun {
    async fn start(&self, _: PromisedJob) -> Result<(), Box<dyn Error + Send + Sync>> {
        Err("no job begins here".into())
    }
}
