//! Answers the S3 calls that Tideline makes from a [`Folder`]. Any other call is answered with
//! `NotImplemented`, and so is a call with a condition that this server does not check.

use std::collections::BTreeMap;
use std::sync::Arc;

use s3s::dto::{
    Bucket, CommonPrefix, CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, DeleteObjectInput,
    DeleteObjectOutput, ETag, ETagCondition, GetObjectInput, GetObjectOutput, HeadBucketInput,
    HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListBucketsInput, ListBucketsOutput,
    ListObjectsV2Input, ListObjectsV2Output, Metadata, MetadataDirective, Object, PutObjectInput,
    PutObjectOutput, StreamingBlob, Timestamp,
};
use s3s::{Body, S3, S3Error, S3Request, S3Response, S3Result, s3_error};

use super::folder::{Condition, Folder, ObjectVersion};
use super::key::Key;
use super::listing::{self, Line, Query};
use super::refusal::{check_read, disk_error, refuse};
use super::{BUCKET, body};

/// The most lines on a page of a listing, as in S3.
const PAGE_LIMIT: usize = 1000;

#[derive(Clone, Debug)]
pub(super) struct FolderS3 {
    folder: Arc<Folder>,
}

impl FolderS3 {
    pub(super) fn new(folder: Folder) -> Self {
        Self { folder: Arc::new(folder) }
    }

    /// Runs file work on a thread that may block.
    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder) -> S3Result<T> + Send + 'static,
    ) -> S3Result<T> {
        let folder = Arc::clone(&self.folder);
        tokio::task::spawn_blocking(move || work(&folder)).await.map_err(S3Error::internal_error)?
    }
}

#[async_trait::async_trait]
impl S3 for FolderS3 {
    async fn list_buckets(&self, _: S3Request<ListBucketsInput>) -> S3Result<S3Response<ListBucketsOutput>> {
        let bucket = Bucket { name: Some(BUCKET.to_owned()), ..Bucket::default() };
        Ok(S3Response::new(ListBucketsOutput { buckets: Some(vec![bucket]), ..ListBucketsOutput::default() }))
    }

    async fn head_bucket(
        &self,
        request: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        check_bucket(&request.input.bucket)?;
        Ok(S3Response::new(HeadBucketOutput::default()))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        check_bucket(&input.bucket)?;
        refuse(
            "conditions on times",
            input.if_modified_since.is_some() || input.if_unmodified_since.is_some(),
        )?;
        refuse("versions and parts", input.version_id.is_some() || input.part_number.is_some())?;
        let key = readable_key(&input.key)?;
        self.on_disk(move |folder| {
            let (object, body) =
                folder.open_object(&key).map_err(disk_error)?.ok_or_else(|| missing(&key))?;
            check_read(&object, input.if_match.as_ref(), input.if_none_match.as_ref())?;
            let whole = object.size_bytes;
            let range = input.range.map(|range| range.check(whole)).transpose()?;
            let mut output = GetObjectOutput {
                accept_ranges: Some("bytes".to_owned()),
                content_range: range
                    .as_ref()
                    .map(|range| format!("bytes {}-{}/{whole}", range.start, range.end.saturating_sub(1))),
                e_tag: Some(ETag::Strong(object.etag.clone())),
                last_modified: Some(Timestamp::from(object.modified)),
                metadata: Some(to_headers(&object)),
                ..GetObjectOutput::default()
            };
            let mut bytes = object.read(body)?;
            if let Some(range) = range {
                bytes = bytes[range.start as usize..range.end as usize].to_vec();
            }
            output.content_length = i64::try_from(bytes.len()).ok();
            output.body = Some(StreamingBlob::from(Body::from(bytes)));
            Ok(S3Response::new(output))
        })
        .await
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = request.input;
        check_bucket(&input.bucket)?;
        refuse(
            "conditions on times",
            input.if_modified_since.is_some() || input.if_unmodified_since.is_some(),
        )?;
        refuse(
            "versions and parts",
            input.version_id.is_some() || input.part_number.is_some() || input.range.is_some(),
        )?;
        let key = readable_key(&input.key)?;
        self.on_disk(move |folder| {
            let object = folder.find(&key).map_err(disk_error)?.ok_or_else(|| missing(&key))?;
            check_read(&object, input.if_match.as_ref(), input.if_none_match.as_ref())?;
            Ok(S3Response::new(HeadObjectOutput {
                accept_ranges: Some("bytes".to_owned()),
                content_length: i64::try_from(object.size_bytes).ok(),
                last_modified: Some(Timestamp::from(object.modified)),
                metadata: Some(to_headers(&object)),
                e_tag: Some(ETag::Strong(object.etag)),
                ..HeadObjectOutput::default()
            }))
        })
        .await
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let S3Request { input, headers, trailing_headers, .. } = request;
        check_bucket(&input.bucket)?;
        refuse("appending", input.write_offset_bytes.is_some())?;
        let key = Key::parse(&input.key)?;
        let condition = match (input.if_match, input.if_none_match) {
            (None, None) => Condition::Always,
            (None, Some(ETagCondition::Any)) => Condition::Absent,
            (Some(ETagCondition::Any), None) => Condition::Present,
            (Some(ETagCondition::ETag(version)), None) => Condition::Version(version.into_value()),
            (_, Some(_)) => {
                return Err(s3_error!(NotImplemented, "a put takes If-Match, or If-None-Match: *"));
            }
        };
        let metadata = input.metadata.unwrap_or_default().into_iter().collect();
        let bytes = body::read(input.body, input.content_length, &headers, trailing_headers).await?;
        let etag = self.on_disk(move |folder| Ok(folder.put(&key, &bytes, metadata, &condition)?)).await?;
        Ok(S3Response::new(PutObjectOutput { e_tag: Some(ETag::Strong(etag)), ..PutObjectOutput::default() }))
    }

