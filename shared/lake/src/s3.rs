//! [`Store`] over an S3 endpoint, through aws-sdk-s3: Amazon's, the embedded server, or any other that keeps
//! S3's conditions.
//!
//! The SDK repeats what failed on the way (three attempts). This file turns S3's answers into those of
//! [`Store`]. It knows no key.

use std::collections::HashMap;
use std::env;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{BehaviorVersion, Builder, Credentials, Region};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::store::check_metadata;
use crate::{ETag, Fetched, Head, Listed, Metadata, Object, Pause, Put, PutMode, Retries, Store, StoreError};

/// The region for endpoints other than Amazon's, which only sign with it.
const ANY_REGION: &str = "us-east-1";

/// How often the SDK tries a call in all.
const ATTEMPTS: u32 = 3;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the first byte of an answer may take. While a body arrives, the SDK's stalled stream protection
/// watches it.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// How often a conditional put is tried again while S3 says that another one is under way on the key.
const CONFLICT: Retries = Retries { most: 4, pause: Pause::Growing(Duration::from_millis(75)) };

/// The code with which the embedded server refuses to read an object whose body is not the one that was put.
/// S3 itself has none: it mends such an object before anybody sees it.
pub const OBJECT_DAMAGED: &str = "ObjectDamaged";

/// The characters that may stand in a copy's source unescaped.
const PLAIN_IN_SOURCE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// A bucket behind an S3 endpoint.
#[derive(Clone)]
pub struct S3Store {
    client: Client,
    bucket: String,
}

impl S3Store {
    /// The bucket as the usual `AWS_…` environment describes it: credentials, region, and
    /// `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL` for an endpoint other than Amazon's. Nothing is sent yet.
    pub async fn connect(bucket: &str) -> Result<Self, StoreError> {
        let own_endpoint =
            ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"].iter().any(|name| env::var_os(name).is_some());
        let mut loader = aws_config::defaults(BehaviorVersion::latest());
        if own_endpoint {
            loader = loader.region(
                RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new()).or_else(ANY_REGION),
            );
        }
        let environment = loader.load().await;
        if environment.region().is_none() {
            return Err(StoreError {
                doing: format!("connect to the bucket `{bucket}`"),
                reason: "no AWS region is known: set AWS_REGION, or AWS_ENDPOINT_URL for another S3 endpoint"
                    .into(),
                source: None,
            });
        }
        Ok(Self::with(Builder::from(&environment).force_path_style(own_endpoint), bucket))
    }

    /// The bucket behind an endpoint, reached with these credentials. What the environment says does not
    /// count.
    pub fn at(endpoint_url: &str, access_key_id: &str, secret_access_key: &str, bucket: &str) -> Self {
        let config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(ANY_REGION))
            .endpoint_url(endpoint_url)
            .credentials_provider(Credentials::new(access_key_id, secret_access_key, None, None, "given"))
            .force_path_style(true);
        Self::with(config, bucket)
    }

    fn with(config: Builder, bucket: &str) -> Self {
        let timeouts =
            TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(READ_TIMEOUT).build();
        let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS);
        let client = Client::from_conf(config.retry_config(retries).timeout_config(timeouts).build());
        Self { client, bucket: bucket.to_owned() }
    }

    async fn fetch(&self, key: &str, known: Option<&ETag>) -> Result<Fetched, StoreError> {
        let doing = || format!("get `{key}`");
        let call = self.client.get_object().bucket(&self.bucket).key(key);
        let answer = match call.set_if_none_match(known.map(quoted)).send().await {
            Ok(answer) => answer,
            Err(error) if status(&error) == Some(304) => return Ok(Fetched::Unchanged),
            Err(error) if error.code() == Some("NoSuchKey") => return Ok(Fetched::Missing),
            Err(error) => return Err(failed(doing(), error)),
        };
        let etag = etag(answer.e_tag, doing)?;
        let metadata = metadata(answer.metadata);
        let bytes = collected(answer.body, doing).await?;
        Ok(Fetched::New(Object { bytes, etag, metadata }))
    }
}

