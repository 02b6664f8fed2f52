//! TLS as TDS uses it: the handshake travels in PRELOGIN packets, and after it the packets travel in TLS.
//!
//! The certificate is made when the endpoint starts. No client trusts the authority that signed it, unless it
//! is given the endpoint's authority file.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::version::TLS12;

use super::wire::{HEAD_BYTES, head};

/// A certificate for this machine, and the file with the authority that signed it.
pub(super) struct Certificate {
    folder: TempDir,
    pub(super) acceptor: TlsAcceptor,
}

impl Certificate {
    /// Makes an authority, which signs a certificate for `localhost` and `127.0.0.1`.
    pub(super) fn new() -> Self {
        Self::made().expect("a certificate for the test endpoint")
    }

    fn made() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut authority = CertificateParams::new(Vec::new())?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority_key = KeyPair::generate()?;
        std::fs::write(authority_file(folder.path()), authority.self_signed(&authority_key)?.pem())?;

        let key = KeyPair::generate()?;
        let issuer = Issuer::new(authority, authority_key);
        let certificate = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])?
            .signed_by(&key, &issuer)?;
        // With TDS 7, SQL Server uses TLS 1.2 at most. TLS 1.3 came with TDS 8.
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&TLS12])?
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            )?;
        Ok(Self { folder, acceptor: TlsAcceptor::from(Arc::new(config)) })
    }

    /// The file with the authority that a client must trust.
    pub(super) fn authority_file(&self) -> PathBuf {
        authority_file(self.folder.path())
    }
}

fn authority_file(folder: &Path) -> PathBuf {
    folder.join("authority.pem")
}

/// A stream whose bytes travel in PRELOGIN packets until the handshake is over.
pub(super) struct InPrelogin<S> {
    stream: S,
    over: bool,
    /// The head of the packet that is being read.
    head: Vec<u8>,
    /// How many bytes of that packet are still to come.
    left: usize,
    /// The bytes of packets that are not sent yet.
    out: Vec<u8>,
}

const PRELOGIN: u8 = 0x12;
const END_OF_MESSAGE: u8 = 1;

impl<S> InPrelogin<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, over: false, head: Vec::new(), left: 0, out: Vec::new() }
    }

    /// Lets the bytes travel as they are from now on.
    pub(super) fn handshake_is_over(&mut self) {
        self.over = true;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for InPrelogin<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.over && this.left == 0 && this.head.is_empty() {
            return Pin::new(&mut this.stream).poll_read(cx, buf);
        }
        while this.left == 0 {
            let mut bytes = [0; HEAD_BYTES];
            let mut rest = ReadBuf::new(&mut bytes[this.head.len()..]);
            ready!(Pin::new(&mut this.stream).poll_read(cx, &mut rest))?;
            if rest.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.head.extend(rest.filled());
            if let [PRELOGIN, _, high, low, ..] = this.head[..]
                && this.head.len() == HEAD_BYTES
            {
                this.left = usize::from(u16::from_be_bytes([high, low])).saturating_sub(HEAD_BYTES);
                this.head.clear();
            } else if this.head.len() == HEAD_BYTES {
                return Poll::Ready(Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "no PRELOGIN packet during the TLS handshake",
                )));
            }
        }
        let most = this.left.min(buf.remaining());
        let mut part = buf.take(most);
        ready!(Pin::new(&mut this.stream).poll_read(cx, &mut part))?;
        let read = part.filled().len();
        buf.advance(read);
        this.left -= read;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> InPrelogin<S> {
    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.out.is_empty() {
            let sent = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.out))?;
            self.out.drain(..sent);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for InPrelogin<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_out(cx))?;
        if this.over {
            return Pin::new(&mut this.stream).poll_write(cx, bytes);
        }
        let taken = bytes.len().min(4096 - HEAD_BYTES);
        this.out.extend(head(PRELOGIN, END_OF_MESSAGE, taken, 0));
        this.out.extend(&bytes[..taken]);
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_out(cx))?;
        Pin::new(&mut this.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_out(cx))?;
        Pin::new(&mut this.stream).poll_shutdown(cx)
    }
}
