//! Requests as bytes on a socket, whole or not.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A head that does not end.
pub(super) const HALF_A_HEAD: &str = "GET /health HTTP/1.1\r\nHost: localhost\r\nX-More:";

/// A connection on which this was sent so far.
pub(super) async fn begun(addr: SocketAddr, sent: &str) -> TcpStream {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(sent.as_bytes()).await.unwrap();
    stream
}

/// A request for this path, without an end of the connection after it.
pub(super) fn get(addr: SocketAddr, path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {addr}\r\n\r\n")
}

/// All that comes on a connection until the server ends it.
pub(super) async fn rest(mut stream: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A connection that is reset has ended too.
    let _ = stream.read_to_end(&mut bytes).await;
    bytes
}

/// The answer to what is sent on a connection of its own, head and body.
pub(super) async fn answer(addr: SocketAddr, sent: &str) -> String {
    let sent = sent.replacen("\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1);
    String::from_utf8(rest(begun(addr, &sent).await).await).unwrap()
}

/// The status of an answer.
pub(super) fn status(answer: &str) -> u16 {
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.unwrap_or_else(|| panic!("`{answer}` is no answer"))
}
