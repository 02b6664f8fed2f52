//! A TDS endpoint over a SQLite ERP. With it the SQL Server source runs end to end on a machine that has no
//! SQL Server.
//!
//! **It is not SQL Server.** It speaks TDS 7.4 with PRELOGIN, TLS 1.2, LOGIN7, SQL batches and
//! `sp_executesql`. It answers one plain SELECT at a time, evaluated in Rust over typed copies of the file's
//! tables. The real server stays the reference: where the two differ, this one is wrong. It takes care to do
//! these things like the real server:
//!
//! - the types, their ranges and their rounding
//! - the type in which two values are compared
//! - error numbers
//! - comparing text without regard to case and trailing blanks
//! - reading `2026-11-23` as year-day-month into a `datetime` under a British login, unless it has a `T`
//!
//! It does not do these things: writing of any kind, transactions, locks, isolation (each statement sees the
//! file as it is), stored procedures, temporary tables, joins other than inner ones, DISTINCT, GROUP BY,
//! sub-queries, LIKE, arithmetic, linguistic order of text (accents come after `z`), plans, statistics, or
//! any sense of what a query costs. It always sends columns as nullable types. An attention signal ends a
//! statement only before its answer is on the way. It opens the file read-only, and no text but a SELECT ever
//! reaches the file.

mod answer;
mod cast;
mod catalogue;
mod column_types;
mod disruptions;
mod encode;
mod erp;
mod error;
mod expression;
mod login;
mod moment;
mod numbers;
mod reader;
mod request;
mod select;
mod server;
mod session;
mod statement;
mod tls;
mod types;
mod value;
mod wire;

use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use chrono::TimeDelta;
use tokio::sync::oneshot;

pub use disruptions::Disruptions;
pub use error::ServerError;
pub use login::Login;

use erp::Erp;
use server::Server;
use session::{Shared, locked};
use tls::Certificate;
use types::SqlType;

/// The only login.
pub const USER: &str = "pipeline_reader";
/// Its password. It has characters that an address must escape.
pub const PASSWORD: &str = "Quay@Side/7";
/// The only database.
pub const DATABASE: &str = "factory";

const ESCAPED_PASSWORD: &str = "Quay%40Side%2F7";

/// A running endpoint. It has its own thread, and stops when this value is dropped.
pub struct TdsEndpoint {
    socket: SocketAddr,
    shared: Arc<Shared>,
    certificate: Certificate,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl TdsEndpoint {
    /// Starts an endpoint over a SQLite file, on a free port of this machine. The file may appear later.
    /// Until then every login fails.
    pub fn start(erp: impl Into<PathBuf>) -> Self {
        let certificate = Certificate::new();
        let listener = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .expect("a free port");
        let socket = listener.local_addr().expect("the port's address");
        let shared = Arc::new(Shared {
            erp: Mutex::new(Erp::new(erp.into())),
            server: Mutex::new(Server::default()),
            disruptions: Arc::default(),
            statements: Mutex::default(),
            cancelled: AtomicUsize::new(0),
            logins: Mutex::default(),
            tls: certificate.acceptor.clone(),
        });
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&shared);
        let thread = std::thread::spawn(move || run(listener, &serving, stopped));
        Self { socket, shared, certificate, running: Some((stop, thread)) }
    }

    /// The address for a client that does not encrypt.
    pub fn address(&self) -> String {
        format!("mssql://{USER}:{ESCAPED_PASSWORD}@{}/{DATABASE}?encrypt=false", self.socket)
    }

    /// The address for a client that encrypts. The client must trust [`Self::authority_file`].
    pub fn tls_address(&self) -> String {
        format!("mssql://{USER}:{ESCAPED_PASSWORD}@{}/{DATABASE}?encrypt=true", self.socket)
    }

    pub fn port(&self) -> u16 {
        self.socket.port()
    }

    /// The certificate (PEM) of the authority that signed the endpoint's certificate.
    pub fn authority_file(&self) -> PathBuf {
        self.certificate.authority_file()
    }

    /// The switches for what should go wrong.
    pub fn disruptions(&self) -> &Disruptions {
        &self.shared.disruptions
    }

    /// The texts of all statements so far, in order.
    pub fn statements(&self) -> Vec<String> {
        locked(&self.shared.statements).clone()
    }

    /// How many statements so far were given up by the client before they were answered.
    pub fn cancelled(&self) -> usize {
        self.shared.cancelled.load(Ordering::SeqCst)
    }

    /// All logins so far, including refused ones, in order.
    pub fn logins(&self) -> Vec<Login> {
        locked(&self.shared.logins).clone()
    }

    /// Gives a column a type, such as `smalldatetime` or `varchar(200)`. Its values are rounded and cut as an
    /// INSERT would do it.
    ///
    /// # Panics
    /// If there is no such type.
    pub fn column_type(&self, table: &str, column: &str, ty: &str) {
        let ty = SqlType::parse(ty).unwrap_or_else(|error| panic!("{}", error.message));
        locked(&self.shared.erp).force(table, column, ty);
    }

    /// Makes the server say that the login may write and change tables. In fact it never may.
    pub fn may_write(&self, may: bool) {
        locked(&self.shared.server).may_write = may;
    }

    /// Makes the server say that the login is a `sysadmin`.
    pub fn sysadmin(&self, is: bool) {
        locked(&self.shared.server).sysadmin = is;
    }

    /// Makes the server say that the login has a role, such as `dbcreator`, or was granted something over the
    /// server or the database, such as `ALTER ANY LOGIN`; or that it no longer has it.
    pub fn gives(&self, right: &str, is_given: bool) {
        let mut server = locked(&self.shared.server);
        let right = right.to_ascii_uppercase();
        if is_given {
            server.given.insert(right);
        } else {
            server.given.remove(&right);
        }
    }

    /// Takes the server's certificate away, so that it offers no encryption.
    pub fn without_tls(&self) {
        locked(&self.shared.server).without_tls = true;
    }

    /// Gives the name of a table, which the file must not have, to a synonym for this object.
    pub fn synonym(&self, table: &'static str, of: &str) {
        locked(&self.shared.erp).synonyms.insert(table, of.to_owned());
    }

    /// Takes the login's right to see a table, or gives it back.
    pub fn hide(&self, table: &'static str, is_hidden: bool) {
        let mut erp = locked(&self.shared.erp);
        if is_hidden {
            erp.hidden.insert(table);
        } else {
            erp.hidden.remove(table);
        }
    }

    /// Sets the server's clock ahead of UTC, or behind it. Before that it shows UTC.
    pub fn clock_offset(&self, ahead: TimeDelta) {
        locked(&self.shared.server).ahead = ahead;
    }
}

impl Drop for TdsEndpoint {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            drop(stop);
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for TdsEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TdsEndpoint").field("socket", &self.socket).finish_non_exhaustive()
    }
}

fn run(listener: TcpListener, shared: &Arc<Shared>, stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime for the test endpoint");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        let accept = async {
            while let Ok((tcp, _)) = listener.accept().await {
                if !shared.disruptions.refuses() {
                    // A failed connection has told its client. Nobody else has to know.
                    tokio::spawn(session::serve(tcp, Arc::clone(shared)));
                }
            }
        };
        tokio::select! {
            () = accept => {}
            _ = stopped => {}
        }
    });
    runtime.shutdown_background();
}
