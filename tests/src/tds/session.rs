//! One connection: PRELOGIN, TLS if the client can, LOGIN7, then statements one after the other.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::answer;
use super::disruptions::Disruptions;
use super::erp::Erp;
use super::error::ServerError;
use super::expression::Parameter;
use super::login::{self, Login};
use super::reader::Malformed;
use super::request::{self, Request};
use super::select;
use super::server::Server;
use super::tls::InPrelogin;
use super::wire::{self, Counted, Message, Stream};

const PRELOGIN: u8 = 0x12;
const LOGIN7: u8 = 0x10;
const BATCH: u8 = 0x01;
const CALL: u8 = 0x03;
const ATTENTION: u8 = 0x06;

const ENCRYPT_ON: u8 = 1;
const ENCRYPT_NOT_SUPPORTED: u8 = 2;

/// What all connections share.
pub(super) struct Shared {
    pub(super) erp: Mutex<Erp>,
    pub(super) server: Mutex<Server>,
    pub(super) disruptions: Arc<Disruptions>,
    pub(super) statements: Mutex<Vec<String>>,
    pub(super) cancelled: AtomicUsize,
    pub(super) logins: Mutex<Vec<Login>>,
    pub(super) tls: TlsAcceptor,
}

/// Locks a mutex, even if a thread panicked while it held the lock.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves a connection until one of the two sides ends it.
pub(super) async fn serve(tcp: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    let mut stream: Box<dyn Stream> = Box::new(Counted::new(tcp, Arc::clone(&shared.disruptions)));
    let Some(prelogin) = expect(&mut stream, PRELOGIN).await? else { return Ok(()) };
    // A client that can encrypt must do so, if the server can. A client that cannot is let in without.
    let encrypted =
        login::encryption(&prelogin)? != ENCRYPT_NOT_SUPPORTED && !locked(&shared.server).without_tls;
    wire::write(
        &mut stream,
        &prelogin_answer(if encrypted { ENCRYPT_ON } else { ENCRYPT_NOT_SUPPORTED }),
        4096,
    )
    .await?;
    if encrypted {
        let mut tls = shared.tls.accept(InPrelogin::new(stream)).await?;
        tls.get_mut().0.handshake_is_over();
        stream = Box::new(tls);
    }
    let Some(login) = expect(&mut stream, LOGIN7).await? else { return Ok(()) };
    let Some(packet_bytes) = log_in(&mut stream, &shared, &login, encrypted).await? else { return Ok(()) };
    while let Some(message) = wire::read(&mut stream).await? {
        let answer = tokio::select! {
            answer = answer_to(&shared, message) => answer,
            signal = wire::attention(&mut stream) => {
                shared.cancelled.fetch_add(1, Ordering::SeqCst);
                if !signal? {
                    return Ok(());
                }
                Ok(answer::attention())
            }
        };
        let ends = answer.as_ref().is_err_and(|error| error.class >= 20);
        wire::write(&mut stream, &answer.unwrap_or_else(|error| answer::error(&error)), packet_bytes).await?;
        if ends {
            break;
        }
    }
    Ok(())
}

async fn answer_to(shared: &Arc<Shared>, message: Message) -> Result<Vec<u8>, ServerError> {
    let request = match message.kind {
        BATCH => request::batch(&message.body)?,
        CALL => match request::call(&message.body)? {
            Ok(request) => request,
            Err(procedure) => {
                locked(&shared.statements).push(format!("EXEC {procedure}"));
                return Err(ServerError::new(
                    229,
                    14,
                    format!(
                        "The EXECUTE permission was denied on the object '{procedure}', database '{}'.",
                        super::DATABASE
                    ),
                ));
            }
        },
        ATTENTION => return Ok(answer::attention()),
        _ => return Err(ServerError::not_done("transactions, bulk loads and the like")),
    };
    statement(shared, request).await
}