impl fmt::Debug for S3Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Store").field("bucket", &self.bucket).finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for S3Store {
    async fn get(&self, key: &str) -> Result<Option<Object>, StoreError> {
        match self.fetch(key, None).await? {
            Fetched::New(object) => Ok(Some(object)),
            Fetched::Missing | Fetched::Unchanged => Ok(None),
        }
    }

    async fn get_if_changed(&self, key: &str, known: &ETag) -> Result<Fetched, StoreError> {
        self.fetch(key, Some(known)).await
    }

    async fn tail(&self, key: &str, most_bytes: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let doing = || format!("get the end of `{key}`");
        let call = self.client.get_object().bucket(&self.bucket).key(key);
        let answer = match call.range(format!("bytes=-{most_bytes}")).send().await {
            Ok(answer) => answer,
            Err(error) if error.code() == Some("NoSuchKey") => return Ok(None),
            // An object without a body has no last byte.
            Err(error) if error.code() == Some("InvalidRange") => return Ok(Some(Vec::new())),
            Err(error) => return Err(failed(doing(), error)),
        };
        Ok(Some(collected(answer.body, doing).await?))
    }

    async fn head(&self, key: &str) -> Result<Option<Head>, StoreError> {
        let doing = || format!("head `{key}`");
        let answer = match self.client.head_object().bucket(&self.bucket).key(key).send().await {
            Ok(answer) => answer,
            Err(error) if status(&error) == Some(404) => return Ok(None),
            Err(error) => return Err(failed(doing(), error)),
        };
        Ok(Some(Head {
            etag: etag(answer.e_tag, doing)?,
            size_bytes: size(answer.content_length),
            metadata: metadata(answer.metadata),
        }))
    }

    async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        metadata: &Metadata,
        mode: PutMode,
    ) -> Result<Put, StoreError> {
        let doing = || format!("put `{key}`");
        check_metadata(key, metadata)?;
        let bytes = Bytes::from(bytes);
        let metadata: HashMap<String, String> = metadata.clone().into_iter().collect();
        let mut conflicts = 0;
        loop {
            let call =
                self.client.put_object().bucket(&self.bucket).key(key).set_metadata(Some(metadata.clone()));
            let call = match &mode {
                PutMode::Overwrite => call,
                PutMode::Create => call.if_none_match("*"),
                PutMode::Replace(version) => call.if_match(quoted(version)),
            };
            let error = match call.body(ByteStream::from(bytes.clone())).send().await {
                Ok(answer) => return Ok(Put::Stored(etag(answer.e_tag, doing)?)),
                Err(error) => error,
            };
            match (status(&error), &mode) {
                (Some(412), PutMode::Create | PutMode::Replace(_)) => return Ok(Put::Refused),
                (Some(404), PutMode::Replace(_)) if error.code() == Some("NoSuchKey") => {
                    return Ok(Put::Refused);
                }
                (Some(409), PutMode::Create | PutMode::Replace(_)) => {
                    conflicts += 1;
                    match CONFLICT.pause_after(conflicts) {
                        Some(pause) => tokio::time::sleep(pause).await,
                        None => return Err(failed(doing(), error)),
                    }
                }
                _ => return Err(failed(doing(), error)),
            }
        }
    }

    async fn list(&self, prefix: &str, after: Option<&str>) -> Result<Vec<Listed>, StoreError> {
        self.list_first(prefix, after, usize::MAX).await
    }

    async fn list_first(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Listed>, StoreError> {
        let doing = || format!("list `{prefix}`");
        let call = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix);
        let mut pages = call.set_start_after(after.map(str::to_owned)).into_paginator().send();
        let mut listed = Vec::new();
        while listed.len() < limit {
            let Some(page) = pages.next().await else { break };
            for object in page.map_err(|error| failed(doing(), error))?.contents.unwrap_or_default() {
                let modified = object
                    .last_modified
                    .and_then(|time| DateTime::<Utc>::from_timestamp(time.secs(), time.subsec_nanos()));
                let (Some(key), Some(last_modified)) = (object.key, modified) else {
                    return Err(incomplete(doing(), "a line without a key or a time"));
                };
                let etag = etag(object.e_tag, doing)?;
                listed.push(Listed { key, etag, size_bytes: size(object.size), last_modified });
            }
        }
        listed.truncate(limit);
        Ok(listed)
    }

    async fn copy(&self, from: &str, to: &str) -> Result<ETag, StoreError> {
        let doing = || format!("copy `{from}` to `{to}`");
        let source = format!("{}/{}", self.bucket, utf8_percent_encode(from, PLAIN_IN_SOURCE));
        let call = self.client.copy_object().bucket(&self.bucket).key(to).copy_source(source);
        match call.send().await {
            Ok(answer) => etag(answer.copy_object_result.and_then(|copy| copy.e_tag), doing),
            Err(error) => Err(failed(doing(), error)),
        }
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        match self.client.delete_object().bucket(&self.bucket).key(key).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(failed(format!("delete `{key}`"), error)),
        }
    }
}

async fn collected(body: ByteStream, doing: impl Fn() -> String) -> Result<Vec<u8>, StoreError> {
    let bytes = body.collect().await.map_err(|error| StoreError {
        doing: doing(),
        reason: chain(&error),
        source: Some(Box::new(error)),
    })?;
    Ok(bytes.to_vec())
}

fn quoted(etag: &ETag) -> String {
    format!("\"{etag}\"")
}

fn etag(answered: Option<String>, doing: impl Fn() -> String) -> Result<ETag, StoreError> {
    match answered {
        Some(etag) => Ok(ETag(etag.trim_matches('"').to_owned())),
        None => Err(incomplete(doing(), "no ETag")),
    }
}

fn metadata(answered: Option<HashMap<String, String>>) -> Metadata {
    answered.unwrap_or_default().into_iter().collect()
}

fn size(answered: Option<i64>) -> u64 {
    answered.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or_default()
}

fn status<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

fn failed<E>(doing: String, error: SdkError<E>) -> StoreError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let reason = match (error.code(), error.message(), status(&error)) {
        (Some(code), Some(message), _) => one_line(&format!("{code}: {message}")),
        (Some(code), None, Some(status)) => format!("{code} (HTTP {status})"),
        (Some(code), None, None) => code.to_owned(),
        (None, _, Some(status)) => format!("HTTP {status}: {}", chain(&error)),
        (None, _, None) => chain(&error),
    };
    if error.code() == Some(OBJECT_DAMAGED) {
        return StoreError::damaged(doing, reason);
    }
    StoreError { doing, reason, source: Some(Box::new(error)) }
}

fn incomplete(doing: String, lacks: &str) -> StoreError {
    StoreError { doing, reason: format!("the storage's answer is incomplete: {lacks}"), source: None }
}

/// What an error and those below it say. The SDK's own text ("dispatch failure") leaves out why.
fn chain(error: &dyn Error) -> String {
    one_line(&process::chain(error))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
