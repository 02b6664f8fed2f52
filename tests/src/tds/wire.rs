//! Packets. A message is read from as many packets as it has, and written in packets of the agreed size. The
//! bytes sent are counted, so that a test can end a connection after some of them.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

use super::disruptions::Disruptions;

/// The length of a packet's head.
pub(super) const HEAD_BYTES: usize = 8;

const MOST_MESSAGE_BYTES: usize = 64 * 1024 * 1024;
const END_OF_MESSAGE: u8 = 1;
const ANSWER: u8 = 4;

pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A message from the client.
#[derive(Debug)]
pub(super) struct Message {
    /// The type of its packets.
    pub(super) kind: u8,
    /// The contents of its packets, joined.
    pub(super) body: Vec<u8>,
}

/// Reads the next message. `None` if the client has gone.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin + ?Sized)) -> io::Result<Option<Message>> {
    let mut body = Vec::new();
    loop {
        let mut head = [0; HEAD_BYTES];
        match stream.read_exact(&mut head).await {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        };
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let length =
            length.checked_sub(HEAD_BYTES).filter(|length| body.len() + length <= MOST_MESSAGE_BYTES);
        let length = length
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a packet of an impossible length"))?;
        let start = body.len();
        body.resize(start + length, 0);
        stream.read_exact(&mut body[start..]).await?;
        if head[1] & END_OF_MESSAGE != 0 {
            return Ok(Some(Message { kind: head[0], body }));
        }
    }
}

/// Waits until the client no longer wants the answer to its last message. `false` if it has gone. As long as
/// it is silent, nothing is taken from the stream.
pub(super) async fn attention(stream: &mut (impl AsyncRead + Unpin + ?Sized)) -> io::Result<bool> {
    let mut head = [0; HEAD_BYTES];
    if stream.read(&mut head[..1]).await? == 0 {
        return Ok(false);
    }
    stream.read_exact(&mut head[1..]).await?;
    Ok(true)
}

/// Sends an answer.
pub(super) async fn write(
    stream: &mut (impl AsyncWrite + Unpin + ?Sized),
    body: &[u8],
    packet_bytes: usize,
) -> io::Result<()> {
    let mut chunks = body.chunks(packet_bytes - HEAD_BYTES).peekable();
    let mut number = 0_u8;
    while let Some(chunk) = chunks.next() {
        number = number.wrapping_add(1);
        let status = if chunks.peek().is_none() { END_OF_MESSAGE } else { 0 };
        let mut packet = head(ANSWER, status, chunk.len(), number).to_vec();
        packet.extend(chunk);
        stream.write_all(&packet).await?;
    }
    stream.flush().await
}

/// The head of a packet.
pub(super) fn head(kind: u8, status: u8, body_bytes: usize, number: u8) -> [u8; HEAD_BYTES] {
    let [high, low] = ((body_bytes + HEAD_BYTES) as u16).to_be_bytes();
    [kind, status, high, low, 0, 54, number, 0]
}

/// A TCP connection that counts the bytes that it sends, and ends when the disruptions say so.
pub(super) struct Counted {
    tcp: TcpStream,
    disruptions: Arc<Disruptions>,
}

impl Counted {
    pub(super) fn new(tcp: TcpStream, disruptions: Arc<Disruptions>) -> Self {
        Self { tcp, disruptions }
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Some(most) = self.disruptions.may_send(bytes.len()) else {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        };
        let sent = ready!(Pin::new(&mut self.tcp).poll_write(cx, &bytes[..most]))?;
        self.disruptions.sent(sent);
        Poll::Ready(Ok(sent))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