async fn expect(stream: &mut Box<dyn Stream>, kind: u8) -> io::Result<Option<Vec<u8>>> {
    match wire::read(stream).await? {
        Some(message) if message.kind == kind => Ok(Some(message.body)),
        Some(message) => {
            Err(Malformed(format!("a packet of type 0x{:02x} where 0x{kind:02x} belongs", message.kind))
                .into())
        }
        None => Ok(None),
    }
}

/// Answers a login. Returns the packet size if the login is accepted.
async fn log_in(
    stream: &mut Box<dyn Stream>,
    shared: &Shared,
    message: &[u8],
    encrypted: bool,
) -> io::Result<Option<usize>> {
    let (mut login, password) = login::login(message, encrypted)?;
    tokio::time::sleep(shared.disruptions.login_delay()).await;
    let refused = if login.user != super::USER || password != super::PASSWORD {
        Some(ServerError::login_failed(&login.user))
    } else if !login.database.eq_ignore_ascii_case(super::DATABASE) {
        Some(ServerError::no_database(&login.database))
    } else {
        shared.disruptions.login().or_else(|| locked(&shared.erp).structure(|_| Ok(())).err())
    };
    login.accepted = refused.is_none();
    let packet_bytes = if login.packet_bytes == 0 { 4096 } else { login.packet_bytes.clamp(512, 32_767) };
    locked(&shared.logins).push(login);
    match refused {
        None => wire::write(
            stream,
            &answer::logged_in(super::DATABASE, packet_bytes, shared.disruptions.route()),
            4096,
        )
        .await
        .map(|()| Some(packet_bytes)),
        Some(error) => wire::write(stream, &answer::error(&error), 4096).await.map(|()| None),
    }
}

async fn statement(shared: &Arc<Shared>, request: Request) -> Result<Vec<u8>, ServerError> {
    locked(&shared.statements).push(request.text.clone());
    tokio::time::sleep(shared.disruptions.answer_delay(&request.text)).await;
    let error = match shared.disruptions.statement(&request.text) {
        Some((None, error)) => return Err(error),
        Some((Some(rows), error)) => Some((rows, error)),
        None => None,
    };
    let shared = Arc::clone(shared);
    let run = move || {
        let server = shared.server_now()?;
        let parameters: Vec<Parameter> = request.parameters;
        select::run(&shared.erp, &server, &request.text, &parameters).map(|table| answer::rows(&table, error))
    };
    tokio::task::spawn_blocking(run).await.unwrap_or_else(|error| {
        Err(ServerError::new(50_000, 20, format!("the test endpoint failed: {error}")))
    })
}

impl Shared {
    /// The settings of the server at this moment, with the names of its tables.
    fn server_now(&self) -> Result<Server, ServerError> {
        let mut server = locked(&self.server).clone();
        let mut erp = locked(&self.erp);
        for source in warehouse::sources::ALL {
            let schema = source.owner.schema();
            if erp.source(schema, source.table)?.is_some() {
                server.tables.push(format!("{schema}.{}", source.table).to_ascii_uppercase());
            }
        }
        Ok(server)
    }
}

fn prelogin_answer(encryption: u8) -> Vec<u8> {
    // The list of options, each with the offset and length of its value: version, encryption, instance,
    // thread, MARS.
    let mut out = vec![0, 0, 26, 0, 6, 1, 0, 32, 0, 1, 2, 0, 33, 0, 1, 3, 0, 34, 0, 0, 4, 0, 34, 0, 1, 0xff];
    out.extend([15, 0, 0, 0, 0, 0, encryption, 0, 0]);
    out
}

impl From<Malformed> for ServerError {
    fn from(malformed: Malformed) -> Self {
        Self::new(50_000, 20, malformed.0)
    }
}

impl From<Malformed> for io::Error {
    fn from(malformed: Malformed) -> Self {
        Self::new(io::ErrorKind::InvalidData, malformed.0)
    }
}
