//! An answer on its way. Its connection is at work until the system has taken the last byte.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::connections::AtWork;

/// The body of an answer.
pub(super) struct Sending<B> {
    body: Pin<Box<B>>,
    at_work: Arc<AtWork>,
}

/// A piece of a body. hyper holds it after the body itself has ended, until the system takes it.
struct Piece {
    bytes: Bytes,
    _at_work: Arc<AtWork>,
}

impl<B> Sending<B> {
    pub(super) fn new(body: B, at_work: AtWork) -> Self {
        at_work.sends();
        Self { body: Box::pin(body), at_work: Arc::new(at_work) }
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl<B: Body<Data = Bytes>> Body for Sending<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = ready!(self.body.as_mut().poll_frame(context));
        let piece = |bytes| Bytes::from_owner(Piece { bytes, _at_work: Arc::clone(&self.at_work) });
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
