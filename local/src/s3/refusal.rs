//! Turns what keeps a call from being done into S3 errors. No error names a path of this machine.

use std::io;

use hyper::StatusCode;
use lake::OBJECT_DAMAGED;
use s3s::dto::{ETag, ETagCondition};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use super::folder::{ObjectVersion, PutError, ReadError};
use super::key::KeyError;

/// Refuses a call that asks for something this server does not do. To ignore a condition would be worse.
pub(super) fn refuse(what: &str, asked: bool) -> S3Result<()> {
    if asked { Err(s3_error!(NotImplemented, "{what} are not implemented")) } else { Ok(()) }
}

/// Refuses a read if its condition does not hold.
pub(super) fn check_read(
    object: &ObjectVersion,
    if_match: Option<&ETagCondition>,
    if_none_match: Option<&ETagCondition>,
) -> S3Result<()> {
    let names_it = |condition: &ETagCondition| match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(etag) => etag.value() == object.etag,
    };
    if if_match.is_some_and(|condition| !names_it(condition)) {
        return Err(s3_error!(PreconditionFailed, "the object is another version"));
    }
    if if_none_match.is_some_and(names_it) {
        let mut unchanged = s3_error!(NotModified);
        let etag = ETag::Strong(object.etag.clone()).to_http_header().map_err(S3Error::internal_error)?;
        unchanged.set_headers([(s3s::header::ETAG, etag)].into_iter().collect());
        return Err(unchanged);
    }
    Ok(())
}

impl From<KeyError> for S3Error {
    fn from(error: KeyError) -> Self {
        let code = match error {
            KeyError::TooLong(_) => S3ErrorCode::KeyTooLongError,
            KeyError::NotAPath(_) | KeyError::ControlCharacter(_) | KeyError::Hidden(_) => {
                S3ErrorCode::InvalidArgument
            }
        };
        Self::with_message(code, error.to_string())
    }
}

impl From<PutError> for S3Error {
    fn from(error: PutError) -> Self {
        let code = match error {
            PutError::Io(error) => return disk_error(error),
            PutError::Missing => S3ErrorCode::NoSuchKey,
            PutError::ConditionFailed => S3ErrorCode::PreconditionFailed,
            PutError::IsFolder | PutError::UnderObject | PutError::IsForeign => S3ErrorCode::InvalidRequest,
        };
        Self::with_message(code, error.to_string())
    }
}

impl From<ReadError> for S3Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Io(error) => disk_error(error),
            // A client error, since another attempt reads the same.
            ReadError::Damaged => {
                with_own_code(OBJECT_DAMAGED, StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
            }
        }
    }
}

/// An error that S3 itself does not have.
fn with_own_code(code: &'static str, status: StatusCode, message: String) -> S3Error {
    let Ok(code) = code.parse::<S3ErrorCode>();
    let mut answer = S3Error::with_message(code, message);
    answer.set_status_code(status);
    answer
}

/// The error of a disk, without its paths. Clients repeat a call after a server error, so a failure that
/// another attempt cannot mend is reported as a client error.
pub(super) fn disk_error(error: io::Error) -> S3Error {
    let (code, message) = match error.kind() {
        // Only a lock has a time-out. Who waited for it once does not wait again.
        io::ErrorKind::TimedOut => return with_own_code("Locked", StatusCode::LOCKED, error.to_string()),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => (
            S3ErrorCode::AccessDenied,
            "this user may not read or write all that is in the lake folder".to_owned(),
        ),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            (S3ErrorCode::ServiceUnavailable, "the disk of the lake folder is full".to_owned())
        }
        io::ErrorKind::NotFound => (
            S3ErrorCode::InternalError,
            "the lake folder was removed while it was in use: start again".to_owned(),
        ),
        io::ErrorKind::InvalidFilename => {
            (S3ErrorCode::KeyTooLongError, "the key is too long for a path".to_owned())
        }
        _ => (S3ErrorCode::InternalError, format!("the lake folder: {error}")),
    };
    let mut answer = S3Error::with_message(code, message);
    answer.set_source(Box::new(error));
    answer
}
