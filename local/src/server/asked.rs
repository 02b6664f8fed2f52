//! The body of a request, which ends with an error where the client stops in the middle.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tower_http::timeout::TimeoutBody;

/// The body of a request.
pub struct Asked {
    body: Pin<Box<TimeoutBody<Incoming>>>,
    /// How much is still to come, where the client has said so. The body inside does not tell it.
    left_bytes: Option<u64>,
    has_ended: bool,
}

impl Asked {
    pub(super) fn new(body: Incoming, pause: Duration) -> Self {
        let (left_bytes, has_ended) = (body.size_hint().exact(), body.is_end_stream());
        Self { body: Box::pin(TimeoutBody::new(pause, body)), left_bytes, has_ended }
    }
}

impl Body for Asked {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let frame = ready!(self.body.as_mut().poll_frame(context));
        match &frame {
            Some(Ok(frame)) => {
                let came_bytes = frame.data_ref().map_or(0, |data| data.len() as u64);
                self.left_bytes = self.left_bytes.map(|left| left.saturating_sub(came_bytes));
            }
            Some(Err(_)) | None => self.has_ended = true,
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.has_ended || self.left_bytes == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.left_bytes.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