    async fn copy_object(
        &self,
        request: S3Request<CopyObjectInput>,
    ) -> S3Result<S3Response<CopyObjectOutput>> {
        let input = request.input;
        check_bucket(&input.bucket)?;
        let conditions = [input.copy_source_if_match.is_some(), input.copy_source_if_none_match.is_some()];
        let times =
            [input.copy_source_if_modified_since.is_some(), input.copy_source_if_unmodified_since.is_some()];
        refuse("conditions on a copy's source", conditions.contains(&true) || times.contains(&true))?;
        let CopySource::Bucket { bucket, key: from, version_id: None } = input.copy_source else {
            return Err(s3_error!(NotImplemented, "a copy's source is `bucket/key`"));
        };
        check_bucket(&bucket)?;
        let (from, to) = (readable_key(&from)?, Key::parse(&input.key)?);
        let replaced = input
            .metadata_directive
            .as_ref()
            .is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE);
        let metadata =
            replaced.then(|| input.metadata.unwrap_or_default().into_iter().collect::<BTreeMap<_, _>>());
        self.on_disk(move |folder| {
            let (source, body) =
                folder.open_object(&from).map_err(disk_error)?.ok_or_else(|| missing(&from))?;
            let bytes = source.read(body)?;
            let metadata = metadata.unwrap_or(source.metadata);
            let etag = folder.put(&to, &bytes, metadata, &Condition::Always)?;
            let last_modified =
                folder.find(&to).map_err(disk_error)?.map(|copy| Timestamp::from(copy.modified));
            let result = CopyObjectResult {
                e_tag: Some(ETag::Strong(etag)),
                last_modified,
                ..CopyObjectResult::default()
            };
            Ok(S3Response::new(CopyObjectOutput {
                copy_object_result: Some(result),
                ..CopyObjectOutput::default()
            }))
        })
        .await
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let input = request.input;
        check_bucket(&input.bucket)?;
        let conditions = [
            input.if_match.is_some(),
            input.if_match_size.is_some(),
            input.if_match_last_modified_time.is_some(),
        ];
        refuse(
            "versions and conditions on deletes",
            input.version_id.is_some() || conditions.contains(&true),
        )?;
        let key = Key::parse(&input.key)?;
        self.on_disk(move |folder| folder.delete(&key).map_err(disk_error)).await?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        check_bucket(&input.bucket)?;
        let limit = input
            .max_keys
            .map_or(PAGE_LIMIT, |asked| usize::try_from(asked).unwrap_or_default().min(PAGE_LIMIT));
        let query = Query {
            prefix: input.prefix.clone().unwrap_or_default(),
            delimiter: input.delimiter.clone(),
            start_after: input.start_after.clone(),
            page_after: input.continuation_token.clone(),
            limit,
        };
        self.on_disk(move |folder| {
            let page = listing::list(folder.root(), &query).map_err(disk_error)?;
            let next = page.lines.last().filter(|_| page.truncated).map(|line| line.text().to_owned());
            let (mut contents, mut common_prefixes) = (Vec::new(), Vec::new());
            for line in page.lines {
                match line {
                    Line::Common(prefix) => common_prefixes.push(CommonPrefix { prefix: Some(prefix) }),
                    Line::Object(key) => contents.extend(listed(folder, key)?),
                }
            }
            Ok(S3Response::new(ListObjectsV2Output {
                name: Some(input.bucket),
                prefix: input.prefix,
                delimiter: input.delimiter,
                start_after: input.start_after,
                continuation_token: input.continuation_token,
                max_keys: i32::try_from(limit).ok(),
                key_count: i32::try_from(contents.len() + common_prefixes.len()).ok(),
                is_truncated: Some(page.truncated),
                next_continuation_token: next,
                contents: Some(contents),
                common_prefixes: Some(common_prefixes),
                ..ListObjectsV2Output::default()
            }))
        })
        .await
    }
}

fn check_bucket(name: &str) -> S3Result<()> {
    if name == BUCKET {
        Ok(())
    } else {
        Err(s3_error!(NoSuchBucket, "there is no bucket `{name}` here, only `{BUCKET}`"))
    }
}

/// The key of a read. No object has a key that cannot be a file.
fn readable_key(key: &str) -> S3Result<Key> {
    Key::parse(key).map_err(|error| s3_error!(error, NoSuchKey, "there is no object `{key}`"))
}

fn missing(key: &Key) -> S3Error {
    s3_error!(NoSuchKey, "there is no object `{}`", key.as_str())
}

/// The line of an object in a listing. `None` if the object was removed meanwhile.
fn listed(folder: &Folder, key: String) -> S3Result<Option<Object>> {
    // A file that a person placed there may have a name that is no key.
    let Ok(valid) = Key::parse(&key) else { return Ok(None) };
    let object = folder.find(&valid).map_err(disk_error)?;
    Ok(object.map(|object| Object {
        key: Some(key),
        size: i64::try_from(object.size_bytes).ok(),
        last_modified: Some(Timestamp::from(object.modified)),
        e_tag: Some(ETag::Strong(object.etag)),
        ..Object::default()
    }))
}

fn to_headers(object: &ObjectVersion) -> Metadata {
    object.metadata.clone().into_iter().collect()
}
